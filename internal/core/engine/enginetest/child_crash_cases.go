package enginetest

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var childCrashCases = []Case{
	{Name: "child/StartedAfterACrashOfItsParent", Atomic: true, Run: childNotStarted},
	{Name: "child/FoundAgainAfterACrash", Atomic: true, Run: childFound},
	{Name: "child/ItsEndIsFoundAfterACrash", Atomic: true, Run: childEndFound},
	{Name: "child/ACancelIsFoundAfterACrash", Atomic: true, Run: childCancelFound},
	{Name: "child/ACrashAndAPause", Atomic: true, Run: childPausedCrash},
	{Name: "child/OfAParentThatCannotGoOnIsCancelledWithIt", Run: childForced},
}

// loner registers a family whose child does one step.
func (h *H) loner() string {
	step := h.noting("a")
	fn, _ := h.family(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	return fn
}

// grows waits for the output 2 of a parent whose child was started with 1, and
// looks whether all happened once.
func (h *H) grows(id string) {
	h.Helper()
	h.wantOutput(id, 2)
	h.wantNoted("a1")
	if began, ended := h.count(id, engine.EventChildStarted), h.count(id, engine.EventChildEnded); began != 1 || ended != 1 {
		h.Errorf("%d children began, %d ended", began, ended)
	}
}

func childNotStarted(h *H) {
	fn := h.loner()
	h.boot()
	id := h.nextID()
	h.dying(false, engine.EventChildStarted, h.startAnyway(id, fn, 1))
	h.grows(id)
}

func childFound(h *H) {
	fn := h.loner()
	h.boot()
	id := h.nextID()
	died := h.process.Die(true, engine.EventStepStarted) // the child is created and begins, or not at all
	go h.startAnyway(id, fn, 1)()
	<-died
	h.restart()
	h.grows(id)
}

func childEndFound(h *H) {
	fn := h.loner()
	h.boot()
	id := h.nextID()
	h.dying(false, engine.EventCompleted, h.startAnyway(id, fn, 1))
	h.restart() // a second time: its end is not taken twice
	h.grows(id)
}

func childCancelFound(h *H) {
	fn, _ := h.family(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
	h.boot()
	id := h.start(fn, 1)
	child := h.child(id)
	h.has(child, engine.EventStarted, 1)
	e := h.process.Engine
	h.dying(false, engine.EventCancelRequested, func() {
		_, _ = e.Cancel(context.WithoutCancel(h.Context()), workspace, id, eventstore.Meta{})
	})
	h.end(id, workflow.Cancelled)
	h.end(child, workflow.Cancelled)
}

func childPausedCrash(h *H) {
	fn := h.loner()
	h.boot()
	id := h.hold(fn, 1)
	e := h.process.Engine
	h.dying(false, engine.EventChildStarted, func() {
		_, _ = e.Release(context.WithoutCancel(h.Context()), workspace, id, engine.Release{Version: 3})
	})
	if _, err := h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{}); err == nil { // otherwise it has ended
		h.restart()
		h.resume(id)
	}
	h.wantOutput(id, 2)
	if began, ended := h.count(id, engine.EventChildStarted), h.count(id, engine.EventChildEnded); began != 1 || ended != 1 {
		h.Errorf("%d children began, %d ended", began, ended)
	}
}

func childForced(h *H) {
	build := func(broken bool) string {
		h.reg = engine.NewRegistry()
		child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(100000)) })
		return h.workflow(func(run engine.Run, n int) (int, error) {
			if broken {
				panic("no such luck")
			}
			return child.Do(run, "", n)
		})
	}
	fn := build(false)
	h.boot()
	id := h.start(fn, 1)
	child := h.child(id)
	h.has(child, engine.EventStarted, 1)
	build(true)
	h.reboot()
	h.parkedFor(id, "no such luck")
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.end(child, workflow.Cancelled)
}
