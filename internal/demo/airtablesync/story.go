// Package demo drives the product from outside, as a user would: it starts
// the server and the simulated Airtable as two processes, kills the server in
// the middle of a sync, and judges what is left in both bases. It shares
// nothing with the sync that it judges.
package demo

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Options say how the demonstration runs.
type Options struct {
	Dir      string  // keeps everything; made when absent
	Records  int     // in the source base, about
	Speed    float64 // how many times faster than Airtable's its limits run
	Exit     bool    // end by itself instead of waiting for Ctrl-C
	Terminal bool    // draw a progress bar
	Out      io.Writer
	Binary   string // of the product; empty: this process's own
	Database string // URL; empty: SQLite in Dir
	fresh    bool   // never go on with an earlier start
}

// killAt is the share of the records after which the server is killed.
const killAt = 0.4

// Run is the whole story. It returns nil only if both bases are equal.
func Run(ctx context.Context, o Options) error {
	fmt.Fprintln(o.Out, "Two Airtable bases kept in sync on a durable engine, through a kill -9.")
	stage, err := openStage(ctx, o)
	if err != nil {
		return err
	}
	defer stage.close()
	stage.sayf("Airtable is the built-in simulator at %s; its limits run %g times faster than Airtable's (5 calls a second and base).", stage.simURL, o.Speed)
	if stage.state.Synced {
		err = stage.again(ctx)
	} else {
		err = stage.first(ctx)
	}
	if err != nil {
		return stage.explain(err)
	}
	if o.Exit {
		return nil
	}
	stage.paste()
	stage.sayf("\nServer and simulator stay up until Ctrl-C; a second start makes 20 edits and syncs just them.")
	return stage.wait(ctx)
}

// first fills the source, creates the sync, runs it through a kill and
// compares.
func (s *stage) first(ctx context.Context) error {
	begin := time.Now()
	tables := newCRM(s.o.Records)
	n, err := s.source.fill(ctx, "CRM", tables)
	if err != nil {
		return err
	}
	if err := s.target.createEmpty(ctx, "CRM copy"); err != nil {
		return err
	}
	s.sayf("\n1. Source base filled: %s records (%s) in %.1f s.", thousands(n), sizes(tables), time.Since(begin).Seconds())
	if err := s.server.create(ctx, &s.state); err != nil {
		return err
	}
	s.sayf("2. Sync created from examples/crm-sync.json: %s.", s.state.Workflow)
	if err := s.sim.reset(ctx); err != nil {
		return err
	}
	begin = time.Now()
	id, err := s.server.execute(ctx, s.state.Workflow, "full")
	if err != nil {
		return err
	}
	s.sayf("3. Running %s:", id)
	if err := s.runThroughKill(ctx, id, int64(n)); err != nil {
		return err
	}
	if err := s.judge(ctx, tables, time.Since(begin)); err != nil {
		return err
	}
	s.state.Synced = true
	return s.state.save(s.o.Dir)
}

// runThroughKill follows the execution to 40 % of the records, kills the
// server, starts it again and follows the execution to its end.
func (s *stage) runThroughKill(ctx context.Context, id string, records int64) error {
	bar := newBar(s.o)
	err := s.server.follow(ctx, id, func(done, _ int64) bool {
		bar.set(done, records)
		return float64(done) < killAt*float64(records)
	})
	if err != nil {
		return err
	}
	pid := s.server.pid()
	s.server.kill()
	bar.interrupt("kill -9 %d: the server is gone.", pid)
	begin := time.Now()
	if err := s.server.start(ctx); err != nil {
		return err
	}
	bar.interrupt("Started again; ready after %.2f s, the execution goes on.", time.Since(begin).Seconds())
	if err := s.server.follow(ctx, id, func(done, _ int64) bool { bar.set(done, records); return true }); err != nil {
		return err
	}
	bar.finish()
	return s.server.mustComplete(ctx, id)
}

// judge compares both bases and prints the figures.
func (s *stage) judge(ctx context.Context, tables []crmTable, took time.Duration) error {
	calls, err := s.sim.calls(ctx)
	if err != nil {
		return err
	}
	c, err := compareBases(ctx, s.source, s.target)
	if err != nil {
		return err
	}
	least := floor(tables)
	s.sayf("4. Compared record by record, links followed:")
	s.sayf("   records %s   missing %d   doubled %d   different %d", thousands(c.Records), c.Missing, c.Doubled+c.Extra, c.Different)
	s.sayf("   API calls %d, floor %d: %.3f times the floor; %d more made tables and fields", calls.data, least, float64(calls.data)/float64(least), calls.schemaWrites)
	s.sayf("   seconds %.1f", took.Seconds())
	if !c.equal() {
		return fmt.Errorf("the bases differ: %s", c.First)
	}
	return nil
}

// again makes visible edits in the source and expects exactly them to be
// written.
func (s *stage) again(ctx context.Context) error {
	s.sayf("\n1. Found the data of an earlier start in %s.", s.o.Dir)
	edits, example, err := s.source.edit(ctx, time.Now())
	if err != nil {
		return err
	}
	s.sayf("2. Edited %d records in the source, %d in each table; %s.", edits, editsPerTable, example)
	if err := s.sim.reset(ctx); err != nil {
		return err
	}
	begin := time.Now()
	id, err := s.server.execute(ctx, s.state.Workflow, "incremental")
	if err != nil {
		return err
	}
	if err := s.server.follow(ctx, id, func(int64, int64) bool { return true }); err != nil {
		return err
	}
	written, err := s.server.written(ctx, id)
	if err != nil {
		return err
	}
	calls, err := s.sim.calls(ctx)
	if err != nil {
		return err
	}
	s.sayf("3. Synced by %s: %d records written, %d API calls, %.1f s.", id, written, calls.data+calls.schemaWrites, time.Since(begin).Seconds())
	c, err := compareBases(ctx, s.source, s.target)
	if err != nil {
		return err
	}
	s.sayf("4. Compared: records %s   missing %d   doubled %d   different %d", thousands(c.Records), c.Missing, c.Doubled+c.Extra, c.Different)
	switch {
	case !c.equal():
		return fmt.Errorf("the bases differ: %s", c.First)
	case written != int64(edits):
		return fmt.Errorf("%d records were edited, but %d written", edits, written)
	}
	return nil
}
