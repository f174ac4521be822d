package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
)

// maxStatements bounds the prepared statements that a connection keeps.
const maxStatements = 256

// sqliteSession is the writer's connection to SQLite. Statements are prepared
// once and kept.
type sqliteSession struct {
	pool  *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	lent  SQLiteConn
	depth int   // open savepoints
	gone  error // why SQLite may have rolled back the transaction by itself

	sql        *ownSQL
	workspaces *workspaces
}

func openSQLiteSession(ctx context.Context, path string, p *parts) (*sqliteSession, error) {
	pool, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return nil, err
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &sqliteSession{pool: pool, conn: conn, stmts: map[string]*sql.Stmt{}, sql: p.sql, workspaces: p.workspaces}, nil
}

func (s *sqliteSession) Dialect() Dialect { return SQLite }

// prepare refuses to go on once the transaction may be gone: SQLite would run
// the statement in a transaction of its own.
func (s *sqliteSession) prepare(ctx context.Context, query string) (*sql.Stmt, error) {
	if s.gone != nil {
		return nil, fmt.Errorf("%w: %w", ErrRolledBack, s.gone)
	}
	return s.statement(ctx, query)
}

func (s *sqliteSession) statement(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts[query]; ok {
		return st, nil
	}
	if len(s.stmts) >= maxStatements {
		for q, st := range s.stmts {
			_ = st.Close() // a statement that cannot be closed is closed with its connection
			delete(s.stmts, q)
		}
	}
	st, err := s.conn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s.stmts[query] = st
	return st, nil
}

func (s *sqliteSession) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := s.prepare(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := st.ExecContext(ctx, sqliteArgs(args)...)
	if err != nil {
		return 0, s.note(err)
	}
	return res.RowsAffected()
}

// note remembers errors after which SQLite may have ended the transaction.
func (s *sqliteSession) note(err error) error {
	if endsTransaction(err) {
		s.gone = err
	}
	return err
}

func (s *sqliteSession) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	st, err := s.prepare(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := st.QueryContext(ctx, sqliteArgs(args)...)
	if err != nil {
		return nil, s.note(err)
	}
	return sqliteRows{rows}, nil
}

func (s *sqliteSession) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := s.Query(ctx, query, args...)
	return singleRow{rows, err}
}

func (s *sqliteSession) Workspace(ctx context.Context, id string) (int64, error) {
	return s.workspaces.write(ctx, s, id)
}

func (s *sqliteSession) Raw(f func(conn any) error) error {
	if s.gone != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, s.gone)
	}
	err := s.conn.Raw(func(c any) error {
		s.lent.conn = c.(driver.Conn)
		return f(&s.lent)
	})
	if err != nil {
		return s.note(err)
	}
	return nil
}

// SQLiteConn is what Tx.Raw lends on SQLite.
type SQLiteConn struct {
	conn  driver.Conn
	stmts []driver.Stmt
}

// Prepare prepares a statement on the writer's own connection, below
// database/sql. It stays valid as long as the same SQLiteConn is lent, may be
// used inside Raw only, and is closed with the connection.
func (c *SQLiteConn) Prepare(query string) (driver.Stmt, error) {
	st, err := c.conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	c.stmts = append(c.stmts, st)
	return st, nil
}

func (c *SQLiteConn) close() error {
	var errs []error
	for _, st := range c.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(errs...)
}

func (s *sqliteSession) Nested(ctx context.Context, write Write) error {
	s.depth++
	defer func() { s.depth-- }()
	name := fmt.Sprintf("s%d", s.depth)
	if _, err := s.Exec(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	err := protect(ctx, s, write)
	if err == nil {
		_, err = s.Exec(ctx, "RELEASE "+name)
		return err
	}
	s.workspaces.rolledBack()
	// The savepoint stays open after ROLLBACK TO and is released. An error here
	// says that SQLite has already rolled back the whole transaction.
	_, back := s.Exec(ctx, "ROLLBACK TO "+name)
	if back == nil {
		_, back = s.Exec(ctx, "RELEASE "+name)
	}
	if back != nil {
		s.gone = err
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	return err
}

func (s *sqliteSession) begin(ctx context.Context, epoch int64) error {
	if _, err := s.Exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	var have int64
	if err := s.QueryRow(ctx, s.sql.checkEpoch).Scan(&have); err != nil {
		return fmt.Errorf("read the owner: %w", err)
	}
	if have != epoch {
		return errTakenOver(epoch)
	}
	return nil
}

func (s *sqliteSession) commit(ctx context.Context) error {
	_, err := s.Exec(ctx, "COMMIT")
	if err == nil {
		s.workspaces.committed()
	}
	return err
}

func (s *sqliteSession) rollback(ctx context.Context) error {
	s.gone = nil
	s.workspaces.rolledBack()
	_, err := s.Exec(ctx, "ROLLBACK")
	if err != nil && strings.Contains(err.Error(), "no transaction is active") {
		return nil
	}
	return err
}

func (s *sqliteSession) ping(context.Context) error { return nil }

func (s *sqliteSession) close() error {
	// A statement that stays open would keep the connection, and its log, alive.
	errs := []error{s.conn.Raw(func(any) error { return s.lent.close() })}
	for _, st := range s.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, s.conn.Close(), s.pool.Close())...)
}
