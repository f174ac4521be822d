package db_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

func TestMigrationsGoForwardOnly(t *testing.T) {
	stores(t, func(t *testing.T, url string) {
		d := things(t, url)
		if err := d.Write(t.Context(), insert(1, "x")); err != nil {
			t.Fatal(err)
		}
		newer := table()
		newer["00002_colour.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nALTER TABLE things ADD COLUMN colour TEXT NOT NULL DEFAULT 'red';\n")}
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
		if !errors.As(err, &n) || n.Have != 2 || n.Known != 1 || !strings.Contains(err.Error(), "newer build") {
			t.Errorf("an older build: %v", err)
		}
	})
}

func TestEverySetHasItsOwnVersions(t *testing.T) {
	stores(t, func(t *testing.T, url string) {
		d := things(t, url)
		other := fstest.MapFS{"00001_other.sql": {Data: []byte("-- +goose Up\nCREATE TABLE other (id BIGINT);\n")}}
		if err := d.Migrate(t.Context(), "other", other); err != nil {
			t.Fatal(err)
		}
		if err := d.Migrate(t.Context(), "Bad name; DROP", other); err == nil {
			t.Error("a bad name of a set was accepted")
		}
	})
}

func TestFolderOfTheDialectIsTaken(t *testing.T) {
	stores(t, func(t *testing.T, url string) {
		d := open(t, url)
		files := fstest.MapFS{}
		for _, dialect := range []db.Dialect{db.SQLite, db.Postgres} {
			files[string(dialect)+"/00001_only.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE only_" + string(dialect) + " (id BIGINT);\n")}
		}
		if err := d.Migrate(t.Context(), "only", files); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := d.Read().QueryRow(t.Context(), "SELECT count(*) FROM only_"+string(d.Dialect())).Scan(&n); err != nil {
			t.Error(err)
		}
	})
}

func TestFailedMigrationLeavesNothing(t *testing.T) {
	stores(t, func(t *testing.T, url string) {
		d := open(t, url)
		bad := fstest.MapFS{"00001_bad.sql": {Data: []byte("-- +goose Up\nCREATE TABLE half (id BIGINT);\nINSERT INTO nowhere VALUES (1);\n")}}
		err := d.Migrate(t.Context(), "bad", bad)
		if err == nil || !strings.Contains(err.Error(), "migrate the bad tables from version 0 to 1") {
			t.Errorf("got %v", err)
		}
		var n int
		if err := d.Read().QueryRow(t.Context(), "SELECT count(*) FROM half").Scan(&n); err == nil {
			t.Error("half of a migration stayed")
		}
	})
}
