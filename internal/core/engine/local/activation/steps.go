package activation

import (
	"context"
	"fmt"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// beginStep plans the first attempt of a step, or a further one: with effects
// after the commit, reads at once.
func (t *Turn) beginStep(w *machine.Wait) {
	s := t.s
	in, err := w.Input()
	at := &attempt.Attempt{Info: s.Ledger.Info, Call: w.Call, Input: in, Since: t.now.UnixMicro()}
	if n := s.Ledger.Notes[w.Path]; n != nil {
		at.Used, at.Unknown, at.Died, at.Checkpoint = n.Used, n.Unknown, n.Died, n.Checkpoint
		if n.Since != 0 {
			at.Since = n.Since
		}
		n.RetryAt, n.Left = 0, false
	}
	if err != nil {
		at.Err = err
		t.stepFailed(at)
		return
	}
	s.Running[w.Path] = at
	if w.Call.Step.ReadOnly {
		t.Reads = append(t.Reads, at)
	} else {
		t.Starts = append(t.Starts, at)
	}
}

// abort ends a step or child whose branch was cancelled: one that is running is
// awaited, a step that waits for its retry is over.
func (t *Turn) abort(w *machine.Wait) {
	s := t.s
	if w.Type == machine.WaitChild {
		t.Strays = append(t.Strays, s.Ledger.Child(w.Path).Execution)
		return
	}
	if at := s.Running[w.Path]; at != nil {
		t.Stops = append(t.Stops, at)
		return
	}
	if s.Machine.Wait(w.Path) != w {
		return
	}
	n := s.Ledger.Notes[w.Path]
	t.cancelled(w, n != nil && n.Unknown)
}

// cancelled records the end of a step that was cancelled while it was not
// running.
func (t *Turn) cancelled(w *machine.Wait, unknown bool) {
	err := &engine.Error{Code: engine.CodeCancelled, Message: "cancelled", Step: w.Call.Step.Name, Path: w.Path, Unknown: unknown}
	if unknown {
		err.Class = failure.UnknownOutcome
	}
	t.putResult(&journal.Record{Type: journal.StepFailed, Path: w.Path, Name: w.Call.Step.Name, Label: w.Call.Label, Err: err, ReadOnly: w.Call.Step.ReadOnly}, t.s.inherit())
}

// stepEnded takes in the outcome of an attempt.
func (t *Turn) stepEnded(at *attempt.Attempt) {
	s := t.s
	if s.Running[at.Call.Path] == at {
		delete(s.Running, at.Call.Path)
	}
	if at.Void || s.Ledger.Ended != "" {
		return
	}
	if s.host.Stopping() {
		t.drain()
	}
	if at.Err != nil {
		t.stepFailed(at)
		return
	}
	t.left(at)
	t.putResult(&journal.Record{Type: journal.StepCompleted, Path: at.Call.Path, Name: at.Call.Step.Name, Label: at.Call.Label, Out: at.Out,
		Attempt: at.Number(), Duration: at.Duration, ReadOnly: at.Call.Step.ReadOnly}, s.inherit())
}

// withdraw takes back a step that has not begun before the process ends: the next
// one begins it, and knows that it did not happen.
func (t *Turn) withdraw(at *attempt.Attempt) {
	if t.s.Running[at.Call.Path] != at {
		return
	}
	delete(t.s.Running, at.Call.Path)
	t.drain()
	t.keep(&journal.Record{Type: journal.Withdrawn, Path: at.Call.Path, Name: at.Call.Step.Name}, t.s.inherit())
}

// drain shuts the gate because the process ends.
func (t *Turn) drain() {
	if l := t.s.Ledger; !l.Drained && !l.Broken() {
		t.put(&journal.Record{Type: journal.Drained}, t.s.inherit())
	}
}

// left adds the domain events that the attempt recorded and the rows that it
// attached.
func (t *Turn) left(at *attempt.Attempt) {
	for i, ev := range at.Events {
		meta := t.s.inherit()
		meta.Causation = causation(at, i)
		t.Events = append(t.Events, eventstore.NewEvent{Type: ev.Type, Schema: ev.Schema, Data: ev.Data, Meta: meta})
		t.s.Ledger.Version++
		t.s.recorded()
	}
	by := engine.WriteInfo{Workspace: at.Info.Workspace, Execution: at.Info.Execution, Definition: at.Info.Definition, Key: at.Call.Key}
	for _, w := range at.Writes {
		t.Inline = append(t.Inline, func(ctx context.Context, tx db.Tx) error {
			if err := w.Write.Apply(ctx, tx, by, w.Data); err != nil {
				return &AttachError{At: at, Cause: err}
			}
			return nil
		})
	}
}

// causation names the n-th event that a step recorded; with execution and
// generation it is unique.
func causation(at *attempt.Attempt, n int) string {
	return at.Call.Path + "#" + strconv.Itoa(n+1)
}

// checkpoint keeps how far a running step has come.
func (t *Turn) checkpoint(at *attempt.Attempt, data []byte) {
	if t.s.Running[at.Call.Path] == at && !at.Void {
		t.keep(&journal.Record{Type: journal.Checkpoint, Path: at.Call.Path, Data: data}, t.s.inherit())
	}
}

// stepFailed takes in that an attempt has failed.
func (t *Turn) stepFailed(at *attempt.Attempt) {
	switch v := at.Judge(t.now, t.s.cancelledAt(at.Call.Path), t.s.host.Chance); v.Meaning {
	case attempt.Parked:
		t.parkStep(at, v.Reason, v.Err)
	case attempt.Retried:
		t.keep(&journal.Record{Type: journal.StepRetrying, Path: at.Call.Path, Name: at.Call.Step.Name, Label: at.Call.Label, Err: v.Err,
			At: t.now.Add(v.Wait).UnixMicro(), Attempts: v.Used.Attempts, Limited: v.Used.Limited, Since: at.Since, Unknown: v.Err.Unknown,
			Attempt: at.Number(), ReadOnly: at.Call.Step.ReadOnly}, t.s.inherit())
	default:
		t.putResult(failed(at, v.Err), t.s.inherit())
	}
}

func failed(at *attempt.Attempt, err *engine.Error) *journal.Record {
	return &journal.Record{Type: journal.StepFailed, Path: at.Call.Path, Name: at.Call.Step.Name, Label: at.Call.Label, Err: err,
		Attempt: max(err.Attempts, 1), Duration: at.Duration, ReadOnly: at.Call.Step.ReadOnly}
}

// cancelledAt reports whether the branch that waits for a step was cancelled;
// the step itself may not have learned of it.
func (s *State) cancelledAt(path string) bool {
	if s.Machine == nil {
		return false
	}
	w := s.Machine.Wait(path)
	return w != nil && w.Cancelled()
}

// parkStep holds a step until it is resumed or answered.
func (t *Turn) parkStep(at *attempt.Attempt, reason string, err *engine.Error) {
	r := &journal.Record{Type: journal.Parked, Reason: reason, Path: at.Call.Path, Name: at.Call.Step.Name, Label: at.Call.Label, Key: at.Call.Key,
		Err: err, Unknown: err.Unknown, At: journal.Micro(attempt.LeavesAt(reason, t.now))}
	if at.Call.Undo {
		r.Data = at.Input // all that a person needs to finish it by hand
	}
	t.keep(r, t.s.inherit())
}

// AttachError says which step's attached write failed.
type AttachError struct {
	At    *attempt.Attempt
	Cause error
}

// Error names the step and the cause.
func (e *AttachError) Error() string {
	return fmt.Sprintf("rows attached by step %s at %s: %v", e.At.Call.Step.Name, e.At.Call.Path, e.Cause)
}

// Unwrap returns the cause.
func (e *AttachError) Unwrap() error { return e.Cause }
