package db_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// up is a migration file.
func up(sql string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + sql + ";\n")}
}

// migrate runs a set of one migration.
func migrate(t *testing.T, d *db.DB, set, sql string) {
	t.Helper()
	if err := d.Migrate(t.Context(), set, fstest.MapFS{"00001_only.sql": up(sql)}); err != nil {
		t.Fatal(err)
	}
}

func TestMigrationsGoForwardOnly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		if err := d.Write(t.Context(), insert(1, "x")); err != nil {
			t.Fatal(err)
		}
		newer := table()
		newer["00002_colour.sql"] = up("ALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'")
		for range 2 { // the second time there is nothing to do
			if err := d.Migrate(t.Context(), "things", newer); err != nil {
				t.Fatal(err)
			}
		}
		var colour string
		if err := d.Read().QueryRow(t.Context(), "SELECT colour FROM things WHERE id = 1").Scan(&colour); err != nil || colour != "red" {
			t.Errorf("%q, %v", colour, err)
		}
		err := d.Migrate(t.Context(), "things", table())
		var n *db.NewerError
		if !errors.As(err, &n) || n.Have != 2 || n.Known != 1 || !strings.Contains(err.Error(), "newer build") || failure.CodeOf(err) != "store_format" {
			t.Errorf("an older build: %v", err)
		}
	})
}

func TestEditedMigrationIsRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		two := table()
		two["00002_more.sql"] = up("CREATE TABLE more (id BIGINT)")
		if err := d.Migrate(t.Context(), "things", two); err != nil {
			t.Fatal(err)
		}
		edited := table()
		edited["00001_things.sql"] = up("CREATE TABLE things (id BIGINT PRIMARY KEY)")
		edited["00002_more.sql"] = two["00002_more.sql"]
		removed := fstest.MapFS{"00002_more.sql": two["00002_more.sql"]}
		for name, files := range map[string]fstest.MapFS{"edited": edited, "removed": removed} {
			err := d.Migrate(t.Context(), "things", files)
			var f *db.FormatError
			if !errors.As(err, &f) || !errors.Is(err, db.ErrFormat) || failure.CodeOf(err) != "store_format" {
				t.Fatalf("%s: %v", name, err)
			}
			for _, part := range []string{f.Store, "migration things/00001_things.sql", "start again"} {
				if part == "" || !strings.Contains(err.Error(), part) {
					t.Errorf("%s: the message does not say %q: %v", name, part, err)
				}
			}
		}
		added := table()
		added["00002_more.sql"] = two["00002_more.sql"]
		added["00003_last.sql"] = up("CREATE TABLE last (id BIGINT)")
		if err := d.Migrate(t.Context(), "things", added); err != nil {
			t.Errorf("an added migration: %v", err)
		}
	})
}

// What the other dialect gets may change without touching this one.
func TestChecksumIsThatOfTheDialect(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t))
	for _, other := range []string{"CREATE TABLE a (id BIGINT)", "CREATE TABLE b (id JSON)"} {
		files := fstest.MapFS{"00001_x.sql": up("CREATE TABLE x (id BIGINT);\n-- +only postgres\n" + other + ";\n-- +end\n")}
		if err := d.Migrate(t.Context(), "x", files); err != nil {
			t.Error(err)
		}
	}
}

func TestEverySetHasItsOwnVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		migrate(t, d, "other", "CREATE TABLE other (id BIGINT)")
		if err := d.Migrate(t.Context(), "Bad name; DROP", table()); err == nil {
			t.Error("a bad name of a set was accepted")
		}
	})
}

func TestFilesMayStandInAFolder(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t))
	files := fstest.MapFS{"migrations/00001_x.sql": up("CREATE TABLE x (id BIGINT)"), "sql/x.sql": {Data: []byte("-- name: x\nSELECT 1")}}
	if err := d.Migrate(t.Context(), "x", files); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Read().Query(t.Context(), "SELECT id FROM x"); err != nil {
		t.Error(err)
	}
}

func TestFailedMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		bad := fstest.MapFS{"00001_bad.sql": up("CREATE TABLE half (id BIGINT);\nINSERT INTO nowhere VALUES (1)")}
		err := d.Migrate(t.Context(), "bad", bad)
		if err == nil || !strings.Contains(err.Error(), "migrate the bad tables from version 0 to 1") {
			t.Errorf("got %v", err)
		}
		var n int
		if err := d.Read().QueryRow(t.Context(), "SELECT count(*) FROM half").Scan(&n); err == nil {
			t.Error("half of a migration stayed")
		}
		good := fstest.MapFS{"00001_bad.sql": up("CREATE TABLE half (id BIGINT)")}
		if err := d.Migrate(t.Context(), "bad", good); err != nil {
			t.Errorf("a migration that failed may be mended: %v", err)
		}
	})
}

func TestBadMigrationsAreExplained(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t))
	for sql, want := range map[string]string{
		"CREATE TABLE x (j JSON)":                       "write {json}",
		"CREATE TABLE x (b\tbytea NOT NULL)":            "write {json}, {bytes}",
		"CREATE TABLE x (j {jsno})":                     "{jsno} is unknown",
		"-- +only mysql\nSELECT 1\n-- +end":             "the dialects are sqlite and postgres",
		"-- +only sqlite\nSELECT 1":                     `has no "-- +end"`,
		"SELECT 1;\n-- +end\n":                          "ends no block",
		"-- +only sqlite\n-- +only postgres\n-- +end\n": "is inside a block for sqlite",
	} {
		err := d.Migrate(t.Context(), "bad", fstest.MapFS{"00001_x.sql": up(sql)})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "migration bad/00001_x.sql") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}
