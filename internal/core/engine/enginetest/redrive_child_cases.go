package enginetest

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var redriveChildCases = []Case{
	{Name: "redrive/ACompletedChildIsFed", Run: redriveChildDone},
	{Name: "redrive/AFailedChildIsRedriven", Run: redriveChildFailed},
	{Name: "redrive/AChildThroughAChain", Run: redriveChildChain},
	{Name: "redrive/AChildWithAnotherInputBeginsAnew", Run: redriveChildInput},
	{Name: "redrive/ASharedChildIsRedriven", Run: redriveChildShared},
	{Name: "redrive/ItsChildIsFoundAfterACrash", Atomic: true, Run: redriveChildCrash},
}

// parents registers a workflow whose child does steps a and bad, and which then
// does the step late.
func (h *H) parents(childID string, off, late *bool) string {
	a, bad, after := h.keyed("a", nil), h.keyed("bad", off), h.keyed("late", late)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, bad) })
	return h.workflow(func(run engine.Run, n int) (int, error) {
		n, err := child.Do(run, childID, n)
		if err != nil {
			return 0, err
		}
		return after.Do(run, n)
	})
}

func redriveChildDone(h *H) {
	off, late := false, true
	fn := h.parents("", &off, &late)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	late = false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 4)
	h.wantNoted("late:ex_1/1/2")
	if n := h.count(id, engine.EventChildStarted); n != 0 {
		h.Errorf("%d children", n)
	}
}

func redriveChildFailed(h *H) {
	off, late := true, false
	fn := h.parents("", &off, &late)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	off = false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 4)
	h.wantNoted("bad:" + h.child(origin) + "/1/2 late:ex_1/1/2")
	if o := h.last(h.child(id), engine.EventCreated).Origin; o == nil || o.Execution != h.child(origin) || o.Fresh {
		h.Errorf("the child was created with the origin %+v", o)
	}
}

func redriveChildChain(h *H) {
	off, late := true, true
	fn := h.parents("", &off, &late)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	second := h.redrive(fn, origin)
	h.end(second, workflow.Failed)
	off = false
	h.forget()
	third := h.redrive(fn, second)
	h.end(third, workflow.Failed)
	h.wantNoted("bad:" + h.child(origin) + "/1/2 late:ex_1/1/2")
	if o := h.last(h.child(third), engine.EventCreated).Origin; o == nil || o.Execution != h.child(second) {
		h.Errorf("the child was created with the origin %+v", o)
	}
	late = false
	h.forget()
	h.wantOutput(h.redrive(fn, third), 4)
	h.wantNoted("late:ex_1/1/2")
}

func redriveChildInput(h *H) {
	first, off := true, true
	before, a, bad := h.keyed("before", &first), h.keyed("a", nil), h.keyed("bad", &off)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, bad) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		n, _ = before.Do(run, n) // zero while it fails
		return child.Do(run, "", n)
	})
	h.boot()
	origin := h.start(fn, 5)
	h.end(origin, workflow.Failed)
	first, off = false, false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 8)
	own := h.child(id)
	h.wantNoted("before:ex_1/1/1 a:" + own + "/1/1 bad:" + own + "/1/2")
}

func redriveChildShared(h *H) {
	off, late := true, false
	fn := h.parents("month-7", &off, &late)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	off = false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 4)
	if h.child(id) == h.child(origin) {
		h.Error("the failed child was begun again")
	}
	h.wantNoted("bad:" + h.child(origin) + "/1/2 late:ex_1/1/2")
}

func redriveChildCrash(h *H) {
	off, late := true, false
	fn := h.parents("", &off, &late)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	off = false
	h.forget()
	id := h.nextID()
	s, e := h.redriveOf(id, fn, origin), h.process.Engine
	h.dying(false, engine.EventChildStarted, func() { _, _ = e.Start(h.Context(), s) })
	h.wantOutput(id, 4)
	if got := h.noted(); !strings.HasPrefix(got, "bad:"+h.child(origin)+"/1/2") {
		h.Errorf("happened: %s", got)
	}
}
