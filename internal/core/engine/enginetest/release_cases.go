package enginetest

import (
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var releaseCases = []Case{
	{Name: "release/HeldUntilReleased", Run: releaseHeld},
	{Name: "release/HeldSurvivesCrash", Run: releaseHeldCrash},
	{Name: "release/PinsTheVersion", Run: releasePins},
	{Name: "release/AVersionOfTheStartStays", Run: releaseStays},
	{Name: "release/RefusedEndsWithoutRunning", Run: releaseRefused},
	{Name: "release/EarlierSignalsAreKept", Run: releaseSignals},
	{Name: "release/OfAnEndedExecution", Run: releaseEnded},
}

func releaseHeld(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	if got := h.types(id); got != "created" {
		h.Errorf("held: %s", got)
	}
	h.state(id, workflow.Pending)
	h.release(id)
	h.end(id, workflow.Completed)
	h.wantNoted("a1")
}

func releaseHeldCrash(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	h.restart()
	h.state(id, workflow.Pending)
	h.release(id)
	// A second time changes nothing; the execution may have ended by then.
	if _, err := h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 4}); err != nil && !errors.Is(err, engine.ErrEnded) {
		h.Error(err)
	}
	h.end(id, workflow.Completed)
	h.wantNoted("a1")
}

// versioned registers a workflow that returns its version, after a while.
func (h *H) versioned() string {
	return h.workflow(func(run engine.Run, n int) (int, error) { return run.Info().Version, run.Sleep(h.d(10)) })
}

func releasePins(h *H) {
	fn := h.versioned()
	h.boot()
	id := h.nextID()
	s := h.startOf(id, fn, 1)
	s.Hold, s.Version = true, 0
	h.ok(h.process.Engine.Start(h.Context(), s))
	if p := h.last(id, engine.EventCreated); p.Version != 0 {
		h.Errorf("created with version %d", p.Version)
	}
	h.restart()
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 5}))
	h.restart()
	h.wantOutput(id, 5)
	if p := h.last(id, engine.EventStarted); p.Version != 5 {
		h.Errorf("started with version %d", p.Version)
	}
}

func releaseStays(h *H) {
	fn := h.versioned()
	h.boot()
	id := h.hold(fn, 1)
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 9}))
	h.restart()
	h.wantOutput(id, 3)
	if p := h.last(id, engine.EventStarted); p.Version != 3 {
		h.Errorf("started with version %d", p.Version)
	}
}

func releaseRefused(h *H) {
	engine.NewSignal[int](h.reg, "test/approve")
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.hold(fn, 1)
	h.send(id, "test/approve", "s1", 1)
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 5,
		Refused: &engine.Error{Class: failure.Validation, Code: engine.CodeInvalidInput, Message: "it does not fit", Detail: []byte("{not JSON")}}))
	h.end(id, workflow.Failed)
	if e := h.last(id, engine.EventFailed).Error; e == nil || e.Code != engine.CodeInvalidInput || e.Message != "it does not fit" {
		h.Errorf("ended with %+v", e)
	}
	if n := h.count(id, engine.EventStarted); n != 0 {
		h.Errorf("it began %d times", n)
	}
	h.wantNoted("")
}

func releaseSignals(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return approve.Wait(run, engine.Forever) })
	h.boot()
	id := h.hold(fn, 1)
	h.send(id, "test/approve", "s1", 6)
	h.restart()
	h.send(id, "test/approve", "s1", 7) // the same one again
	h.release(id)
	h.wantOutput(id, 6)
}

func releaseEnded(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, nil })
	h.boot()
	id := h.hold(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	_, err := h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 3})
	h.refused(0, err, engine.ErrEnded)
	_, err = h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{})
	h.refused(0, err, engine.ErrEnded)
}
