package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// firstSeq is above every position that the one real run takes.
const firstSeq = 1_000_000

// What the filled rows are. Row i belongs to the first workflow when i is even.
// The newest are open, a few old ones are parked, the oldest are cancelled: the
// rarer a state, the further a list of it has to look.
const (
	cancelledRows = 20
	failedEvery   = 100
	parkedEvery   = 25_000
	openRows      = 600
)

// fill runs one workflow for real and copies its rows: in bulk, with columns
// of their own where rows differ. Columns that this program does not know
// repeat what the real run left there.
func fill(ctx context.Context, s settings, c *core.Core) error {
	five, err := c.Define(ctx, core.FiveSteps, []byte(`{}`))
	if err != nil {
		return err
	}
	if err := c.Run(ctx, five, nil); err != nil {
		return err
	}
	if err := c.Service.CaughtUp(ctx); err != nil {
		return err
	}
	d := dialect{c.DB.Dialect()}
	workflow := fmt.Sprintf("(CASE WHEN i %% 2 = 0 THEN 0 ELSE 1 + (i / 2) %% %d END)", s.workflows-1)
	state := fmt.Sprintf(`CASE WHEN i < %d THEN 'cancelled' WHEN i >= %d THEN (CASE WHEN i %% 2 = 0 THEN 'running' ELSE 'pending' END)
		WHEN i %% %d = 7 THEN 'parked' WHEN i %% %d = 3 THEN 'failed' ELSE 'completed' END`, cancelledRows, s.executions-openRows, parkedEvery, failedEvery)
	copies := []copied{
		{table: "workflows", rows: s.workflows, columns: map[string]string{
			"seq": d.seq("i"), "id": d.id("wf", "i"), "name": d.id("name", "i"), "created_at": "t.created_at + i"}},
		{table: "executions", rows: s.executions, columns: map[string]string{
			"seq": d.seq("i"), "id": d.id("ex", "i"), "workflow_seq": d.seq(workflow), "workflow": d.id("wf", workflow), "state": state,
			"created_at": "t.created_at + i", "ended_at": "CASE WHEN " + state + " IN ('running', 'pending', 'parked') THEN 0 ELSE t.ended_at + i END"}},
		{table: "execution_steps", rows: s.steps, columns: map[string]string{
			"execution": d.seq("0"), "seq": d.seq("i"), "path": d.id("", "i")}},
	}
	for _, cp := range copies {
		if err := cp.write(ctx, c.DB, d); err != nil {
			return fmt.Errorf("%s: %w", cp.table, err)
		}
	}
	if c.DB.Dialect() != db.Postgres {
		return nil
	}
	// The server would do this by itself, some time later.
	return c.DB.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "ANALYZE workflows, executions, execution_steps")
		return err
	})
}

// copied says how the first row of a table is multiplied: rows times, i from 0,
// with an expression for each column that differs.
type copied struct {
	table   string
	rows    int
	columns map[string]string
}

// perWrite bounds one transaction.
const perWrite = 50_000

func (cp copied) write(ctx context.Context, d *db.DB, sql dialect) error {
	names, err := columnsOf(ctx, d, cp.table)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(cp.columns)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("there is no column %s: tell bench/lists/fill.go what the column is now", name)
		}
	}
	values := make([]string, len(names))
	for i, name := range names {
		if values[i] = cp.columns[name]; values[i] == "" {
			values[i] = "t." + name
		}
	}
	insert := fmt.Sprintf("%s INSERT INTO %s (%s) SELECT %s FROM n, (SELECT * FROM %s ORDER BY seq LIMIT 1) t",
		sql.numbers(), cp.table, strings.Join(names, ", "), strings.Join(values, ", "), cp.table)
	for from := 0; from < cp.rows; from += perWrite {
		to := min(from+perWrite, cp.rows) - 1
		err := d.Write(ctx, func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, insert, int64(from), int64(to))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func columnsOf(ctx context.Context, d *db.DB, table string) (names []string, err error) {
	query := "SELECT name FROM pragma_table_info($1)"
	if d.Dialect() == db.Postgres {
		query = `SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`
	}
	rows, err := d.Read().Query(ctx, query, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

// dialect writes what the two databases spell differently.
type dialect struct{ db.Dialect }

// numbers names the rows n (i) from $1 to $2.
func (d dialect) numbers() string {
	if d.Dialect == db.Postgres {
		return "WITH n (i) AS (SELECT generate_series($1::bigint, $2::bigint))"
	}
	return "WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i < $2)"
}

// seq is the position of the row with a number.
func (d dialect) seq(number string) string { return fmt.Sprintf("(%d + %s)", firstSeq, number) }

// id is an id that sorts as its number does, as long as a real one.
func (d dialect) id(prefix, number string) string {
	if d.Dialect == db.Postgres {
		return fmt.Sprintf("'%s_' || lpad(to_hex(%[2]s), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(%[2]s), 12, '0')", prefix, number)
	}
	return fmt.Sprintf("printf('%s_%%08x-0000-7000-8000-%%012x', %[2]s, %[2]s)", prefix, number)
}

// idOf is the same in Go.
func idOf(prefix string, number int) string {
	return fmt.Sprintf("%s_%08x-0000-7000-8000-%012x", prefix, number, number)
}
