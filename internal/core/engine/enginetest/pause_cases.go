package enginetest

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var pauseCases = []Case{
	{Name: "pause/ResultsAreKeptNotFed", Run: pauseKept},
	{Name: "pause/RecoveryDoesNotRunAHeldResultAgain", Run: pauseCrash},
	{Name: "pause/TwiceIsOnce", Run: pauseTwice},
	{Name: "pause/SleepDoesNotEnd", Run: pauseSleep},
	{Name: "pause/BeforeItBegan", Run: pausePending},
	{Name: "pause/SignalsAreKept", Run: pauseSignals},
}

// pausedWithResult brings an execution there: paused, its first step ended.
func (h *H) pausedWithResult(g *gate, fn string) string {
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a" })
	h.pause(id)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.state(id, workflow.Paused)
	return id
}

func pauseKept(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	id := h.pausedWithResult(g, fn)
	h.wantNoted("a")
	if n := h.count(id, engine.EventStepStarted); n != 1 {
		h.Errorf("%d steps began", n)
	}
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("a b1")
}

func pauseCrash(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	id := h.pausedWithResult(g, fn)
	h.restart()
	h.state(id, workflow.Paused)
	h.wantNoted("a")
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("a b1")
}

func pauseTwice(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(25)) })
	h.boot()
	id := h.start(fn, 1)
	h.resume(id) // nothing to resume
	first, err := h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{})
	h.ok(0, err)
	second, err := h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{})
	h.ok(0, err)
	if first == 0 || second != first { // nothing was written: that of the last event
		h.Errorf("positions %d and %d", first, second)
	}
	h.resume(id)
	h.resume(id)
	h.end(id, workflow.Completed)
	if got, want := h.types(id), "created started paused resumed completed"; got != want {
		h.Errorf("events: %s", got)
	}
}

func pauseSleep(h *H) {
	b := h.noting("b")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if err := run.Sleep(h.d(25)); err != nil {
			return 0, err
		}
		return b.Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.pause(id)
	// Another execution sleeps longer: by then the paused one would be done.
	other := h.start(fn, 2)
	h.end(other, workflow.Completed)
	h.wantNoted("b2")
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("b2 b1")
}

func pausePending(h *H) {
	a := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return a.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	h.pause(id)
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3}))
	h.state(id, workflow.Paused)
	h.restart()
	h.wantNoted("")
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("a1")
}

func pauseSignals(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return approve.Wait(run, engine.Forever) })
	h.boot()
	id := h.start(fn, 1)
	h.pause(id)
	h.send(id, "test/approve", "s1", 9)
	h.restart()
	h.state(id, workflow.Paused)
	h.resume(id)
	h.wantOutput(id, 9)
}
