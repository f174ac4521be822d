package db

import "context"

// Querier runs SQL with placeholders $1, $2, …. Arguments are integers,
// floats, bool, string, []byte and json.RawMessage; times are kept as integers
// (microseconds, UTC) so that both dialects return what was stored. In text and
// JSON, U+FFFD is stored and looked for in place of U+0000 and of bytes that are
// not UTF-8.
type Querier interface {
	// Exec runs a statement and returns the number of rows it changed.
	Exec(ctx context.Context, sql string, args ...any) (int64, error)
	// Query runs a statement that returns rows. The caller closes them.
	Query(ctx context.Context, sql string, args ...any) (Rows, error)
	// QueryRow runs a statement that returns at most one row.
	QueryRow(ctx context.Context, sql string, args ...any) Row
}

// Rows is the result of a query. It must be closed, also after an error; Next
// has closed it when it returns false.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Row is the result of QueryRow. Scan returns ErrNoRows when there is none.
type Row interface {
	Scan(dest ...any) error
}

// Tx is one write inside a transaction of the writer. It is valid until the
// Write that received it returns, and belongs to that one goroutine.
type Tx interface {
	Querier
	Dialect() Dialect
	// Nested runs write behind a savepoint: an error of write rolls back what
	// it did, and nothing else, and is returned. If ErrRolledBack is in its
	// chain, the whole transaction is gone and the caller must return it.
	Nested(ctx context.Context, write Write) error
	// Workspace returns the small integer that stands for a workspace in every
	// key of the store, and adds the workspace when it is new. It is 0 for the
	// empty id, of what belongs to no workspace. The integer is good in this
	// transaction; keep it beyond only after the commit.
	Workspace(ctx context.Context, id string) (int64, error)
	// Raw lends the driver's own connection, for a hot path that a driver
	// package measures: a *SQLiteConn or a *PostgresConn. It must not begin, commit
	// or roll back.
	Raw(func(conn any) error) error
}

// Write changes rows inside someone's transaction. Its context is never
// cancelled half-way; it must be quick, because all other writers wait.
type Write func(ctx context.Context, tx Tx) error

// singleRow is the first row of a query.
type singleRow struct {
	rows Rows
	err  error
}

func (r singleRow) Scan(dest ...any) error {
	if r.err != nil {
		return r.err
	}
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return ErrNoRows
	}
	if err := r.rows.Scan(dest...); err != nil {
		return err
	}
	return r.rows.Close()
}
