package orchestrator_test

import (
	"encoding/json"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// BenchmarkRun starts executions of 5 steps from 50 callers, each waiting for
// its end, until the read models hold all of them.
func BenchmarkRun(b *testing.B) {
	bench := open(b, func(b *bench) { b.limits.MaxConcurrent = 1000 })
	d := bench.create(`{}`)
	ask := orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(`{"steps":5}`)}
	b.ResetTimer()
	before := cpuMicros()
	var next atomic.Int64
	var starters sync.WaitGroup
	for range 50 {
		starters.Go(func() {
			for next.Add(1) <= int64(b.N) {
				started, err := bench.Execute(b.Context(), admin, ask)
				bench.must(err)
				state, err := bench.AwaitEnd(b.Context(), admin, started.Execution.ID)
				bench.must(err)
				if state != workflow.Completed {
					b.Errorf("ended as %s", state)
				}
			}
		})
	}
	starters.Wait()
	bench.must(bench.CaughtUp(b.Context()))
	b.StopTimer()
	b.ReportMetric(float64(cpuMicros()-before)/float64(b.N), "cpu-µs/run")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
}

// cpuMicros is the processor time that this process has used.
func cpuMicros() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return (u.Utime.Nano() + u.Stime.Nano()) / 1000
}
