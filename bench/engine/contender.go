package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
)

// contender is one row of the table: an engine on a database.
type contender struct {
	name    string // until its figures say more
	store   string
	peer    bool // may fail without ending the bench
	open    func(ctx context.Context) (*scratch.Store, error)
	measure func(ctx context.Context, store *scratch.Store) (figures, error)

	rounds []figures
	failed error
}

// figures are what one round showed. CPU and bytes are per run.
type figures struct {
	name          string // empty: that of the contender
	durability    string
	runsPerSecond float64
	floor         float64 // runs per second of the floor in the same round
	p50, p99      time.Duration
	cpu           time.Duration // of the engine's process
	serverCPU     time.Duration // of the database server; zero when the database is in the process
	bytes         float64
	fan           time.Duration // median of a parent with 100 parallel steps; zero: not measured
}

// contenders lists what is measured, each next to its peer, so that whatever
// disturbs the machine for some seconds disturbs both.
func contenders(s settings) []*contender {
	inProcess := s
	inProcess.server = nil // SQLite takes its time in the engine's own process
	all := both(inProcess, "SQLite", func(context.Context) (*scratch.Store, error) { return scratch.SQLite(s.dir) })
	if s.server != nil {
		all = append(all, both(s, "PostgreSQL", func(ctx context.Context) (*scratch.Store, error) { return s.server.Database(ctx, s.dir) })...)
	}
	return all
}

func both(s settings, store string, open func(context.Context) (*scratch.Store, error)) []*contender {
	all := []*contender{{name: "ours", store: store, open: open, measure: func(ctx context.Context, st *scratch.Store) (figures, error) { return ours(ctx, s, st) }}}
	if s.dbos == "" {
		return all
	}
	dbos := func(name string, args ...string) *contender {
		return &contender{name: name, store: store, peer: true, open: open, measure: func(ctx context.Context, st *scratch.Store) (figures, error) {
			return peer(ctx, s, st, s.dbos, args...)
		}}
	}
	all = append(all, dbos("DBOS"))
	if store == "SQLite" { // by default it does not wait for the disk
		all = append(all, dbos("DBOS with synchronous=FULL", "-synchronous", "FULL"))
	}
	return all
}

// round measures once. A peer that has failed is left out from then on.
func (c *contender) round(ctx context.Context, floor float64) error {
	if c.failed != nil {
		return nil
	}
	f, err := c.once(ctx)
	if err != nil && c.peer {
		c.failed = err
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s on %s: %w", c.name, c.store, err)
	}
	f.floor = floor
	c.rounds = append(c.rounds, f)
	return nil
}

func (c *contender) once(ctx context.Context) (figures, error) {
	store, err := c.open(ctx)
	if err != nil {
		return figures{}, err
	}
	f, err := c.measure(ctx, store)
	return f, errors.Join(err, store.Remove())
}
