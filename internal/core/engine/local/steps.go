package local

import (
	"context"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// beginStep plans the first attempt of a step, or a further one: with effects
// after the commit, reads at once.
func (a *activation) beginStep(w *machine.Wait) {
	x := a.x
	in, err := w.Input()
	at := &attempt{x: x, info: x.ledger.Info, call: w.Call, input: in, since: a.now.UnixMicro()}
	if n := x.ledger.Notes[w.Path]; n != nil {
		at.used, at.unknown, at.broken, at.checkpoint = n.Used, n.Unknown, n.Died, n.Checkpoint
		if n.Since != 0 {
			at.since = n.Since
		}
		n.RetryAt, n.Left = 0, false
	}
	if err != nil {
		at.err = err
		a.stepFailed(at)
		return
	}
	x.running[w.Path] = at
	if w.Call.Step.ReadOnly {
		a.reads = append(a.reads, at)
	} else {
		a.starts = append(a.starts, at)
	}
}

// abort ends a step or child whose branch was cancelled: one that is running is
// awaited, a step that waits for its retry is over.
func (a *activation) abort(w *machine.Wait) {
	x := a.x
	if w.Type == machine.WaitChild {
		a.strays = append(a.strays, x.ledger.Child(w.Path).Execution)
		return
	}
	if at := x.running[w.Path]; at != nil {
		a.stops = append(a.stops, at)
		return
	}
	if x.machine.Wait(w.Path) != w {
		return
	}
	n := x.ledger.Notes[w.Path]
	a.cancelled(w, n != nil && n.Unknown)
}

// cancelled records the end of a step that was cancelled while it was not
// running.
func (a *activation) cancelled(w *machine.Wait, unknown bool) {
	err := &engine.Error{Code: engine.CodeCancelled, Message: "cancelled", Step: w.Call.Step.Name, Path: w.Path, Unknown: unknown}
	if unknown {
		err.Class = failure.UnknownOutcome
	}
	a.putResult(&journal.Record{Type: journal.StepFailed, Path: w.Path, Name: w.Call.Step.Name, Label: w.Call.Label, Err: err, ReadOnly: w.Call.Step.ReadOnly}, a.x.inherit())
}

// stepEnded takes in the outcome of an attempt.
func (a *activation) stepEnded(at *attempt) {
	x := a.x
	if x.running[at.call.Path] == at {
		delete(x.running, at.call.Path)
	}
	if at.void || x.ledger.Ended != "" {
		return
	}
	if x.engine.stopping() && !x.ledger.Drained && !x.ledger.Broken() {
		a.put(&journal.Record{Type: journal.Drained}, x.inherit())
	}
	if at.err != nil {
		a.stepFailed(at)
		return
	}
	a.left(at)
	a.putResult(&journal.Record{Type: journal.StepCompleted, Path: at.call.Path, Name: at.call.Step.Name, Label: at.call.Label, Out: at.out,
		Attempt: at.number(), Duration: at.duration, ReadOnly: at.call.Step.ReadOnly}, x.inherit())
}

// left adds the domain events that the attempt recorded and the rows that it
// attached.
func (a *activation) left(at *attempt) {
	for i, ev := range at.events {
		meta := a.x.inherit()
		meta.Causation = causation(at, i)
		a.events = append(a.events, eventstore.NewEvent{Type: ev.Type, Schema: ev.Schema, Data: ev.Data, Meta: meta})
		a.x.ledger.Version++
	}
	by := engine.WriteInfo{Workspace: at.info.Workspace, Execution: at.info.Execution, Definition: at.info.Definition, Key: at.call.Key}
	for _, w := range at.writes {
		a.inline = append(a.inline, func(ctx context.Context, tx db.Tx) error {
			if err := w.Write.Apply(ctx, tx, by, w.Data); err != nil {
				return &attachError{at: at, cause: err}
			}
			return nil
		})
	}
}

// causation names the n-th event that a step recorded; with execution and
// generation it is unique.
func causation(at *attempt, n int) string {
	return at.call.Path + "#" + strconv.Itoa(n+1)
}

// checkpoint keeps how far a running step has come.
func (a *activation) checkpoint(at *attempt, data []byte) {
	if a.x.running[at.call.Path] == at && !at.void {
		a.keep(&journal.Record{Type: journal.Checkpoint, Path: at.call.Path, Data: data}, a.x.inherit())
	}
}

// stepFailed decides what a failed attempt means.
func (a *activation) stepFailed(at *attempt) {
	step := at.call.Step
	err := engine.AsError(at.err)
	err.Step, err.Path = step.Name, at.call.Path
	used := at.used
	if err.Class == failure.RateLimited {
		used.Limited++
	} else {
		used.Attempts, used.Limited = used.Attempts+1, 0
	}
	used.Elapsed = a.now.Sub(journal.Time(at.since))
	err.Attempts = used.Attempts + at.broken
	err.Unknown = !step.ReadOnly && (at.unknown || at.mayHaveHappened(err))
	if at.wasAborted() || a.x.cancelledAt(at.call.Path) {
		a.aborted(at, err)
		return
	}
	if reason := parkReason(&at.call, err); reason != "" {
		a.parkStep(at, reason, err)
		return
	}
	if wait, again := at.call.Retry.Next(err, step.ReadOnly, used, a.x.engine.options.Chance()); again {
		a.retry(at, err, used, wait)
		return
	}
	if at.call.Undo {
		a.parkStep(at, workflow.ReasonCompensationStuck, err)
		return
	}
	a.putResult(at.failed(err), a.x.inherit())
}

// mayHaveHappened reports whether this attempt may have had its effect.
func (at *attempt) mayHaveHappened(err *engine.Error) bool {
	return at.begun && (err.Class == failure.UnknownOutcome || err.Class == failure.Fatal || err.Class == "")
}

// aborted records the outcome of a step that was cancelled while it ran.
func (a *activation) aborted(at *attempt, err *engine.Error) {
	err.Code = engine.CodeCancelled
	err.Class = ""
	if err.Unknown {
		err.Class = failure.UnknownOutcome
	}
	a.putResult(at.failed(err), a.x.inherit())
}

func (at *attempt) failed(err *engine.Error) *journal.Record {
	return &journal.Record{Type: journal.StepFailed, Path: at.call.Path, Name: at.call.Step.Name, Label: at.call.Label, Err: err,
		Attempt: max(err.Attempts, 1), Duration: at.duration, ReadOnly: at.call.Step.ReadOnly}
}

// cancelledAt reports whether the branch that waits for a step was cancelled;
// the step itself may not have learned of it.
func (x *execution) cancelledAt(path string) bool {
	if x.machine == nil {
		return false
	}
	w := x.machine.Wait(path)
	return w != nil && w.Cancelled()
}

// parkReason says why a failure holds its step instead of ending it.
func parkReason(call *engine.Call, err *engine.Error) string {
	switch {
	case err.Code == engine.CodeQuota:
		return workflow.ReasonQuotaExhausted
	case err.Class == failure.Auth:
		return workflow.ReasonNeedsReauth
	case call.Once && !call.Undo && (err.Class == failure.UnknownOutcome || err.Code == engine.CodePanic):
		return workflow.ReasonOutcomeUnknown
	}
	return ""
}

// retry records what the step has used up and when it is tried again.
func (a *activation) retry(at *attempt, err *engine.Error, used engine.Used, wait time.Duration) {
	a.keep(&journal.Record{Type: journal.StepRetrying, Path: at.call.Path, Name: at.call.Step.Name, Label: at.call.Label, Err: err,
		At: a.now.Add(wait).UnixMicro(), Attempts: used.Attempts, Limited: used.Limited, Since: at.since, Unknown: err.Unknown,
		Attempt: at.number(), ReadOnly: at.call.Step.ReadOnly}, a.x.inherit())
}

// parkStep holds a step until it is resumed or answered.
func (a *activation) parkStep(at *attempt, reason string, err *engine.Error) {
	r := &journal.Record{Type: journal.Parked, Reason: reason, Path: at.call.Path, Name: at.call.Step.Name, Label: at.call.Label, Key: at.call.Key,
		Err: err, Unknown: err.Unknown, T: a.now.UnixMicro()}
	if reason == workflow.ReasonQuotaExhausted {
		r.At = nextMonth(a.now).UnixMicro()
	}
	if at.call.Undo {
		r.Data = at.input // all that a person needs to finish it by hand
	}
	a.keep(r, a.x.inherit())
}

// nextMonth is the first of the next month, UTC.
func nextMonth(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
