// Package dbtest gives tests a store on each database and looks at the plans of
// their statements. It is for tests alone.
package dbtest

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// Each runs a test on every dialect, in parallel, with the URL of an empty
// store.
func Each(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, SQLite(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.URL(t))
	})
}

// SQLite returns the URL of an empty store whose path needs escaping.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "a b#%.db") }

// Open opens a store and closes it when t ends.
func Open(t testing.TB, url string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

// Exec runs one statement in a write of its own.
func Exec(t testing.TB, d *db.DB, sql string, args ...any) {
	t.Helper()
	err := d.Write(context.Background(), func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Fill runs an INSERT … SELECT … FROM counter, whose rows have n from 1 to rows,
// and lets PostgreSQL gather statistics, without which it may plan anything.
func Fill(t testing.TB, d *db.DB, rows int, insert string) {
	t.Helper()
	Exec(t, d, fmt.Sprintf("WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < %d) ", rows)+insert)
	if d.Dialect() == db.Postgres {
		table, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(insert), "INSERT INTO "), " ")
		Exec(t, d, "ANALYZE "+table) // of all tables it would meet the same of other tests in a deadlock
	}
}

// Walks fails t unless a statement only walks indexes: it reads no row that it
// does not return, and it sorts nothing. PostgreSQL is asked for a plan without
// table scans and sorts, but chooses among the indexes by what the tables hold:
// Fill them first.
func Walks(t testing.TB, d *db.DB, name, sql string, args ...any) {
	t.Helper()
	check(t, d, name, sql, args, "")
}

// WalksAndFilters is Walks for a statement that may pass over rows which it has
// read.
func WalksAndFilters(t testing.TB, d *db.DB, name, sql string, args ...any) {
	t.Helper()
	check(t, d, name, sql, args, filters)
}

func check(t testing.TB, d *db.DB, name, sql string, args []any, allowed string) {
	t.Helper()
	plan, faults := Plan(t, d, sql, args...), sqliteFaults
	if d.Dialect() == db.Postgres {
		faults = postgresFaults
	}
	for _, fault := range faults(plan) {
		if fault != allowed {
			t.Errorf("%s %s:\n%s", name, fault, strings.Join(plan, "\n"))
		}
	}
}

// What a plan may do that it should not.
const (
	scans   = "reads a whole table or index"
	sorts   = "sorts"
	filters = "reads rows that it does not return"
)

// Plan returns the lines of a statement's plan.
func Plan(t testing.TB, d *db.DB, sql string, args ...any) []string {
	t.Helper()
	var plan []string
	enough := errors.New("only the plan was wanted")
	err := d.Write(t.Context(), func(ctx context.Context, tx db.Tx) (err error) {
		if tx.Dialect() == db.Postgres {
			plan, err = postgresPlan(ctx, tx, sql, args)
		} else {
			plan, err = sqlitePlan(ctx, tx, sql, args)
		}
		return errors.Join(err, enough)
	})
	if err.Error() != enough.Error() {
		t.Fatalf("explain %s: %v", sql, err)
	}
	return plan
}

func sqlitePlan(ctx context.Context, tx db.Tx, sql string, args []any) (plan []string, err error) {
	rows, err := tx.Query(ctx, "EXPLAIN QUERY PLAN "+sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int64
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return nil, err
		}
		plan = append(plan, detail)
	}
	return plan, rows.Err()
}

func sqliteFaults(plan []string) (faults []string) {
	for _, line := range plan {
		switch {
		case strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, "VIRTUAL TABLE") && line != "SCAN CONSTANT ROW":
			faults = append(faults, scans)
		case strings.Contains(line, "TEMP B-TREE"):
			faults = append(faults, sorts)
		}
	}
	return faults
}

func postgresPlan(ctx context.Context, tx db.Tx, sql string, args []any) (plan []string, err error) {
	for _, way := range []string{"seqscan", "sort", "bitmapscan", "hashagg", "hashjoin", "mergejoin"} {
		if _, err := tx.Exec(ctx, "SET LOCAL enable_"+way+" = off"); err != nil {
			return nil, err
		}
	}
	rows, err := tx.Query(ctx, "EXPLAIN (COSTS OFF) "+sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		plan = append(plan, line)
	}
	return plan, rows.Err()
}

// postgresFaults also finds rows that are read and thrown away (Filter) and
// indexes that are walked from end to end (no Index Cond).
func postgresFaults(plan []string) (faults []string) {
	walks, conditions := 0, 0
	for _, line := range plan {
		switch {
		case strings.Contains(line, "Seq Scan") || strings.Contains(line, "Bitmap"):
			faults = append(faults, scans)
		case strings.Contains(line, "Sort"):
			faults = append(faults, sorts)
		case strings.Contains(line, "Filter:"):
			faults = append(faults, filters)
		case strings.Contains(line, "Index Scan") || strings.Contains(line, "Index Only Scan"):
			walks++
		case strings.Contains(line, "Index Cond:"):
			conditions++
		}
	}
	if walks > conditions {
		faults = append(faults, scans)
	}
	return faults
}
