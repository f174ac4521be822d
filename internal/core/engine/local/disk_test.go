package local_test

import (
	"context"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

func sqliteURL(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "engine.db") }

// openStore opens a database with the table that the suite's steps attach to.
func openStore(ctx context.Context, url string) (*db.DB, eventstore.Store, error) {
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		return nil, nil, err
	}
	files := fstest.MapFS{"00001_rows.sql": {Data: []byte("-- +goose Up\n" + enginetest.RowsSQL + ";\n")}}
	if err := d.Migrate(ctx, "enginetest", files); err != nil {
		return nil, nil, err
	}
	var s eventstore.Store
	if d.Dialect() == db.SQLite {
		s, err = sqlite.Open(ctx, d, sqlite.Options{})
	} else {
		s, err = postgres.Open(ctx, d, postgres.Options{})
	}
	return d, s, err
}

// disk runs engines on a real database.
func disk(url func(testing.TB) string) func(t *testing.T) enginetest.Backend {
	return func(t *testing.T) enginetest.Backend {
		d, s, err := openStore(t.Context(), url(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close(); d.Close() })
		b := backend(s, d, 0)
		b.Rows = func(t *testing.T, name string) int {
			n := 0
			if err := d.Read().QueryRow(t.Context(), "SELECT count(*) FROM enginetest_rows WHERE name = $1", name).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		return b
	}
}

// SQLite needs neither sockets nor other processes: its time is virtual too.
func TestConformanceOnSQLite(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, can, disk(sqliteURL))
}

func TestConformanceOnPostgreSQL(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Can{SecondProcess: true, AtomicActivation: true, VirtualElsewhere: true}, disk(pgtest.URL))
}

// killable opens one life of a store and an engine.
func killable(fresh func(testing.TB) string) enginetest.Killable {
	return enginetest.Killable{Fresh: fresh, Replay: local.Replay,
		Open: func(ctx context.Context, url string, reg *engine.Registry, o engine.Observer, wrap func(eventstore.Store) eventstore.Store) (*enginetest.Life, error) {
			d, s, err := openStore(ctx, url)
			if err != nil {
				return nil, err
			}
			e, err := local.New(local.Options{Store: wrap(s), DB: d, Registry: reg, Observer: o, DrainTimeout: time.Second})
			if err != nil {
				return nil, err
			}
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- e.Run(ctx) }()
			return &enginetest.Life{Engine: e, Store: s, DB: d, Close: func() error {
				cancel()
				err := <-done
				s.Close()
				d.Close()
				return err
			}}, nil
		}}
}

func TestKilledOnSQLite(t *testing.T) {
	t.Parallel()
	enginetest.RunKilled(t, killable(sqliteURL))
}

func TestKilledOnPostgreSQL(t *testing.T) {
	t.Parallel()
	enginetest.RunKilled(t, killable(pgtest.URL))
}
