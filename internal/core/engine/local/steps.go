package local

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// begin plans the first attempt of a step, or a further one: with effects
// after the commit, reads at once.
func (a *activation) begin(w *waiter) {
	x := a.x
	w.encode()
	at := &attempt{x: x, info: x.l.info, call: w.call, input: w.input, since: a.now.UnixMicro()}
	if n := x.l.notes[w.path]; n != nil {
		at.used, at.unknown, at.broken = n.used, n.unknown, n.interrupted
		if n.since != 0 {
			at.since = n.since
		}
		n.retryAt = 0
	}
	if w.inputErr != nil {
		at.err = w.inputErr
		a.stepFailed(at)
		return
	}
	x.running[w.path] = at
	if w.call.Step.ReadOnly {
		a.reads = append(a.reads, at)
	} else {
		a.starts = append(a.starts, at)
	}
}

// abort ends a step whose branch was cancelled: a running one is awaited, one
// that waits for its retry is over.
func (a *activation) abort(w *waiter) {
	if at := a.x.running[w.path]; at != nil {
		a.stops = append(a.stops, at)
		return
	}
	if a.x.m.waiters[w.path] != w {
		return
	}
	n := a.x.l.notes[w.path]
	a.cancelled(w, n != nil && n.unknown)
}

// cancelled records the end of a step that was cancelled while it was not
// running.
func (a *activation) cancelled(w *waiter, unknown bool) {
	err := &engine.Error{Code: engine.CodeCancelled, Message: "cancelled", Step: w.call.Step.Name, Path: w.path, Unknown: unknown}
	if unknown {
		err.Class = failure.UnknownOutcome
	}
	a.putResult(&record{kind: kindStepFailed, Path: w.path, Name: w.call.Step.Name, Err: err, readOnly: w.call.Step.ReadOnly}, a.x.inherit())
}

// stepEnded takes in the outcome of an attempt.
func (a *activation) stepEnded(at *attempt) {
	x := a.x
	if x.running[at.call.Path] == at {
		delete(x.running, at.call.Path)
	}
	if at.void || x.l.ended != "" {
		return
	}
	if x.e.stopping() && !x.l.drained && !x.l.broken() {
		a.put(&record{kind: kindDrained}, x.inherit())
	}
	if at.err != nil {
		a.stepFailed(at)
		return
	}
	a.left(at)
	a.putResult(&record{kind: kindStepCompleted, Path: at.call.Path, Name: at.call.Step.Name, Out: at.out,
		attempt: at.number(), duration: at.duration, readOnly: at.call.Step.ReadOnly}, x.inherit())
}

// left adds the domain events that the attempt recorded and the rows that it
// attached.
func (a *activation) left(at *attempt) {
	for i, ev := range at.events {
		meta := a.x.inherit()
		meta.Causation = causation(at, i)
		a.events = append(a.events, eventstore.NewEvent{Type: ev.Type, Schema: ev.Schema, Data: ev.Data, Meta: meta})
		a.x.l.version++
	}
	for _, write := range at.writes {
		a.inline = append(a.inline, func(ctx context.Context, tx db.Tx) error {
			if err := write(ctx, tx); err != nil {
				return &attachError{at: at, cause: err}
			}
			return nil
		})
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
	used.Elapsed = a.now.Sub(fromMicro(at.since))
	err.Attempts = used.Attempts + at.broken
	err.Unknown = !step.ReadOnly && (at.unknown || at.mayHaveHappened(err))
	if at.wasAborted() || a.x.cancelledAt(at.call.Path) {
		a.aborted(at, err)
		return
	}
	if reason := parkReason(step, at.call, err); reason != "" {
		a.parkStep(at, reason, err)
		return
	}
	if wait, again := step.Retry.Next(err, step.ReadOnly, used, a.x.e.o.Chance()); again {
		a.retry(at, err, used, wait)
		return
	}
	if at.call.Undo {
		a.parkStep(at, engine.ReasonCompensationStuck, err)
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

func (at *attempt) failed(err *engine.Error) *record {
	return &record{kind: kindStepFailed, Path: at.call.Path, Name: at.call.Step.Name, Err: err,
		attempt: max(err.Attempts, 1), duration: at.duration, readOnly: at.call.Step.ReadOnly}
}

// cancelledAt reports whether the branch that waits for a step was cancelled;
// the step itself may not have learned of it.
func (x *exec) cancelledAt(path string) bool {
	if x.m == nil {
		return false
	}
	w := x.m.waiters[path]
	return w != nil && w.scope.isCancelled()
}

// parkReason says why a failure holds its step instead of ending it.
func parkReason(step *engine.StepSpec, call engine.Call, err *engine.Error) string {
	switch {
	case err.Code == engine.CodeQuota:
		return engine.ReasonQuotaExhausted
	case err.Class == failure.Auth:
		return engine.ReasonNeedsReauth
	case step.Once && !call.Undo && (err.Class == failure.UnknownOutcome || err.Code == engine.CodePanic):
		return engine.ReasonOutcomeUnknown
	}
	return ""
}

// retry records what the step has used up and when it is tried again.
func (a *activation) retry(at *attempt, err *engine.Error, used engine.Used, wait time.Duration) {
	r := &record{kind: kindStepRetrying, Path: at.call.Path, Name: at.call.Step.Name, Err: err, At: a.now.Add(wait).UnixMicro(),
		Attempts: used.Attempts, Limited: used.Limited, Since: at.since, Unknown: err.Unknown,
		attempt: at.number(), readOnly: at.call.Step.ReadOnly}
	a.append(r, a.x.inherit())
	a.x.l.see(r)
}

// parkStep holds a step until it is resumed or answered.
func (a *activation) parkStep(at *attempt, reason string, err *engine.Error) {
	r := &record{kind: kindParked, Reason: reason, Path: at.call.Path, Name: at.call.Step.Name, Key: at.call.Key, Err: err, Unknown: err.Unknown, T: a.now.UnixMicro()}
	if reason == engine.ReasonQuotaExhausted {
		r.At = nextMonth(a.now).UnixMicro()
	}
	if at.call.Undo {
		r.Data = at.input // all that a person needs to finish it by hand
	}
	a.append(r, a.x.inherit())
	a.x.l.see(r)
}

// nextMonth is the first of the next month, UTC.
func nextMonth(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
