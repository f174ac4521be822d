package local

import (
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// revive starts the steps that the function waits for and no one is running:
// after a load, after the gate opened, when a retry is due.
func (a *activation) revive() {
	x := a.x
	x.revive = false
	if x.machine == nil {
		return
	}
	var waits []*machine.Wait
	for w := range x.machine.Waits() {
		if w.Type == machine.WaitStep || w.Type == machine.WaitChild {
			waits = append(waits, w)
		}
	}
	for _, w := range waits {
		if x.machine == nil || x.ledger.Gated() { // one of them was parked: the rest later
			x.revive = true
			return
		}
		switch {
		case x.machine.Wait(w.Path) != w:
		case w.Type == machine.WaitChild:
			a.reviveChild(w)
		case x.running[w.Path] == nil:
			a.reviveStep(w)
		}
	}
}

func (a *activation) reviveStep(w *machine.Wait) {
	n := a.x.ledger.Notes[w.Path]
	switch {
	case n == nil:
		n = &journal.Note{}
	case n.Held:
		return
	}
	switch {
	case w.Cancelled():
		a.cancelled(w, !w.Call.Step.ReadOnly && (n.Unknown || n.Left))
	case n.RetryAt > a.now.UnixMicro():
	case n.Left:
		a.interrupted(w, n)
	default:
		a.beginStep(w)
	}
}

// interrupted counts that the process died while the step was in progress,
// before it is run again: a step that kills the process is found out.
func (a *activation) interrupted(w *machine.Wait, n *journal.Note) {
	x, step := a.x, w.Call.Step
	a.keep(&journal.Record{Type: journal.Interrupted, Path: w.Path, Name: step.Name, N: n.Interrupted + 1, Unknown: !step.ReadOnly}, x.inherit())
	n = x.ledger.Note(w.Path)
	at := &attempt{x: x, info: x.ledger.Info, call: w.Call, used: n.Used, unknown: n.Unknown, broken: n.Died}
	err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeInterrupted, Step: step.Name, Path: w.Path, Attempts: n.Used.Attempts + n.Died, Unknown: n.Unknown,
		Message: "the process ended while the step was in progress"}
	switch {
	case w.Call.Once && !w.Call.Undo:
		a.parkStep(at, workflow.ReasonOutcomeUnknown, err)
	case n.Interrupted < x.engine.options.MaxInterruptions:
		a.beginStep(w)
	case w.Call.Undo:
		at.input, _ = w.Input() // it was encoded before
		a.parkStep(at, workflow.ReasonCompensationStuck, err)
	default:
		err.Class = failure.Fatal
		err.Message = fmt.Sprintf("the process ended %d times while the step was in progress; find out whether the step ends it", n.Interrupted)
		a.putResult(at.failed(err), x.inherit())
	}
}

// nextWake returns when the execution has to be woken, in µs; zero means that
// something from outside must come.
func (x *execution) nextWake(now time.Time) int64 {
	l := x.ledger
	if l.Ended != "" || l.Paused || l.Drained {
		return 0
	}
	if l.Parked {
		return l.LeavesAt()
	}
	if x.machine == nil {
		return 0
	}
	var at int64
	for w := range x.machine.Waits() {
		due := journal.Micro(w.At)
		if w.Type == machine.WaitStep {
			n := l.Notes[w.Path]
			if n == nil || n.RetryAt == 0 || x.running[w.Path] != nil {
				continue
			}
			due = max(n.RetryAt, now.UnixMicro())
		}
		if due != 0 && (at == 0 || due < at) {
			at = due
		}
	}
	return at
}
