// Command bytes shows where the bytes of a store go, by table and index, by column
// and by type of event: for a run of five steps, and for a sync of forty rows that
// finds nothing changed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/bench/footprint"
	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

type settings struct {
	dir     string
	runs    int
	syncs   int
	samples bool
}

// workload is what a store is filled with.
type workload struct {
	name string
	runs int
	// open provides what the runs need besides the store.
	open  func(ctx context.Context) (fixture, error)
	input json.RawMessage
}

// fixture is what a workload runs on.
type fixture struct {
	kinds core.Kinds
	// define creates the workflow. What is stored up to then is not counted.
	define func(ctx context.Context, c *core.Core) (workflow.ID, error)
	close  func()
}

func main() {
	var s settings
	flag.StringVar(&s.dir, "dir", ".work/bench", "folder for the stores")
	flag.IntVar(&s.runs, "runs", 2000, "runs of five steps")
	flag.IntVar(&s.syncs, "syncs", 200, "syncs of 40 rows that find nothing changed")
	flag.BoolVar(&s.samples, "samples", false, "show the events of the last run")
	flag.Parse()
	if err := run(context.Background(), s); err != nil {
		fmt.Fprintln(os.Stderr, "bytes:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, s settings) (err error) {
	if err := os.MkdirAll(s.dir, 0o755); err != nil {
		return err
	}
	work := []workload{
		{name: "a run of 5 steps", runs: s.runs, open: openFive},
		{name: "an incremental sync of 40 unchanged rows", runs: s.syncs, open: openBase, input: json.RawMessage(`{"mode":"incremental"}`)},
		{name: "a full sync of 40 unchanged rows", runs: s.syncs, open: openBase, input: json.RawMessage(`{"mode":"full"}`)},
	}
	err = each(ctx, s, work, func() (*scratch.Store, error) { return scratch.SQLite(s.dir) })
	url := os.Getenv("PAW_BENCH_POSTGRES")
	if err != nil || url == "" {
		return err
	}
	server, err := scratch.Connect(ctx, url)
	if err != nil {
		return err
	}
	err = each(ctx, s, work, func() (*scratch.Store, error) { return server.Database(ctx, s.dir) })
	return errors.Join(err, server.Close(ctx))
}

// each measures every workload on a store of its own.
func each(ctx context.Context, s settings, work []workload, open func() (*scratch.Store, error)) error {
	for _, w := range work {
		store, err := open()
		if err != nil {
			return err
		}
		if err := errors.Join(measure(ctx, s, w, store), store.Remove()); err != nil {
			return fmt.Errorf("%s at %s: %w", w.name, store.URL, err)
		}
	}
	return nil
}

func openFive(context.Context) (fixture, error) {
	return fixture{kinds: core.Synthetic, close: func() {}, define: func(ctx context.Context, c *core.Core) (workflow.ID, error) {
		return c.Define(ctx, core.FiveSteps, []byte(`{}`))
	}}, nil
}

// measure does the work on an empty store and prints what the store has grown by.
func measure(ctx context.Context, s settings, w workload, store *scratch.Store) (err error) {
	on, err := w.open(ctx)
	if err != nil {
		return err
	}
	defer on.close()
	c, err := core.Open(ctx, store.URL, store.Dir, on.kinds)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	id, err := on.define(ctx, c)
	if err != nil {
		return err
	}
	if err := c.Run(ctx, id, w.input); err != nil {
		return err
	}
	before, err := look(ctx, c)
	if err != nil {
		return err
	}
	last := before.position
	for range w.runs {
		if last, err = c.Store.Head(ctx); err != nil {
			return err
		}
		if err := c.Run(ctx, id, w.input); err != nil {
			return err
		}
	}
	after, err := look(ctx, c)
	if err != nil {
		return err
	}
	spent := after.since(before)
	fmt.Printf("\n== %s on %s: %.0f bytes each, over %d of them\n", w.name, c.DB.Dialect(), per(spent.total, w.runs), w.runs)
	spent.print(os.Stdout, w.runs)
	if err := printTypes(ctx, os.Stdout, c, before.position, w.runs); err != nil || !s.samples {
		return err
	}
	return printSamples(ctx, os.Stdout, c, last)
}

// picture is what a store holds at one moment.
type picture struct {
	total     int64
	position  int64
	relations []footprint.Relation
	columns   []footprint.Column
}

// look takes the picture once the read models hold everything.
func look(ctx context.Context, c *core.Core) (p picture, err error) {
	if err := c.Service.CaughtUp(ctx); err != nil {
		return p, err
	}
	if p.position, err = c.Store.Head(ctx); err != nil {
		return p, err
	}
	if p.relations, err = footprint.Relations(ctx, c.DB); err != nil {
		return p, err
	}
	for _, r := range p.relations {
		p.total += r.Bytes
	}
	p.columns, err = footprint.Columns(ctx, c.DB)
	return p, err
}
