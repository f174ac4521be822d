// Command lists measures the lists of executions and workflows on a store with
// many rows. Each list is compared with reading one execution by its id, the
// floor of the same run.
//
//	go run ./bench/lists [--rows 1000000] [--url sqlite:<path>|postgres://…]
package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

const (
	workspace = "ws_bench"
	workflows = 10_000
	page      = 100
	rounds    = 50
)

func main() {
	rows := flag.Int("rows", 1_000_000, "executions in the store")
	url := flag.String("url", "", "an empty store; default: a SQLite file that is removed")
	flag.Parse()
	if err := run(context.Background(), *rows, *url); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rows int, url string) error {
	if url == "" {
		dir, err := os.MkdirTemp("", "bench-lists-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		url = "sqlite:" + filepath.Join(dir, "store.db")
	}
	d, err := db.Open(ctx, db.Options{URL: url})
	if err != nil {
		return err
	}
	defer d.Close()
	store, err := openStore(ctx, d)
	if err != nil {
		return err
	}
	defer store.Close()
	set, err := projection.Open(ctx, projection.Options{Store: store, DB: d})
	if err != nil {
		return err
	}
	m, err := readmodel.Open(ctx, d, set)
	if err != nil {
		return err
	}
	begin := time.Now()
	if err := fill(ctx, d, rows); err != nil {
		return err
	}
	fmt.Printf("%s, %d executions of %d workflows, filled in %.0f s; pages of %d, median of %d\n",
		d.Dialect(), rows, workflows, time.Since(begin).Seconds(), page, rounds)
	return measure(ctx, m, rows)
}

func openStore(ctx context.Context, d *db.DB) (eventstore.Store, error) {
	if d.Dialect() == db.Postgres {
		return postgres.Open(ctx, d, postgres.Options{})
	}
	return sqlite.Open(ctx, d, sqlite.Options{})
}

// fill makes rows as the projector would: every hundredth execution failed, ten
// are running, one is parked, the rest has completed.
func fill(ctx context.Context, d *db.DB, rows int) error {
	counter := func(n int) string {
		return fmt.Sprintf("WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < %d) ", n)
	}
	statements := []string{
		counter(workflows) + `INSERT INTO workflows (workspace, id, seq, created_at, updated_at, version, kind, state, name, config, labels)
			SELECT $1, 'wf_' || (1000000000 + n), n, n, n, 1, 'airtable_sync', CASE WHEN n % 10 = 0 THEN 'archived' WHEN n % 3000 = 1 THEN 'paused' ELSE 'active' END,
				'CRM', '{"source":"app1","target":"app2"}', '' FROM counter`,
		counter(rows) + fmt.Sprintf(`INSERT INTO executions (workspace, id, seq, workflow, version, state, flags, priority, trigger_type, trigger_key, run_as,
			input, output, error, parked, steps_completed, steps_failed, retries, created_at, started_at, ended_at, more)
			SELECT $1, 'ex_0192f0c1-2b7e-7c3a-9a55-' || (100000000000 + n), 100000 + n, CASE WHEN n %% 2 = 0 THEN 1 ELSE 1 + n %% %d END, 1,
				CASE WHEN n = 17 THEN 4 WHEN n <= 10 THEN 2 WHEN n %% 100 = 0 THEN 8 ELSE 7 END,
				1, 0, 'manual', '', 'pr_0192f0c1-2b7e-7c3a-9a55-6f1c2d3e4f50', '{"mode":"full"}', '{"records":40}', '', '', 5, 0, 0, n, n, n, '' FROM counter`, workflows),
	}
	for _, sql := range statements {
		err := d.Write(ctx, func(ctx context.Context, tx db.Tx) error {
			key, err := tx.Workspace(ctx, workspace)
			if err != nil {
				return err
			}
			_, err = tx.Exec(ctx, sql, key)
			return err
		})
		if err != nil {
			return err
		}
	}
	if d.Dialect() == db.Postgres {
		return d.Write(ctx, func(ctx context.Context, tx db.Tx) error { _, err := tx.Exec(ctx, "ANALYZE"); return err })
	}
	return nil
}

func measure(ctx context.Context, m *readmodel.Model, rows int) error {
	id := func(n int) string { return "ex_0192f0c1-2b7e-7c3a-9a55-" + strconv.Itoa(100_000_000_000+n) }
	deep := strconv.Itoa(100_000 + rows/2)
	floor, err := median(func() error {
		_, err := m.Execution(ctx, workspace, workflow.ExecutionID(id(rows/2)))
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("%-55s %9.3f ms\n", "one execution by id (the floor)", floor)
	for _, c := range []struct {
		name   string
		of     workflow.ID
		state  workflow.ExecutionState
		cursor string
	}{
		{"executions", "", "", ""}, {"executions, from the middle", "", "", id(rows / 2)},
		{"completed", "", workflow.Completed, ""}, {"failed", "", workflow.Failed, ""}, {"failed, from the middle", "", workflow.Failed, deep},
		{"running (10 of them, the oldest)", "", workflow.Running, ""}, {"parked (one, the oldest)", "", workflow.Parked, ""},
		{"cancelled (none)", "", workflow.Cancelled, ""},
		{"of a workflow with half of all", "wf_1000000001", "", ""}, {"of it, completed", "wf_1000000001", workflow.Completed, ""},
		{"of it, failed", "wf_1000000001", workflow.Failed, ""}, {"of it, failed, from the middle", "wf_1000000001", workflow.Failed, deep},
		{"of it, paused (none)", "wf_1000000001", workflow.Paused, ""}, {"of a small workflow", "wf_1000000002", "", ""},
	} {
		err := show(c.name, floor, func() (int, error) {
			items, _, err := m.Executions(ctx, workspace, c.of, c.state, c.cursor, page)
			return len(items), err
		})
		if err != nil {
			return err
		}
	}
	for _, c := range []struct {
		name, kind string
		state      workflow.DefinitionState
	}{{"workflows", "", ""}, {"workflows, paused (few)", "", workflow.Halted}, {"workflows of a kind", "airtable_sync", ""}, {"workflows of a kind that has none", "other", ""}} {
		err := show(c.name, floor, func() (int, error) {
			items, err := m.Workflows(ctx, workspace, c.kind, c.state, "", page)
			return len(items), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func show(name string, floor float64, list func() (int, error)) error {
	n := 0
	took, err := median(func() (err error) { n, err = list(); return err })
	fmt.Printf("%-55s %9.3f ms  %6.1f times the floor, %3d rows\n", name, took, took/floor, n)
	return err
}

// median returns the median time of some calls, in milliseconds.
func median(call func() error) (float64, error) {
	times := make([]float64, rounds)
	for i := range times {
		begin := time.Now()
		if err := call(); err != nil {
			return math.NaN(), err
		}
		times[i] = float64(time.Since(begin).Microseconds()) / 1000
	}
	slices.Sort(times)
	return times[rounds/2], nil
}
