package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"

	_ "github.com/dbos-inc/dbos-transact-golang/dbos/driver/sqlite" // registers DBOS's SQLite
	"github.com/jackc/pgx/v5"
	"modernc.org/sqlite"
)

// store is the database that DBOS uses, and a second connection to it.
type store struct {
	databaseURL string  // for DBOS to open by itself; empty when handle is set
	handle      *sql.DB // opened here, for a synchronous setting that DBOS's URL cannot carry
	look        *sql.DB // SQLite: reads the size
	postgres    *pgx.Conn
	seen        *settingsSeen
}

// openStore prepares what DBOS opens. DBOS sets synchronous=NORMAL on its own
// connections whatever the URL says, so any other setting needs a handle of ours,
// which is otherwise just what DBOS would open.
func openStore(ctx context.Context, s settings) (*store, error) {
	path, isSQLite := strings.CutPrefix(s.url, "sqlite:")
	if !isSQLite {
		conn, err := pgx.Connect(ctx, s.url)
		return &store{databaseURL: s.url, postgres: conn}, err
	}
	st := &store{seen: &settingsSeen{}}
	sqlite.RegisterConnectionHook(st.seen.note)
	var err error
	if st.look, err = sql.Open("sqlite", path+"?_pragma=query_only(1)&"+notOurs); err != nil {
		return nil, err
	}
	if s.synchronous == "" {
		st.databaseURL = s.url
		return st, nil
	}
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {"busy_timeout(5000)", "foreign_keys(ON)",
		"journal_mode(WAL)", "synchronous(" + s.synchronous + ")"}}
	if st.handle, err = sql.Open("sqlite", path+"?"+q.Encode()); err != nil {
		return nil, err
	}
	st.handle.SetMaxOpenConns(8)
	st.handle.SetMaxIdleConns(4)
	return st, nil
}

func (s *store) close() {
	for _, d := range []*sql.DB{s.handle, s.look} {
		if d != nil {
			_ = d.Close()
		}
	}
	if s.postgres != nil {
		_ = s.postgres.Close(context.Background())
	}
}

// size is how many bytes the database takes, tables and indexes, with the
// write-ahead log counted as the pages that it will become.
func (s *store) size(ctx context.Context) (n int64, err error) {
	if s.postgres != nil {
		return n, s.postgres.QueryRow(ctx, `SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)
			FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
			WHERE c.relkind IN ('r', 'm') AND s.nspname NOT IN ('pg_catalog', 'information_schema')`).Scan(&n)
	}
	return n, s.look.QueryRowContext(ctx, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Scan(&n)
}

// durability names the setting that decides whether a commit survives a power
// cut, as DBOS's own connections had it.
func (s *store) durability(ctx context.Context) (string, error) {
	if s.postgres == nil {
		return s.seen.String(), nil
	}
	var setting string
	err := s.postgres.QueryRow(ctx, "SHOW synchronous_commit").Scan(&setting)
	return "synchronous_commit=" + setting, err
}

// notOurs marks connections that DBOS does not use.
const notOurs = "bench=look"

// settingsSeen collects the synchronous setting of every connection to SQLite.
type settingsSeen struct {
	mu     sync.Mutex
	values []string
}

// note runs on each connection after the pragmas of its URL.
func (s *settingsSeen) note(conn sqlite.ExecQuerierContext, dsn string) error {
	if strings.Contains(dsn, notOurs) {
		return nil
	}
	rows, err := conn.QueryContext(context.Background(), "PRAGMA synchronous", nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	value := make([]driver.Value, 1)
	if err := rows.Next(value); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	name := map[any]string{int64(0): "OFF", int64(1): "NORMAL", int64(2): "FULL", int64(3): "EXTRA"}[value[0]]
	s.mu.Lock()
	defer s.mu.Unlock()
	if !slices.Contains(s.values, name) {
		s.values = append(s.values, name)
	}
	return nil
}

// String is "synchronous=NORMAL", or all values that connections had.
func (s *settingsSeen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("synchronous=%s", strings.Join(s.values, " and "))
}
