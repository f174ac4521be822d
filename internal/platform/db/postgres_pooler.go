package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// setup is what every new connection is told before anything else. It goes as
// statements: a pooler refuses startup parameters that it does not know, or drops
// them without a word, and then everything would happen in the schema public.
type setup struct {
	sql      *ownSQL
	settings map[string]string
	schema   string // in which the connection must work then; empty: not known yet
}

// startupParameters are the ones that poolers pass on.
var startupParameters = []string{"application_name", "client_encoding", "options"}

// takeSettings moves the settings out of the startup parameters.
func takeSettings(sql *ownSQL, c *pgx.ConnConfig) setup {
	s := setup{sql: sql, settings: map[string]string{}}
	for name, value := range c.RuntimeParams {
		if !slices.Contains(startupParameters, name) {
			s.settings[name] = value
			delete(c.RuntimeParams, name)
		}
	}
	return s
}

// with returns a setup that has one more setting.
func (s setup) with(name, value string) setup {
	s.settings = maps.Clone(s.settings)
	s.settings[name] = value
	return s
}

// apply sets up a connection, in one round trip.
func (s setup) apply(ctx context.Context, conn *pgx.Conn) error {
	batch := &pgconn.Batch{}
	names := slices.Sorted(maps.Keys(s.settings))
	for _, name := range names {
		batch.ExecParams(s.sql.setSetting, [][]byte{[]byte(name), []byte(s.settings[name])}, nil, nil, nil)
	}
	batch.ExecParams(s.sql.currentSchema, nil, nil, nil, nil)
	results, err := conn.PgConn().ExecBatch(ctx, batch).ReadAll()
	if err != nil {
		return fmt.Errorf("set %v for the connection: %w", names, err)
	}
	if at := firstText(results[len(results)-1]); s.schema != "" && at != s.schema {
		return &wrongSchemaError{at: at, want: s.schema}
	}
	return nil
}

// firstText returns the first column of the first row, or nothing for a null.
func firstText(r *pgconn.Result) string {
	if len(r.Rows) == 0 {
		return ""
	}
	return string(r.Rows[0][0])
}

// wrongSchemaError says that a connection does not work where it was told to.
type wrongSchemaError struct{ at, want string }

// Error names the schemas, the likely causes and the fix.
func (e *wrongSchemaError) Error() string {
	at := "no schema"
	if e.at != "" {
		at = "the schema " + e.at
	}
	return fmt.Sprintf("a connection works in %s although its search_path was set to %s: this user may lack USAGE on that schema, or what stands between drops settings; "+
		"grant it, put a pooler into session mode, or connect to PostgreSQL directly", at, e.want)
}

// errShared says that there is a pooler, and that it is in the wrong mode.
var errShared = errors.New("a pooler in transaction or statement mode stands before it, and the lock and the settings of the store would go to other clients; " +
	"use session mode (in PgBouncer pool_mode = session), or connect to PostgreSQL directly")

// poolerPatience bounds the wait for what a pooler has promised.
const poolerPatience = 10 * time.Second

// checkPooler refuses a pooler that does not leave a connection its session.
func checkPooler(ctx context.Context, config *pgx.ConnConfig, s setup, conn *pgx.Conn) error {
	own, err := s.process(ctx, conn)
	if err != nil || own == conn.PgConn().PID() {
		return err // nothing stands between: a pooler names itself for a session that it only lends
	}
	ctx, cancel := context.WithTimeout(ctx, poolerPatience)
	defer cancel()
	other, err := pgx.ConnectConfig(ctx, config.Copy())
	if err == nil {
		err = s.apart(ctx, conn, other)
		err = errors.Join(err, other.Close(context.WithoutCancel(ctx)))
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the pooler before it gave out no second connection within %s; let its pool have at least 10 for this user: %w", poolerPatience, err)
	}
	return err
}

// apart takes turns on two connections, inside of transactions and between them,
// and fails when they meet in one session or one of them wanders to another: a
// pooler has to give something else to the one that comes while the other holds
// a transaction open.
func (s setup) apart(ctx context.Context, conn, other *pgx.Conn) error {
	seen := map[*pgx.Conn]uint32{}
	look := func(c *pgx.Conn) error {
		at, err := s.process(ctx, c)
		if err != nil {
			return err
		}
		if before, known := seen[c]; known && before != at {
			return errShared
		}
		if seen[c] = at; seen[conn] == seen[other] {
			return errShared
		}
		return nil
	}
	begin := func(c *pgx.Conn) error {
		if err := c.PgConn().Exec(ctx, "BEGIN").Close(); err != nil {
			return fmt.Errorf("%w (it refused a transaction: %w)", errShared, err)
		}
		return nil
	}
	for range 3 { // a pooler that hands out its sessions in turn may be lucky once
		end := func(c *pgx.Conn) error { return c.PgConn().Exec(ctx, "COMMIT").Close() }
		for _, turn := range []func() error{
			func() error { return look(conn) }, func() error { return begin(other) }, func() error { return look(other) },
			func() error { return look(conn) }, func() error { return end(other) }, func() error { return look(other) },
		} {
			if err := turn(); err != nil {
				return err
			}
		}
	}
	return nil
}

// process returns the server's process behind a connection.
func (s setup) process(ctx context.Context, conn *pgx.Conn) (uint32, error) {
	r := conn.PgConn().ExecParams(ctx, s.sql.backend, nil, nil, nil, nil).Read()
	if r.Err != nil {
		return 0, fmt.Errorf("ask for the server's process: %w", r.Err)
	}
	pid, err := strconv.ParseUint(firstText(r), 10, 32)
	return uint32(pid), err
}
