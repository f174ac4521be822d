package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// table is the migration set of these tests.
func table() fstest.MapFS {
	return fstest.MapFS{"00001_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (id BIGINT PRIMARY KEY, name TEXT NOT NULL);\n")}}
}

func insert(id int64, name string) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO things (id, name) VALUES ($1, $2)", id, name)
		return err
	}
}

func count(t *testing.T, q db.Querier) int64 {
	t.Helper()
	var n int64
	if err := q.QueryRow(t.Context(), "SELECT count(*) FROM things").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWritesStandAloneInOneCommit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		if err := d.Migrate(t.Context(), "things", table()); err != nil {
			t.Fatal(err)
		}
		mine := errors.New("mine")
		var wg sync.WaitGroup
		for i := range int64(100) {
			wg.Go(func() {
				err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
					if err := insert(i, "x")(ctx, tx); err != nil {
						return err
					}
					if i%3 == 0 {
						return mine
					}
					return nil
				})
				if (i%3 == 0) != errors.Is(err, mine) {
					t.Errorf("write %d: %v", i, err)
				}
			})
		}
		wg.Wait()
		if n := count(t, d.Read()); n != 66 {
			t.Errorf("%d rows, want 66", n)
		}
	})
}

func TestEpochGrows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		for want := int64(1); want <= 3; want++ {
			d, err := db.Open(t.Context(), db.Options{URL: url})
			if err != nil {
				t.Fatal(err)
			}
			if d.Epoch() != want {
				t.Errorf("epoch %d, want %d", d.Epoch(), want)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestSecondOwnerIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		dbtest.Open(t, url)
		_, err := db.Open(t.Context(), db.Options{URL: url})
		if !errors.Is(err, db.ErrInUse) || !strings.Contains(err.Error(), "in use by another process (process ") {
			t.Fatalf("got %v", err)
		}
	})
}

func TestNoLinkLeadsAroundTheOwner(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.db")
	d := dbtest.Open(t, "sqlite:"+path)
	if err := os.Symlink(path, filepath.Join(dir, "soft.db")); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(path, filepath.Join(dir, "hard.db")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"soft.db", "hard.db"} {
		if _, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + filepath.Join(dir, name)}); !errors.Is(err, db.ErrInUse) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path}); err == nil || !strings.Contains(err.Error(), "2 hard links") {
		t.Errorf("a store with two names: %v", err)
	}
}

func TestBadURLsAreExplained(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"mysql://h/d": "must be sqlite:<path> or postgres://",
		"sqlite:":     "must be sqlite:<path> or postgres://",
		"sqlite:" + filepath.Join(t.TempDir(), "absent", "x.db"): "does its directory exist",
		"postgres://u:secret@127.0.0.1:1/d?connect_timeout=1":    "open the PostgreSQL store postgres://u:xxxxx@127.0.0.1:1/d",
	} {
		_, err := db.Open(t.Context(), db.Options{URL: url})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestFileThatIsNotADatabaseIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	text := strings.Repeat("these are my notes\n", 100)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path})
	if err == nil || !strings.Contains(err.Error(), "not a database") {
		t.Errorf("got %v", err)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("the file was changed: %v", err)
	}
}
