package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// lockPatience is how long Open waits for the server to notice that a process
// which died a moment ago is gone.
const lockPatience = 1500 * time.Millisecond

// postgresSession is the writer's connection to PostgreSQL. It holds the session
// lock: whoever has lost the lock has lost the connection that writes.
type postgresSession struct {
	conn  *pgx.Conn
	depth int       // open savepoints
	queue pgx.Batch // goes with the next statement or with the commit
	gone  error     // why the whole transaction is lost

	sql        *ownSQL
	workspaces *workspaces
}

func openPostgresSession(ctx context.Context, config *pgx.ConnConfig, s setup, p *parts) (*postgresSession, error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	if err = checkPooler(ctx, config, s, conn); err == nil {
		err = s.apply(ctx, conn)
	}
	if err == nil {
		_, err = conn.Exec(ctx, p.sql.settings)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return &postgresSession{conn: conn, sql: p.sql, workspaces: p.workspaces}, nil
}

// lock takes the session lock of a schema, which the server gives back when the
// session ends. It may be taken before the schema exists.
func (s *postgresSession) lock(ctx context.Context, store, schema string) error {
	for deadline := time.Now().Add(lockPatience); ; {
		var got bool
		if err := s.conn.QueryRow(ctx, s.sql.lockSchema, schema).Scan(&got); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if got {
			return nil
		}
		if time.Now().After(deadline) {
			return &InUseError{Store: store, Owner: knownOwner(ctx, s, s.sql)}
		}
		select {
		case <-time.After(50 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *postgresSession) Dialect() Dialect { return Postgres }

func (s *postgresSession) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := s.send(ctx); err != nil {
		return 0, err
	}
	tag, err := s.conn.Exec(ctx, query, storable(args)...)
	return tag.RowsAffected(), err
}

func (s *postgresSession) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	if err := s.send(ctx); err != nil {
		return nil, err
	}
	rows, err := s.conn.Query(ctx, query, storable(args)...)
	if err != nil {
		return nil, err
	}
	return postgresRows{rows}, nil
}

func (s *postgresSession) QueryRow(ctx context.Context, query string, args ...any) Row {
	rows, err := s.Query(ctx, query, args...)
	return singleRow{rows, err}
}

func (s *postgresSession) Workspace(ctx context.Context, id string) (int64, error) {
	return s.workspaces.write(ctx, s, id)
}

func (s *postgresSession) Raw(f func(conn any) error) error { return f(&PostgresConn{s}) }

func (s *postgresSession) Nested(ctx context.Context, write Write) error {
	s.depth++
	defer func() { s.depth-- }()
	name := fmt.Sprintf("s%d", s.depth)
	s.queue.Queue("SAVEPOINT " + name)
	err := protect(ctx, s, write)
	if s.gone != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, errors.Join(err, s.gone))
	}
	if err == nil && s.aborted() {
		err = errIgnored
	}
	if err == nil {
		s.queue.Queue("RELEASE " + name)
		return nil
	}
	s.workspaces.rolledBack()
	if !s.aborted() {
		if back := s.send(ctx); back != nil {
			return errors.Join(back, err)
		}
	}
	if back := s.simple(ctx, "ROLLBACK TO "+name+"; RELEASE "+name); back != nil {
		s.gone = back
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	if s.judge(err) == full && !errors.Is(err, ErrFull) {
		return fmt.Errorf("%w: %w", ErrFull, err)
	}
	return err
}

// errIgnored is why a transaction cannot be committed in which a statement
// failed and its error was ignored.
var errIgnored = errors.New("an error was ignored inside a write, so nothing of it can stay")

// aborted reports whether the server waits for a rollback.
func (s *postgresSession) aborted() bool { return s.conn.PgConn().TxStatus() == 'E' }

// send sends what is queued. Statements are queued that fail only when the whole
// transaction must: so they share a round trip with the next one.
func (s *postgresSession) send(ctx context.Context) error {
	if s.gone != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, s.gone)
	}
	if s.queue.Len() == 0 {
		return nil
	}
	b := s.queue
	s.queue = pgx.Batch{}
	if err := s.conn.SendBatch(ctx, &b).Close(); err != nil {
		s.gone = err
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	return nil
}

// simple runs statements without parameters and without preparing them.
func (s *postgresSession) simple(ctx context.Context, statements string) error {
	return s.conn.PgConn().Exec(ctx, statements).Close()
}

func (s *postgresSession) begin(_ context.Context, epoch int64) error {
	s.gone, s.queue = nil, pgx.Batch{}
	s.queue.Queue("BEGIN")
	s.queue.Queue(s.sql.checkEpoch, epoch).QueryRow(func(row pgx.Row) error {
		var one int64
		err := row.Scan(&one)
		var pe *pgconn.PgError
		if errors.As(err, &pe) && pe.Code == "22012" { // division_by_zero
			return errTakenOver(epoch)
		}
		return err
	})
	return nil
}

func (s *postgresSession) commit(ctx context.Context) error {
	if s.gone == nil && s.aborted() {
		return errIgnored
	}
	s.queue.Queue("COMMIT")
	if err := s.send(ctx); err != nil {
		return err
	}
	s.workspaces.committed()
	return nil
}

func (s *postgresSession) rollback(ctx context.Context) error {
	s.gone, s.queue = nil, pgx.Batch{}
	s.workspaces.rolledBack()
	if !s.conn.IsClosed() && s.conn.PgConn().TxStatus() == 'I' {
		return nil // nothing was sent
	}
	return s.simple(ctx, "ROLLBACK")
}

func (s *postgresSession) ping(ctx context.Context) error { return s.conn.Ping(ctx) }

// judge sorts PostgreSQL's errors. As long as the connection lives the server
// has said what it did; once it is cut, a commit may or may not have happened
// and the lock is gone in any case.
func (s *postgresSession) judge(err error) verdict {
	var pe *pgconn.PgError
	if s.conn.IsClosed() {
		return lost
	}
	if !errors.As(err, &pe) {
		return failed
	}
	switch {
	case pe.Severity == "FATAL" || pe.Severity == "PANIC":
		return lost
	case pe.Code == "53100": // disk_full
		return full
	case pe.Code == "58030": // io_error, also that of an fsync
		return lost
	}
	return failed
}

func (s *postgresSession) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return s.conn.Close(ctx)
}
