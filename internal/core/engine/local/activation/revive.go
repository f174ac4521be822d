package activation

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// revive starts the steps that the function waits for and no one is running:
// after a load, after the gate opened, when a retry is due.
func (t *Turn) revive() {
	s := t.s
	s.revive = false
	if s.Machine == nil {
		return
	}
	var waits []*machine.Wait
	for w := range s.Machine.Waits() {
		if w.Type == machine.WaitStep || w.Type == machine.WaitChild {
			waits = append(waits, w)
		}
	}
	for _, w := range waits {
		if s.Machine == nil || s.Ledger.Gated() { // one of them was parked: the rest later
			s.revive = true
			return
		}
		switch {
		case s.Machine.Wait(w.Path) != w:
		case w.Type == machine.WaitChild:
			t.reviveChild(w)
		case s.Running[w.Path] == nil:
			t.reviveStep(w)
		}
	}
}

func (t *Turn) reviveStep(w *machine.Wait) {
	n := t.s.Ledger.Notes[w.Path]
	switch {
	case n == nil:
		n = &journal.Note{}
	case n.Held:
		return
	}
	switch {
	case w.Cancelled():
		t.cancelled(w, !w.Call.Step.ReadOnly && (n.Unknown || n.Left))
	case n.RetryAt > t.now.UnixMicro():
	case n.Left:
		t.interrupted(w, n)
	default:
		t.beginStep(w)
	}
}

// interrupted counts that the process died while the step was in progress,
// before it is run again: a step that kills the process is found out.
func (t *Turn) interrupted(w *machine.Wait, n *journal.Note) {
	s, step := t.s, w.Call.Step
	t.keep(&journal.Record{Type: journal.Interrupted, Path: w.Path, Name: step.Name, N: n.Interrupted + 1, Unknown: !step.ReadOnly}, s.inherit())
	n = s.Ledger.Note(w.Path)
	at := &attempt.Attempt{Info: s.Ledger.Info, Call: w.Call, Used: n.Used, Unknown: n.Unknown, Died: n.Died}
	err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeInterrupted, Step: step.Name, Path: w.Path, Attempts: n.Used.Attempts + n.Died, Unknown: n.Unknown,
		Message: "the process ended while the step was in progress"}
	switch {
	case w.Call.Once && !w.Call.Undo:
		t.parkStep(at, workflow.ReasonOutcomeUnknown, err)
	case n.Interrupted < s.host.MaxInterruptions:
		t.beginStep(w)
	case w.Call.Undo:
		at.Input, _ = w.Input() // it was encoded before
		t.parkStep(at, workflow.ReasonCompensationStuck, err)
	default:
		err.Class = failure.Fatal
		err.Message = fmt.Sprintf("the process ended %d times while the step was in progress; find out whether the step ends it", n.Interrupted)
		t.putResult(failed(at, err), s.inherit())
	}
}
