package enginetest

import (
	"context"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var cancelCases = []Case{
	{Name: "cancel/EndsASleepAtOnce", Run: cancelSleep},
	{Name: "cancel/AwaitsTheStepInFlight", Run: cancelInFlight},
	{Name: "cancel/NoForwardStepAfterIt", Run: cancelForward},
	{Name: "cancel/BeforeItBegan", Run: cancelPending},
	{Name: "cancel/TwiceIsOnce", Run: cancelTwice},
	{Name: "cancel/SurvivesCrash", Run: cancelCrash},
	{Name: "cancel/LiftsAPause", Run: cancelPaused},
	{Name: "cancel/LiftsALaterPauseToo", Run: cancelThenPaused},
	{Name: "cancel/DetachedGoesOn", Run: cancelDetached},
	{Name: "cancel/EndsARetry", Run: cancelRetry},
	{Name: "cancel/WinsOverAnEndThatComesLater", Run: cancelFinished},
	{Name: "cancel/WinsOverAResultThatAPauseHoldsBack", Run: cancelHeld},
	{Name: "cancel/IsRefusedOrWins", Run: cancelRace},
}

func cancelSleep(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
	h.boot()
	began := time.Now()
	id := h.start(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	if time.Since(began) > h.d(50000) {
		h.Error("the sleep was not ended")
	}
	for _, e := range h.b.Events(h.T, workspace, id) {
		if e.Type == engine.EventCancelRequested && e.Meta.Actor.ID != "p1" {
			h.Errorf("cancelled by %+v", e.Meta.Actor)
		}
	}
}

func cancelInFlight(h *H) {
	reached := make(chan time.Time, 1)
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began")
		<-ctx.Done()
		reached <- time.Now()
		h.note("ended")
		return n, nil // it finished all the same
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err != nil {
			h.Errorf("the outcome was %v", err)
		}
		h.note("function")
		return 0, run.Sleep(1)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	asked := time.Now()
	h.cancel(id)
	if took := (<-reached).Sub(asked); took > engine.CancelBound {
		h.Errorf("the cancel took %s to reach the step", took)
	}
	h.end(id, workflow.Cancelled)
	h.wantNoted("began ended function")
}

func cancelForward(h *H) { // I7

	a := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_ = run.Sleep(h.d(100000))
		_, err := a.Do(run, 1)
		if !errors.Is(err, engine.ErrCancelled) {
			h.Errorf("Do gave %v", err)
		}
		if _, err := engine.Map(run, 2, []int{1, 2}, func(run engine.Run, i int) (int, error) { return a.Do(run, i) }); !errors.Is(err, engine.ErrCancelled) {
			h.Errorf("Map gave %v", err)
		}
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("")
}

func cancelPending(h *H) {
	a := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return a.Do(run, 1) })
	h.boot()
	id := h.hold(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("")
}

func cancelTwice(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began")
		_ = g.wait(context.WithoutCancel(ctx))
		return n, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	h.cancel(id)
	h.cancel(id)
	h.state(id, workflow.Cancelling)
	g.release()
	h.end(id, workflow.Cancelled)
	if n := h.count(id, engine.EventCancelRequested); n != 1 {
		h.Errorf("%d cancel requests", n)
	}
	_, err := h.process.Engine.Cancel(h.Context(), workspace, id, eventstore.Meta{})
	h.refused(0, err, engine.ErrEnded)
}

func cancelCrash(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began")
		<-ctx.Done()
		_ = g.wait(context.Background()) // the process dies in between
		return n, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := step.Do(run, n)
		var e *engine.Error
		if err != nil && (!errors.As(err, &e) || !errors.Is(err, engine.ErrCancelled) || !e.Unknown) {
			h.Errorf("the outcome was %+v", err)
		}
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	h.cancel(id)
	h.restart()
	g.release()
	h.end(id, workflow.Cancelled)
	h.wantNoted("began")
}

func cancelPaused(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
	h.boot()
	id := h.start(fn, 1)
	h.ok(h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{}))
	h.state(id, workflow.Paused)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
}

func cancelThenPaused(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began")
		return n, g.wait(context.WithoutCancel(ctx))
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err != nil {
			return 0, err
		}
		return n, run.Sleep(1)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	h.cancel(id)
	h.ok(h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{}))
	h.state(id, workflow.Paused)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
}

func cancelDetached(h *H) {
	a := h.noting("tidy")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		err := run.Sleep(h.d(100000))
		if _, failed := a.Do(run.Detached(), 1); failed != nil {
			h.Errorf("the detached step gave %v", failed)
		}
		if failed := run.Detached().Sleep(h.d(1)); failed != nil {
			h.Errorf("the detached sleep gave %v", failed)
		}
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("tidy1")
}

func cancelRetry(h *H) {
	step := h.failing(engine.StepOptions[int]{Retry: engine.Retry{Transient: engine.Policy{Base: time.Hour * 1000, Cap: time.Hour * 1000, Within: time.Hour * 10_000}}},
		h.down(h.d(100000)), h.down(h.d(100000)))
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepRetrying, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("try1")
}

// heedless registers a step that notes what it does and does not heed its context.
func (h *H) heedless(g *gate) engine.Step[int, int] {
	return h.step("test/heedless", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began")
		_ = g.wait(context.WithoutCancel(ctx))
		h.note("ended")
		return n, nil
	})
}

// Whoever cancels is told that it is being cancelled: the last step may finish,
// the execution does not complete.
func cancelFinished(h *H) {
	g := newGate()
	step := h.heedless(g)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	h.cancel(id)
	h.state(id, workflow.Cancelling)
	g.release()
	h.end(id, workflow.Cancelled)
	h.wantNoted("began ended")
	if n := h.count(id, engine.EventStepCompleted); n != 1 {
		h.Errorf("%d completed steps", n)
	}
	if e := h.last(id, engine.EventCancelled).Error; e == nil || e.Code != engine.CodeCancelled {
		h.Errorf("ended with %+v", e)
	}
}

func cancelHeld(h *H) {
	g := newGate()
	step := h.heedless(g)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began" })
	h.pause(id)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.restart()
	h.cancel(id)
	h.end(id, workflow.Cancelled)
}

// A cancel that meets the end is refused, or the execution ends as cancelled.
func cancelRace(h *H) {
	a := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return a.Do(run, n) })
	h.boot()
	for range 30 {
		id := h.start(fn, 1)
		_, err := h.process.Engine.Cancel(h.Context(), workspace, id, h.nobody())
		switch {
		case err == nil:
			h.end(id, workflow.Cancelled)
		case errors.Is(err, engine.ErrEnded):
			h.end(id, workflow.Completed)
		default:
			h.Fatal(err)
		}
	}
}
