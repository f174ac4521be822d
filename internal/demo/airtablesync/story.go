package airtablesync

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/crm"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/stage"
)

// DemoOptions configure the demonstration.
type DemoOptions struct {
	stage.Options
	Exit bool // exit at the end instead of waiting for Ctrl-C
}

// killAt is the fraction of the records after which the server is killed.
const killAt = 0.4

// Demo runs the whole demonstration. It returns nil only if both bases are equal.
func Demo(ctx context.Context, o DemoOptions) error {
	fmt.Fprintln(o.Out, "Two Airtable bases kept in sync on a durable engine, through a kill -9.")
	p, err := open(ctx, o.Options)
	if err != nil {
		return err
	}
	defer p.Close()
	p.Sayf("Airtable is the built-in simulator at %s; its limits run %g times faster than Airtable's (5 calls per second and base).", p.Simulator.URL(), o.Speed)
	if p.State.Finished {
		err = p.again(ctx, o.Dir)
	} else {
		err = p.first(ctx, o.Records)
	}
	if err != nil {
		return p.Explain(err)
	}
	if o.Exit {
		return nil
	}
	p.Paste(workflow.ID(p.State.Workflow))
	p.Sayf("\nThe server and the simulator run until Ctrl-C; a second start makes 20 edits and syncs only those.")
	return p.Wait(ctx)
}

// first fills the source, creates the sync, runs it through a kill and
// compares.
func (p *pair) first(ctx context.Context, records int) error {
	begin := time.Now()
	tables := crm.New(records)
	n, err := p.source.Fill(ctx, "CRM", tables)
	if err != nil {
		return err
	}
	if err := p.target.CreateEmpty(ctx, "CRM copy"); err != nil {
		return err
	}
	p.Sayf("\n1. Source base filled: %s records (%s) in %.1f s.", stage.Thousands(n), sizes(tables), time.Since(begin).Seconds())
	config, _, err := exampleConfig()
	if err != nil {
		return err
	}
	if err := p.createSync(ctx, config); err != nil {
		return err
	}
	p.Sayf("2. Sync created from examples/crm-sync.json: %s.", p.State.Workflow)
	if err := p.Simulator.ResetCalls(ctx); err != nil {
		return err
	}
	begin = time.Now()
	id, err := p.execute(ctx, full)
	if err != nil {
		return err
	}
	p.Sayf("3. Running %s:", id)
	if err := p.runThroughKill(ctx, id, int64(n)); err != nil {
		return err
	}
	if err := p.conclude(ctx, tables, time.Since(begin)); err != nil {
		return err
	}
	p.State.Finished = true
	return p.Save()
}

// runThroughKill follows the execution to 40 % of the records, kills the
// server, starts it again and follows the execution to its end.
func (p *pair) runThroughKill(ctx context.Context, id workflow.ExecutionID, records int64) error {
	bar := p.Progress()
	err := p.Server.Follow(ctx, id, func(done, _ int64) bool {
		bar.Set(done, records)
		return float64(done) < killAt*float64(records)
	})
	if err != nil {
		return err
	}
	bar.Interruptf("kill -9 %d: the server is gone.", p.Server.Kill())
	begin := time.Now()
	if err := p.Server.Start(ctx); err != nil {
		return err
	}
	bar.Interruptf("Started again; ready after %.2f s, and the execution continues.", time.Since(begin).Seconds())
	if err := p.Server.Follow(ctx, id, func(done, _ int64) bool { bar.Set(done, records); return true }); err != nil {
		return err
	}
	bar.Finish()
	_, err = p.Server.Completed(ctx, id)
	return err
}

// conclude compares both bases and prints the figures.
func (p *pair) conclude(ctx context.Context, tables []crm.Table, took time.Duration) error {
	calls, err := p.Simulator.Calls(ctx)
	if err != nil {
		return err
	}
	c, err := p.compare(ctx)
	if err != nil {
		return err
	}
	least := floor(tables)
	p.Sayf("4. Compared record by record, links followed:")
	p.Sayf("   records %s   missing %d   duplicate %d   different %d", stage.Thousands(c.records), c.missing, c.duplicate+c.extra, c.different)
	p.Sayf("   API calls %d, minimum %d: %.3f times the minimum; %d more to create tables and fields", calls.Data, least, float64(calls.Data)/float64(least), calls.SchemaWrites)
	p.Sayf("   seconds %.1f", took.Seconds())
	if !c.equal() {
		return fmt.Errorf("the bases differ: %s", c.first)
	}
	return nil
}

// again makes visible edits in the source and expects that exactly these are
// written.
func (p *pair) again(ctx context.Context, dir string) error {
	p.Sayf("\n1. Found the data of an earlier start in %s.", dir)
	edits, example, err := p.source.Edit(ctx, time.Now())
	if err != nil {
		return err
	}
	p.Sayf("2. Edited %d records in the source, %d in each table; %s.", edits, crm.EditsPerTable, example)
	updated, err := p.syncEdits(ctx)
	if err != nil {
		return err
	}
	c, err := p.compare(ctx)
	if err != nil {
		return err
	}
	p.Sayf("4. Compared: records %s   missing %d   duplicate %d   different %d", stage.Thousands(c.records), c.missing, c.duplicate+c.extra, c.different)
	switch {
	case !c.equal():
		return fmt.Errorf("the bases differ: %s", c.first)
	case updated != int64(edits):
		return fmt.Errorf("%d records were edited, but %d were written", edits, updated)
	}
	return nil
}

// syncEdits runs the sync to its end and returns how many records it wrote.
func (p *pair) syncEdits(ctx context.Context) (int64, error) {
	if err := p.Simulator.ResetCalls(ctx); err != nil {
		return 0, err
	}
	begin := time.Now()
	id, err := p.execute(ctx, incremental)
	if err != nil {
		return 0, err
	}
	if err := p.Server.Follow(ctx, id, nil); err != nil {
		return 0, err
	}
	x, err := p.Server.Completed(ctx, id)
	if err != nil {
		return 0, err
	}
	n, err := written(x)
	if err != nil {
		return 0, err
	}
	calls, err := p.Simulator.Calls(ctx)
	if err != nil {
		return 0, err
	}
	p.Sayf("3. Synced by %s: %d records written, %d API calls, %.1f s.", id, n, calls.Data+calls.SchemaWrites, time.Since(begin).Seconds())
	return n, nil
}

// floor is the minimum number of calls that any program needs to fill an empty
// target from these tables, apart from creating them: one for the schema of each
// base, one for each page of 100 read and for each batch of ten written.
func floor(tables []crm.Table) int {
	calls := 2
	for _, t := range tables {
		n := len(t.Rows)
		calls += max(1, (n+99)/100) + (n+9)/10
	}
	return calls
}

// sizes lists the tables with their sizes.
func sizes(tables []crm.Table) string {
	parts := make([]string, len(tables))
	for i, t := range tables {
		parts[i] = fmt.Sprintf("%s %s", t.Name, stage.Thousands(len(t.Rows)))
	}
	return strings.Join(parts, ", ")
}
