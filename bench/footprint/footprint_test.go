package footprint_test

import (
	"context"
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/bench/footprint"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

func TestFootprint(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		check(t, "sqlite:"+t.TempDir()+"/store.db", "BLOB")
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		check(t, pgtest.URL(t), "BYTEA")
	})
}

// check fills a table and looks for it in everything that footprint says.
func check(t *testing.T, url, bytes string) {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	before, err := footprint.Total(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	err = d.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
		for _, statement := range []string{
			"CREATE TABLE things (n BIGINT NOT NULL, name TEXT, raw " + bytes + ")",
			"CREATE INDEX things_by_name ON things (name)",
			"INSERT INTO things WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i, 'größe', NULL FROM n",
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, "INSERT INTO things VALUES ($1, $2, $3)", int64(0), nil, []byte{0, 1, 2})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	relations, err := footprint.Relations(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	total, err := footprint.Total(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	var grown int64
	for _, index := range []string{"", "things_by_name"} {
		i := slices.IndexFunc(relations, func(r footprint.Relation) bool { return r.Table == "things" && r.Index == index })
		if i < 0 || relations[i].Bytes < 5000*8 {
			t.Fatalf("things %q is missing or too small in %+v", index, relations)
		}
		grown += relations[i].Bytes
	}
	if total-before != grown {
		t.Errorf("the total grew by %d, the table and its index by %d", total-before, grown)
	}
	columns, err := footprint.Columns(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []footprint.Column{{Table: "things", Name: "name", Values: 5000, Bytes: 5000 * 7}, {Table: "things", Name: "raw", Values: 1, Bytes: 3}} {
		if !slices.Contains(columns, want) {
			t.Errorf("%+v is not among %+v", want, columns)
		}
	}
	if slices.ContainsFunc(columns, func(c footprint.Column) bool { return c.Table == "things" && c.Name == "n" }) {
		t.Errorf("a column of numbers among %+v", columns)
	}
}
