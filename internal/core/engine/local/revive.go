package local

import (
	"fmt"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// revive starts the steps that the function waits for and nobody is running:
// after a load, after the gate opened, when a retry is due.
func (a *activation) revive() {
	x := a.x
	x.revive = false
	if x.m == nil {
		return
	}
	var steps []*waiter
	for w := x.m.first; w != nil; w = w.next {
		if w.kind == waitStep {
			steps = append(steps, w)
		}
	}
	for _, w := range steps {
		if x.m == nil || x.l.gated() { // one of them was parked: the rest later
			x.revive = true
			return
		}
		if x.m.waiters[w.path] == w && x.running[w.path] == nil {
			a.reviveStep(w)
		}
	}
	x.first = false
}

func (a *activation) reviveStep(w *waiter) {
	n := a.x.l.notes[w.path]
	switch {
	case n == nil:
		n = &note{}
	case n.held:
		return
	}
	switch {
	case w.scope.isCancelled():
		a.cancelled(w, !w.call.Step.ReadOnly && (n.unknown || n.left))
	case n.retryAt > a.now.UnixMicro():
	case n.left:
		a.interrupted(w, n)
	default:
		a.begin(w)
	}
}

// interrupted counts that the process died while the step was in progress,
// before it is run again: a step that kills the process is found out.
func (a *activation) interrupted(w *waiter, n *note) {
	x, step := a.x, w.call.Step
	r := &record{kind: kindInterrupted, Path: w.path, Name: step.Name, N: n.interrupted + 1, Unknown: !step.ReadOnly}
	a.append(r, x.inherit())
	x.l.see(r)
	n = x.l.note(w.path)
	at := &attempt{x: x, info: x.l.info, call: w.call, used: n.used, unknown: n.unknown, broken: n.interrupted}
	err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeInterrupted, Step: step.Name, Path: w.path, Attempts: n.used.Attempts + n.interrupted, Unknown: n.unknown,
		Message: "the process ended while the step was in progress"}
	switch {
	case step.Once && !w.call.Undo:
		a.parkStep(at, engine.ReasonOutcomeUnknown, err)
	case n.interrupted < x.e.o.MaxInterruptions:
		a.begin(w)
	case w.call.Undo:
		w.encode()
		at.input = w.input
		a.parkStep(at, engine.ReasonCompensationStuck, err)
	default:
		err.Class = failure.Fatal
		err.Message = fmt.Sprintf("the process ended %d times while the step was in progress; find out whether the step ends it", n.interrupted)
		a.putResult(at.failed(err), x.inherit())
	}
}

// causation names the n-th event that a step recorded; with execution and
// generation it is unique.
func causation(at *attempt, n int) string {
	return at.call.Path + "#" + strconv.Itoa(n+1)
}
