package db_test

import (
	"context"
	"database/sql"
	"errors"
	"regexp"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// behindItsBack runs statements on a store that nobody has open.
func behindItsBack(t *testing.T, url string, statements ...string) {
	t.Helper()
	ctx := context.Background()
	var run func(string) error
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		pool, err := sql.Open("sqlite", strings.NewReplacer("%", "%25", "#", "%23").Replace("file:"+path))
		if err != nil {
			t.Fatal(err)
		}
		defer pool.Close()
		run = func(s string) error { _, err := pool.Exec(s); return err }
	} else {
		conn, err := pgx.Connect(ctx, url)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close(ctx)
		run = func(s string) error { _, err := conn.Exec(ctx, s); return err }
	}
	for _, s := range statements {
		if err := run(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// make opens and closes a store and returns its id.
func makeStore(t *testing.T, url string) string {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	id := d.StoreID()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestStoreKeepsItsID(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		id := makeStore(t, url)
		if !regexp.MustCompile(`^st_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		if again := makeStore(t, url); again != id {
			t.Errorf("opened again as %s, made as %s", again, id)
		}
		if other := makeStore(t, dbtest.SQLite(t)); other == id {
			t.Error("two stores have one id")
		}
	})
}

func TestForeignFormatIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		statements []string
		fresh      bool // the statements are all that is there
		want       string
	}{
		"of an earlier commit": {fresh: true, want: "made by a build from before formats were numbered, and this build reads format 1",
			statements: []string{"CREATE TABLE db_owner (id INTEGER PRIMARY KEY, epoch BIGINT, owner TEXT, since BIGINT)",
				"INSERT INTO db_owner VALUES (1, 7, 'me', 0)", "CREATE TABLE events (position BIGINT)"}},
		"of another number": {want: "has format 99, and this build reads format 1",
			statements: []string{"UPDATE db_owner SET format = 99"}},
		"of a lower number": {want: "has format 0, and this build reads format 1",
			statements: []string{"UPDATE db_owner SET format = 0"}},
		"of another program": {fresh: true, want: "holds tables of another program (customers, orders)",
			statements: []string{"CREATE TABLE customers (id BIGINT)", "CREATE TABLE orders (id BIGINT)"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, url string) {
				if !c.fresh {
					makeStore(t, url)
				}
				behindItsBack(t, url, c.statements...)
				_, err := db.Open(t.Context(), db.Options{URL: url})
				var f *db.FormatError
				if !errors.As(err, &f) || !errors.Is(err, db.ErrFormat) || failure.CodeOf(err) != "store_format" {
					t.Fatalf("got %v", err)
				}
				if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "then start again") || !strings.HasPrefix(err.Error(), "the store "+f.Store) {
					t.Errorf("got %v", err)
				}
				if strings.Count(err.Error(), "format 1") > 1 || strings.Contains(err.Error(), "\n") {
					t.Errorf("not one sentence: %v", err)
				}
				if _, err := db.Open(t.Context(), db.Options{URL: url}); !errors.Is(err, db.ErrFormat) {
					t.Errorf("asked again: %v", err)
				}
			})
		})
	}
}

// The process died after its first statement.
func TestHalfMadeStoreIsFinished(t *testing.T) {
	t.Parallel()
	for name, statements := range map[string][]string{
		"only the ledger": {"DROP TABLE db_owner", "DROP TABLE db_workspaces", "DELETE FROM db_migrations"},
		"no owner":        {"DELETE FROM db_owner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, url string) {
				makeStore(t, url)
				behindItsBack(t, url, statements...)
				if d := dbtest.Open(t, url); d.Epoch() != 1 {
					t.Errorf("epoch %d", d.Epoch())
				}
			})
		})
	}
}

func TestStoreHasASchemaOfItsOwn(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	d := things(t, url)
	if err := d.Write(t.Context(), insert(1, "x")); err != nil {
		t.Fatal(err)
	}
	var schemas []string
	rows, err := d.Read().Query(t.Context(), "SELECT DISTINCT schemaname::text FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		schemas = append(schemas, s)
	}
	if len(schemas) != 1 || schemas[0] != db.Schema || count(t, d.Read()) != 1 {
		t.Errorf("tables are in %v", schemas)
	}
	_, err = db.Open(t.Context(), db.Options{URL: url})
	if !errors.Is(err, db.ErrInUse) || !strings.Contains(err.Error(), "(process ") {
		t.Errorf("a second owner: %v", err)
	}
	behindItsBack(t, url, "CREATE SCHEMA other")
	other := dbtest.Open(t, url+"&search_path=other")
	if other.StoreID() == d.StoreID() {
		t.Error("the search path of the URL was ignored")
	}
	_, err = db.Open(t.Context(), db.Options{URL: url + "&search_path=absent"})
	if err == nil || !strings.Contains(err.Error(), "names no schema that exists") {
		t.Errorf("a search path that leads nowhere: %v", err)
	}
}

func TestOlderStoreInPublicIsRefused(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	behindItsBack(t, url, "CREATE TABLE public.db_owner (id INTEGER PRIMARY KEY, epoch BIGINT)")
	_, err := db.Open(t.Context(), db.Options{URL: url})
	if !errors.Is(err, db.ErrFormat) || !strings.Contains(err.Error(), "(schema public) was made by a build from before") {
		t.Errorf("got %v", err)
	}
	behindItsBack(t, url, "DROP TABLE public.db_owner", "CREATE TABLE public.customers (id BIGINT)")
	dbtest.Open(t, url) // what others keep in public is not our business
}

func TestUserWithoutRightsIsToldWhatToRun(t *testing.T) {
	t.Parallel()
	url := pgtest.Database(t)
	role := "role_" + url[strings.LastIndex(url, "t_"):][:18]
	behindItsBack(t, url, "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { behindItsBack(t, url, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	asRole := strings.Replace(url, "postgres://postgres@", "postgres://"+role+"@", 1)
	_, err := db.Open(t.Context(), db.Options{URL: asRole})
	if err == nil || !strings.Contains(err.Error(), "run CREATE SCHEMA pyairtable_workflows") {
		t.Errorf("got %v", err)
	}
	behindItsBack(t, url, "CREATE SCHEMA pyairtable_workflows AUTHORIZATION "+role)
	d, err := db.Open(t.Context(), db.Options{URL: asRole})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}
