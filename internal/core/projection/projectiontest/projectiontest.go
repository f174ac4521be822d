// Package projectiontest checks that a projection keeps its promise: that its rows
// depend on the events alone. It is for tests.
package projectiontest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Rows returns every row of some tables as text, sorted, by the table's name.
func Rows(t testing.TB, d *db.DB, tables ...string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for _, table := range tables {
		names := columns(t, d, table)
		rows := query(t, d, "SELECT "+strings.Join(names, ", ")+" FROM "+table, len(names))
		slices.Sort(rows)
		all[table] = rows
	}
	return all
}

func columns(t testing.TB, d *db.DB, table string) []string {
	t.Helper()
	sql := "SELECT name FROM pragma_table_info('" + table + "')"
	if d.Dialect() == db.Postgres {
		sql = "SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '" + table + "'"
	}
	var names []string
	for _, row := range query(t, d, sql, 1) {
		names = append(names, strings.Trim(row, "[]"))
	}
	if len(names) == 0 {
		t.Fatalf("there is no table %s", table)
	}
	slices.Sort(names)
	return names
}

// query returns the rows of a statement, each as "[value value]".
func query(t testing.TB, d *db.DB, sql string, columns int) []string {
	t.Helper()
	found, err := d.Read().Query(context.Background(), sql)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	var rows []string
	for found.Next() {
		values, into := make([]any, columns), make([]any, columns)
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprint(values))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

// SameRows rebuilds a projection from the events of a store several times, with
// batches that end elsewhere each time, and fails t unless the rows come out as
// they are now. Nothing else may keep the projection up to date meanwhile.
func SameRows(t testing.TB, o projection.Options, p projection.Projection) {
	t.Helper()
	want := Rows(t, o.DB, p.Tables...)
	for _, most := range []int{1, 2, 3, 7, 4096} {
		o.MaxEvents = most
		set, err := projection.Open(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := set.Add(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if err := set.Rebuild(t.Context(), p.Name); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, Rows(t, o.DB, p.Tables...)); diff != "" {
			t.Errorf("%s rebuilt in batches of %d events (-before +after):\n%s", p.Name, most, diff)
		}
	}
}
