// Command lists says how the lists that the API shows behave on a large store:
// it fills the read models with a million executions and times each list, with
// the plan of its query, on both databases.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/bench/footprint"
	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// settings are the sizes of a store.
type settings struct {
	dir        string
	executions int
	workflows  int
	steps      int // of one execution
	times      int
	queries    string // folder of the read model's SQL
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", ".work/bench", "folder for the stores")
	flag.IntVar(&s.executions, "executions", 1_000_000, "rows of executions; half belong to one workflow")
	flag.IntVar(&s.workflows, "workflows", 2000, "rows of workflows")
	flag.IntVar(&s.steps, "steps", 20_000, "steps of one execution")
	flag.IntVar(&s.times, "times", 15, "calls of each list; it is left earlier after 10 seconds")
	flag.StringVar(&s.queries, "queries", "internal/core/orchestrator/readmodel/sql", "folder of the read model's queries, for the plans")
	flag.Parse()
	if s.executions < 10*openRows || s.workflows < 2 || s.times < 1 {
		fmt.Fprintf(os.Stderr, "lists: executions are %d or more, workflows 2 or more, times 1 or more\n", 10*openRows)
		os.Exit(2)
	}
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "lists:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) error {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	store, err := scratch.SQLite(s.dir)
	if err != nil {
		return err
	}
	err = errors.Join(measure(ctx, s, store), store.Remove())
	url := os.Getenv("PAW_BENCH_POSTGRES")
	if err != nil || url == "" {
		return err
	}
	server, err := scratch.Connect(ctx, url)
	if err != nil {
		return err
	}
	if store, err = server.Database(ctx, s.dir); err == nil {
		err = errors.Join(measure(ctx, s, store), store.Remove())
	}
	return errors.Join(err, server.Close(ctx))
}

func measure(ctx context.Context, s settings, store *scratch.Store) (err error) {
	c, err := core.Open(ctx, store.URL, store.Dir, core.Synthetic)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	begin := time.Now()
	if err := fill(ctx, s, c); err != nil {
		return fmt.Errorf("fill the read models: %w", err)
	}
	size, err := footprint.Total(ctx, c.DB)
	if err != nil {
		return err
	}
	fmt.Printf("\n== %s: %d executions of %d workflows, %d MiB, filled in %.0f s\n", c.DB.Dialect(), s.executions, s.workflows, size>>20, time.Since(begin).Seconds())
	return report(ctx, os.Stdout, s, c)
}

// report calls every list and prints a line for each, then the plans.
func report(ctx context.Context, out io.Writer, s settings, c *core.Core) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "median ms\tworst ms\trows\tlist")
	plans := map[string]string{}
	var order []string
	for _, l := range lists(s, c) {
		took, rows, err := l.time(ctx, s.times)
		if err != nil {
			return fmt.Errorf("%s: %w", l.name, err)
		}
		fmt.Fprintf(w, "%.2f\t%.2f\t%d\t%s\n", ms(took[len(took)/2]), ms(took[len(took)-1]), rows, l.name)
		text := plan(ctx, s, c.DB, l)
		if plans[text] == "" {
			order = append(order, text)
		}
		plans[text] += "\n  " + l.name
	}
	w.Flush()
	for _, text := range order {
		fmt.Fprintf(out, "plan of%s\n%s\n", plans[text], text)
	}
	return nil
}

// time calls a list some times and returns how long each call took, the
// shortest first.
func (l list) time(ctx context.Context, times int) (took []time.Duration, rows int, err error) {
	for total := time.Duration(0); len(took) < times && total < 10*time.Second; {
		begin := time.Now()
		if rows, err = l.call(ctx); err != nil {
			return nil, 0, err
		}
		took = append(took, time.Since(begin))
		total += took[len(took)-1]
	}
	slices.Sort(took)
	return took, rows, nil
}

// plan is what the database says of a list's query, or why it cannot be asked.
func plan(ctx context.Context, s settings, d *db.DB, l list) string {
	query, err := os.ReadFile(s.queries + "/" + l.query + ".sql")
	if err != nil {
		return "    " + err.Error()
	}
	var id, parent, unused int64
	var line string
	explain, row := "EXPLAIN QUERY PLAN ", []any{&id, &parent, &unused, &line}
	if d.Dialect() == db.Postgres {
		explain, row = "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ", []any{&line}
	}
	rows, err := d.Read().Query(ctx, explain+string(query), l.args...)
	if err != nil {
		return "    " + err.Error()
	}
	defer rows.Close()
	var lines []string
	for rows.Next() {
		if err := rows.Scan(row...); err != nil {
			return "    " + err.Error()
		}
		lines = append(lines, "    "+line)
	}
	if err := rows.Err(); err != nil {
		return "    " + err.Error()
	}
	return strings.Join(lines, "\n")
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
