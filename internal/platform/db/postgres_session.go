package db

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// postgresSession is the writer's connection to PostgreSQL. It holds the session
// lock: whoever has lost the lock has lost the connection that writes.
type postgresSession struct {
	conn  *pgx.Conn
	depth int // open savepoints
}

func openPostgresSession(ctx context.Context, config *pgx.ConnConfig) (*postgresSession, error) {
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, settingsSQL); err != nil {
		return nil, errors.Join(err, conn.Close(ctx))
	}
	return &postgresSession{conn: conn}, nil
}

// lock takes the session lock, which the server gives back when the session ends.
func (s *postgresSession) lock(ctx context.Context, store string) error {
	for deadline := time.Now().Add(lockPatience); ; {
		var got *bool
		if err := s.conn.QueryRow(ctx, lockSQL).Scan(&got); err != nil {
			return fmt.Errorf("lock: %w", err)
		}
		if got == nil {
			return errors.New("the search path names no schema that exists; create the schema or correct search_path in database.url")
		}
		if *got {
			return nil
		}
		if time.Now().After(deadline) {
			return &InUseError{Store: store, Owner: knownOwner(ctx, s)}
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
	tag, err := s.conn.Exec(ctx, query, args...)
	return tag.RowsAffected(), err
}

func (s *postgresSession) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	rows, err := s.conn.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return postgresRows{rows}, nil
}

func (s *postgresSession) QueryRow(ctx context.Context, query string, args ...any) Row {
	return s.conn.QueryRow(ctx, query, args...)
}

func (s *postgresSession) Raw(f func(conn any) error) error { return f(s.conn) }

func (s *postgresSession) Nested(ctx context.Context, write Write) error {
	s.depth++
	defer func() { s.depth-- }()
	name := fmt.Sprintf("s%d", s.depth)
	if err := s.simple(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	err := protect(ctx, s, write)
	if err == nil {
		// Fails if write has ignored an error: then nothing of it can stay.
		err = s.simple(ctx, "RELEASE "+name)
	}
	if err == nil {
		return nil
	}
	if back := s.simple(ctx, "ROLLBACK TO "+name+"; RELEASE "+name); back != nil {
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	return err
}

// simple runs statements without parameters and without preparing them.
func (s *postgresSession) simple(ctx context.Context, statements string) error {
	return s.conn.PgConn().Exec(ctx, statements).Close()
}

// begin sends both statements in one round trip.
func (s *postgresSession) begin(ctx context.Context) (epoch int64, err error) {
	var b pgx.Batch
	b.Queue("BEGIN")
	b.Queue(epochSQL).QueryRow(func(row pgx.Row) error { return row.Scan(&epoch) })
	err = s.conn.SendBatch(ctx, &b).Close()
	return epoch, err
}

func (s *postgresSession) commit(ctx context.Context) error {
	tag, err := s.conn.Exec(ctx, "COMMIT")
	if err == nil && tag.String() == "ROLLBACK" {
		return errors.New("the server rolled back, because an error was ignored inside a write")
	}
	return err
}

func (s *postgresSession) rollback(ctx context.Context) error { return s.simple(ctx, "ROLLBACK") }

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
