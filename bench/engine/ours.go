package main

import (
	"context"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/bench/core"
	"github.com/pyairtable/pyairtable-workflows/bench/footprint"
	"github.com/pyairtable/pyairtable-workflows/bench/scratch"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// warmUp is how many workflows run before the clock starts.
const warmUp = 200

// ours measures the product's core over an empty store.
func ours(ctx context.Context, s settings, store *scratch.Store) (f figures, err error) {
	c, err := core.Open(ctx, store.URL, store.Dir, core.Synthetic)
	if err != nil {
		return f, err
	}
	defer func() {
		if closeErr := c.Close(); err == nil {
			err = closeErr
		}
	}()
	five, err := c.Define(ctx, core.FiveSteps, []byte(`{}`))
	if err != nil {
		return f, err
	}
	if err := runMany(ctx, c, five, make([]time.Duration, warmUp), s.starters); err != nil {
		return f, err
	}
	if f, err = measureRuns(ctx, s, c, five); err != nil {
		return f, err
	}
	f.fan, err = measureFan(ctx, s, c)
	return f, err
}

func measureRuns(ctx context.Context, s settings, c *core.Core, five workflow.ID) (f figures, err error) {
	if f.durability, err = c.Durability(ctx); err != nil {
		return f, err
	}
	before, err := footprint.Total(ctx, c.DB)
	if err != nil {
		return f, err
	}
	latencies := make([]time.Duration, s.runs)
	server, cpu, begin := s.serverCPU(ctx), scratch.ProcessCPU(), time.Now()
	if err := runMany(ctx, c, five, latencies, s.starters); err != nil {
		return f, err
	}
	took := time.Since(begin)
	runs := time.Duration(s.runs)
	f.cpu, f.serverCPU = (scratch.ProcessCPU()-cpu)/runs, (s.serverCPU(ctx)-server)/runs
	f.runsPerSecond = float64(s.runs) / took.Seconds()
	slices.Sort(latencies)
	f.p50, f.p99 = latencies[s.runs/2], latencies[s.runs*99/100]
	after, err := footprint.Total(ctx, c.DB)
	f.bytes = float64(after-before) / float64(s.runs)
	return f, err
}

// runMany runs a workflow for each place in latencies from starters
// goroutines, each waiting for the end of its own, and returns when the read
// models hold all of them.
func runMany(ctx context.Context, c *core.Core, id workflow.ID, latencies []time.Duration, starters int) error {
	err := eachRun(len(latencies), starters, func(i int) error {
		begin := time.Now()
		err := c.Run(ctx, id, nil)
		latencies[i] = time.Since(begin)
		return err
	})
	if err != nil {
		return err
	}
	return c.Service.CaughtUp(ctx)
}

// measureFan is the median of a parent with a hundred parallel steps, one
// parent after another.
func measureFan(ctx context.Context, s settings, c *core.Core) (time.Duration, error) {
	fan, err := c.Define(ctx, core.HundredParallel, []byte(`{}`))
	if err != nil {
		return 0, err
	}
	took := make([]time.Duration, s.fans)
	for i := range took {
		begin := time.Now()
		if err := c.Run(ctx, fan, nil); err != nil {
			return 0, err
		}
		took[i] = time.Since(begin)
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}
