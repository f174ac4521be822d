package db_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

const thingsSQL = `
-- The table things.

-- name: thing_columns
id, name

-- name: read_thing
-- Uses the primary key.
SELECT {thing_columns} FROM things
WHERE id = $1; -- one row

-- name: dialect_of_things
-- +only sqlite
SELECT 'sqlite';
-- +end
-- +only postgres
SELECT 'postgres'
-- +end
`

func TestStatementsAreCutByName(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := things(t, url)
		var read, dialect string
		for _, dir := range []string{"", "sql/"} {
			err := d.Statements(fstest.MapFS{dir + "things.sql": {Data: []byte(thingsSQL)}}, map[string]*string{"read_thing": &read, "dialect_of_things": &dialect})
			if err != nil {
				t.Fatal(err)
			}
			if want := "SELECT id, name FROM things\nWHERE id = $1; -- one row"; read != want {
				t.Errorf("%q, want %q", read, want)
			}
			if want := "SELECT '" + string(d.Dialect()) + "'"; dialect != want {
				t.Errorf("%q, want %q", dialect, want)
			}
		}
	})
}

func TestStatementsThatDoNotFitAreNamed(t *testing.T) {
	t.Parallel()
	d := dbtest.Open(t, dbtest.SQLite(t))
	for name, c := range map[string]struct {
		file  string
		wants []string
	}{
		"mistyped": {"-- name: raed\nSELECT 1\n-- name: spare\nSELECT 2", []string{"statement read is in no .sql file", "statement raed is not used", "statement spare is not used"}},
		"twice":    {"-- name: read\nSELECT 1\n-- name: read\nSELECT 2", []string{"sql/x.sql", "statement read exists twice"}},
		"no name":  {"SELECT 1\n-- name: read\nSELECT 2", []string{`"SELECT 1" comes before the first "-- name: "`}},
		"no part":  {"-- name: read\nSELECT {columns}", []string{"statement read: {columns} is unknown"}},
	} {
		var read string
		err := d.Statements(fstest.MapFS{"x.sql": {Data: []byte(c.file)}}, map[string]*string{"read": &read})
		for _, want := range c.wants {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", name, err, want)
			}
		}
	}
}

func TestStatementOfTheOtherDialectIsNotDeclared(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		file := fstest.MapFS{"x.sql": {Data: []byte("-- +only postgres\n-- name: lock\nSELECT 1\n-- +end\n")}}
		var lock string
		err := d.Statements(file, map[string]*string{"lock": &lock})
		if (err == nil) != (d.Dialect() == db.Postgres) {
			t.Error(err)
		}
	})
}
