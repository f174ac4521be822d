package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var childCases = []Case{
	{Name: "child/ItsResultComesBack", Run: childResult},
	{Name: "child/ItsFailureComesBack", Run: childFailure},
	{Name: "child/ACancelGoesDownAndIsAwaited", Run: childCancel},
	{Name: "child/ACancelGoesDownTwoFloors", Run: childCancelDeep},
	{Name: "child/ACancelEndsOneThatCannotGoOn", Run: childCancelBroken},
	{Name: "child/ACancelEndsOneThatItBreaks", Run: childCancelBreaks},
	{Name: "child/ASecondCancelEndsOneThatBrokeAfterTheFirst", Run: childCancelTwice},
	{Name: "child/CancelledAloneIsAFailure", Run: childCancelled},
	{Name: "child/TheSameIdIsTheSameChild", Run: childShared},
	{Name: "child/InAMap", Run: childMap},
	{Name: "child/FirstFailureOfAMapCancelsTheOthers", Run: childMapFails},
	{Name: "child/InASaga", Run: childSaga},
	{Name: "child/APauseHoldsItsEndBack", Run: childPause},
	{Name: "child/TooLargeInputFailsTheCallAndReplays", Run: childTooLarge},
	{Name: "child/OfALaterGeneration", Run: childGeneration},
	{Name: "child/ThatContinuesAsNew", Run: childContinues},
}

func childResult(h *H) {
	step := h.noting("a")
	fn, _ := h.family(func(run engine.Run, n int) (int, error) {
		if got, want := run.Info().Version, 3; got != want {
			h.Errorf("the child has version %d, want %d", got, want)
		}
		return step.Do(run, n*10)
	})
	h.boot()
	id := h.start(fn, 4)
	h.wantOutput(id, 41)
	h.wantNoted("a40")
	began, ended := h.last(id, engine.EventChildStarted), h.last(id, engine.EventChildEnded)
	if began.Function != "test/child" || began.Path != "1" || began.State != "" {
		h.Errorf("child_started: %+v", began)
	}
	if ended.Child != began.Child || ended.Function != "test/child" || ended.Path != "1" || ended.State != "completed" || ended.Error != nil {
		h.Errorf("child_ended: %+v", ended)
	}
	created := h.last(began.Child, engine.EventCreated)
	if p := created.Parent; p == nil || *p != (engine.Parent{Execution: id, Generation: 1, Path: "1"}) {
		h.Errorf("the child's parent: %+v", p)
	}
	for _, e := range h.b.Events(h.T, workspace, began.Child) {
		if !engine.DecodeLabels(e.Labels).Child {
			h.Errorf("the labels of the child's stream: %s", e.Labels)
			break
		}
	}
}

func childFailure(h *H) {
	fn, _ := h.family(func(run engine.Run, n int) (int, error) {
		return 0, failure.New(failure.Validation, "full", "no seats")
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	h.wantNoted("parent:full")
	if p := h.last(id, engine.EventChildEnded); p.State != "failed" || p.Error == nil || p.Error.Code != "full" || p.Error.Path != "1" {
		h.Errorf("child_ended: %+v", p)
	}
	e := h.last(id, engine.EventFailed).Error
	if e.Class != failure.Validation || e.Code != "full" || !strings.Contains(e.Message, "no seats") || !strings.Contains(e.Message, h.child(id)) {
		h.Errorf("the parent ended with %+v", e)
	}
}

// stubborn registers a step that notes its begin, and its end once it is
// cancelled and let through the gate.
func (h *H) stubborn(g *gate) engine.Step[int, int] {
	return h.step("test/stubborn", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("began%d", n)
		<-ctx.Done()
		_ = g.wait(context.Background())
		h.note("ended%d", n)
		return n, ctx.Err()
	})
}

func childCancel(h *H) {
	g := newGate()
	step := h.stubborn(g)
	fn, _ := h.family(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began1" })
	h.cancel(id)
	h.state(id, workflow.Cancelling) // the child's outcome is awaited
	child := h.child(id)
	h.has(child, engine.EventCancelRequested, 1)
	h.wantNoted("began1")
	g.release()
	h.end(id, workflow.Cancelled)
	h.end(child, workflow.Cancelled)
	h.wantNoted("began1 ended1 parent:cancelled")
	if p := h.last(id, engine.EventChildEnded); p.State != "cancelled" {
		h.Errorf("child_ended: %+v", p)
	}
}

func childCancelDeep(h *H) {
	g := newGate()
	g.release()
	step := h.stubborn(g)
	grandchild := engine.NewWorkflow(h.reg, "test/grandchild", func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	fn, _ := h.family(func(run engine.Run, n int) (int, error) { return grandchild.Do(run, "", n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began1" })
	h.restart()
	h.until("the step runs again", func() bool { return strings.HasSuffix(h.noted(), "began1") && h.noted() != "began1" })
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.end(h.child(id), workflow.Cancelled)
	h.end(h.child(h.child(id)), workflow.Cancelled)
}

// cancelledWithChild checks that a cancel has ended an execution and its child,
// which could not go on.
func (h *H) cancelledWithChild(id string) {
	h.Helper()
	h.end(h.child(id), workflow.Cancelled)
	h.end(id, workflow.Cancelled)
	if p := h.last(id, engine.EventChildEnded); p.State != "cancelled" || p.Error == nil || p.Error.Code != engine.CodeNotUndone {
		h.Errorf("child_ended: %+v", p)
	}
	if e := h.last(id, engine.EventCancelled).Error; e == nil || e.Code != engine.CodeNotUndone || !strings.Contains(e.Message, h.child(id)) {
		h.Errorf("the parent ended with %+v", e)
	}
	delete(h.built, h.child(id))
}

func childCancelBroken(h *H) {
	fn, _ := h.family(func(engine.Run, int) (int, error) { panic("no such luck") })
	h.boot()
	id := h.start(fn, 1)
	h.state(h.child(id), workflow.Parked)
	h.cancel(id)
	h.cancelledWithChild(id)
}

// breaks registers a family whose child has a step and then panics.
func (h *H) breaks(step engine.Step[int, int]) string {
	fn, _ := h.family(func(run engine.Run, n int) (int, error) {
		_, _ = step.Do(run, n)
		panic("no such luck")
	})
	return fn
}

// The result that meets the panic is held back by a pause: the cancel feeds it.
func childCancelBreaks(h *H) {
	g := newGate()
	fn := h.breaks(h.gated("a", g))
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a1" })
	h.pause(h.child(id))
	g.release()
	h.has(h.child(id), engine.EventStepCompleted, 1)
	h.cancel(id)
	h.cancelledWithChild(id)
}

func childCancelTwice(h *H) {
	g := newGate()
	fn := h.breaks(h.stubborn(g))
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "began1" })
	h.cancel(id)
	h.has(h.child(id), engine.EventCancelRequested, 1)
	g.release()
	h.state(h.child(id), workflow.Parked)
	h.state(id, workflow.Cancelling)
	h.cancel(id)
	h.cancelledWithChild(id)
}

func childCancelled(h *H) {
	fn, _ := h.family(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
	h.boot()
	id := h.start(fn, 1)
	child := h.child(id)
	h.state(child, workflow.Running)
	h.cancel(child)
	h.end(id, workflow.Failed) // no one has cancelled it
	if e := h.last(id, engine.EventFailed).Error; e.Code != engine.CodeCancelled {
		h.Errorf("ended with %+v", e)
	}
}

func childShared(h *H) {
	g := newGate()
	step := h.gated("a", g)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return child.Do(run, "month-7", n) })
	h.boot()
	first := h.start(fn, 5)
	h.until("the step runs", func() bool { return h.noted() == "a5" })
	second := h.start(fn, 6)
	h.has(second, engine.EventChildStarted, 1)
	if h.child(first) != h.child(second) {
		h.Errorf("children %s and %s", h.child(first), h.child(second))
	}
	h.restart()
	g.release()
	h.wantOutput(first, 5)
	h.wantOutput(second, 5)
	third := h.start(fn, 7) // the child has ended
	h.wantOutput(third, 5)
	h.wantNoted("a5 a5")
	for _, id := range []string{first, second, third} {
		if n := h.count(id, engine.EventChildEnded); n != 1 {
			h.Errorf("%s has %d ends of its child", id, n)
		}
	}
}

func childMap(h *H) {
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return n * n, run.Sleep(h.d(5 - n)) })
	fn := engine.NewWorkflow(h.reg, "test/main", func(run engine.Run, n int) (string, error) {
		out, err := engine.Map(run, 3, []int{1, 2, 3, 4}, func(run engine.Run, i int) (int, error) { return child.Do(run, "", i) })
		return fmt.Sprint(out), err
	}).Name()
	h.boot()
	id := h.start(fn, 1)
	h.restart()
	h.end(id, workflow.Completed)
	var out string
	if h.output(id, &out); out != "[1 4 9 16]" {
		h.Errorf("results %s", out)
	}
	seen := map[string]bool{}
	for _, p := range h.all(id, engine.EventChildStarted) {
		seen[p.Child+p.Path] = true
	}
	if len(seen) != 4 {
		h.Errorf("children: %v", seen)
	}
}

func childMapFails(h *H) {
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) {
		if n == 0 {
			return 0, errors.Join(run.Sleep(h.d(2)), errTrip)
		}
		err := run.Sleep(h.d(100000))
		h.note("%s", "child:"+engine.AsError(err).Code)
		return 0, err
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 0, []int{0, 1}, func(run engine.Run, i int) (int, error) { return child.Do(run, "", i) })
		if !errors.Is(err, &engine.Error{Code: "trip"}) {
			h.Errorf("Map gave %v", err)
		}
		return n, nil
	})
	h.boot()
	h.wantOutput(h.start(fn, 3), 3)
	h.wantNoted("child:cancelled")
}

func childSaga(h *H) {
	book := h.booking(never, never)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return 0, errTrip })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, 1); err != nil {
				return 0, err
			}
			return child.Do(run, "", n)
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 undo1")
}

func childPause(h *H) {
	g := newGate()
	step, after := h.gated("a", g), h.noting("b")
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := child.Do(run, "", n)
		if err != nil {
			return 0, err
		}
		return after.Do(run, out)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a1" })
	h.pause(id)
	g.release()
	h.end(h.child(id), workflow.Completed) // a pause does not go down
	h.has(id, engine.EventChildEnded, 1)
	h.state(id, workflow.Paused)
	h.restart()
	h.state(id, workflow.Paused)
	h.wantNoted("a1")
	h.resume(id)
	h.wantOutput(id, 1)
	h.wantNoted("a1 b1")
}

func childTooLarge(h *H) {
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, s string) (int, error) { return len(s), nil })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := child.Do(run, "", strings.Repeat("x", engine.MaxValueBytes)); !errors.Is(err, &engine.Error{Class: failure.Fatal, Code: engine.CodeTooLarge}) {
			h.Errorf("the large one gave %v", err)
		}
		if err := run.Sleep(h.d(1)); err != nil {
			return 0, err
		}
		return child.Do(run, "", strings.Repeat("x", engine.MaxInputBytes+1)) // more than a start may have
	})
	h.boot()
	id := h.start(fn, 1)
	h.restart()
	h.wantOutput(id, engine.MaxInputBytes+1)
	if n := h.count(id, engine.EventChildStarted); n != 1 {
		h.Errorf("%d children", n)
	}
}

func childGeneration(h *H) {
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(2)) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := child.Do(run, "", n)
		if err != nil || run.Info().Generation == 2 {
			return out, err
		}
		return 0, engine.ContinueAsNew(n + 10)
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventChildStarted, 2)
	h.restart()
	h.wantOutput(id, 11)
	began := h.all(id, engine.EventChildStarted)
	if began[0].Child == began[1].Child || began[0].Path != "1" || began[1].Path != "1" || began[1].Generation != 2 {
		h.Errorf("children: %+v", began)
	}
	if p := h.last(id, engine.EventChildEnded); p.Generation != 2 || p.Child != began[1].Child {
		h.Errorf("child_ended: %+v", p)
	}
}

func childContinues(h *H) {
	fn, _ := h.family(func(run engine.Run, n int) (int, error) {
		if err := run.Sleep(h.d(2)); err != nil {
			return 0, err
		}
		if n < 3 {
			return 0, engine.ContinueAsNew(n + 1)
		}
		return run.Info().Generation * 10, nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(h.child(id), engine.EventContinued, 1)
	h.restart()
	h.wantOutput(id, 31)
	if n := h.count(id, engine.EventChildEnded); n != 1 {
		h.Errorf("%d ends", n)
	}
}
