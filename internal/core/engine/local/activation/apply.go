package activation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// apply turns one input into records.
func (t *Turn) apply(in *Input) {
	s := t.s
	if in.Kind == StepEnded {
		t.stepEnded(in.Attempt)
		return
	}
	if s.Ledger != nil && s.Ledger.Ended != "" {
		t.ack(in, engine.ErrEnded)
		return
	}
	if in.Kind == Resume && s.Ledger.Broken() && len(t.Events) > 0 {
		t.PutBack = append(t.PutBack, *in) // parked this very moment: not before that is durable
		return
	}
	t.ack(in, t.dispatch(in))
}

func (t *Turn) dispatch(in *Input) error {
	s := t.s
	switch in.Kind {
	case Create:
		t.start(in.Start)
	case Release:
		t.release(&in.Release)
	case Cancel:
		t.cancel(in.Meta)
	case Pause:
		if !s.Ledger.Paused {
			t.put(&journal.Record{Type: journal.Paused}, s.by(in.Meta))
		}
	case Resume:
		return t.resume(in.Meta)
	case Signal:
		switch {
		case s.Ledger.Saw(in.ID):
		case s.fullOfSignals(in.Name, len(in.Data)):
			return engine.ErrTooManySignals
		default:
			t.putResult(&journal.Record{Type: journal.Signal, Name: in.Name, ID: in.ID, Out: in.Data}, s.by(in.Meta))
		}
	case Answer:
		return t.answer(in)
	case Checkpoint:
		t.checkpoint(in.Attempt, in.Data)
	case Withdraw:
		t.withdraw(in.Attempt)
	case ChildEnded:
		t.childEnded(in.Child)
	case Wake:
		t.wake()
	case Begin:
		t.beginGeneration()
	case Recover:
		t.recover()
	}
	return nil
}

// start creates the execution and, unless it is held, begins its function.
func (t *Turn) start(in *Start) {
	s := t.s
	s.Ledger = journal.New(in.Workspace, in.Execution)
	s.Ledger.Meta = eventstore.Meta{Correlation: in.Meta.Correlation, TraceParent: in.Meta.TraceParent}
	s.Ledger.Info.Kind, s.Ledger.Info.Definition = in.Kind, in.Definition
	t.Created = true
	t.Labels = engine.Labels{Kind: in.Kind, Definition: in.Definition, Child: in.Parent != nil}
	t.Inline = append(t.Inline, in.Inline...)
	begin := &journal.Begin{Function: in.Function, Version: in.Version, Priority: in.Priority, Private: in.Private, Parent: in.Parent, Input: in.Input, Engine: s.host.Engine}
	var parts []*engine.Feed
	if o := in.Origin; o != nil {
		begin.Origin, begin.Root, begin.Unread, parts = o.Named, o.Root, o.Unread, o.Parts
		begin.Continues, begin.Shown = o.Continues, in.Shown
	}
	t.keep(&journal.Record{Type: journal.Created, Begin: begin, Extra: in.Public}, in.Meta)
	for _, part := range parts {
		t.keep(&journal.Record{Type: journal.Fed, Feed: part}, s.inherit())
	}
	if in.Hold {
		return
	}
	s.loaded = in.Loaded
	if in.Parent == nil {
		t.Places, t.TookPlace = 1, true
	}
	t.begin(in.Version, s.inherit())
}

// begin lets the function of the generation begin.
func (t *Turn) begin(version int, meta eventstore.Meta) {
	s := t.s
	why := s.build(version, nil)
	t.putResult(&journal.Record{Type: journal.Started, Version: version}, meta)
	if why != nil {
		t.parkFunction(why)
	}
}

// beginGeneration lets the next generation begin, unless it was this turn that has
// continued: what the next one begins with is loaded after the commit.
func (t *Turn) beginGeneration() {
	if l := t.s.Ledger; !t.Continues && !l.Started && !l.Pending() && !l.Broken() {
		t.begin(l.Info.Version, t.s.inherit())
	}
}

func (t *Turn) release(r *engine.Release) {
	s := t.s
	t.Places++
	if !s.Ledger.Pending() { // released before
		return
	}
	t.TookPlace = true
	if r.Refused != nil {
		end := &journal.Record{Type: journal.Failed, Err: engine.AsError(r.Refused)}
		t.End = end
		t.keep(end, s.by(r.Meta))
		t.Ended = s.Ledger.Ended
		return
	}
	t.begin(pinned(s.Ledger.Info.Version, *r), s.by(r.Meta))
}

// pinned is the version that a release starts with.
func pinned(started int, r engine.Release) int {
	if started != 0 {
		return started
	}
	return r.Version
}

// cancel asks the function to end. One that never ran, or cannot take the cancel,
// is ended at once.
func (t *Turn) cancel(meta eventstore.Meta) {
	s := t.s
	l := s.Ledger
	if !l.Broken() && (l.Cancelled && !l.Paused || l.ParkedFor(workflow.ReasonCompensationStuck)) {
		t.cancelChildren()
		return
	}
	children := l.Children()
	if !l.Pending() && !l.Broken() && t.put(&journal.Record{Type: journal.CancelRequested}, s.by(meta)) {
		s.revive = true
		return
	}
	t.force(children, meta)
}

// cancelChildren passes a cancel on once more: the first one may have left a child
// in which the function could not go on.
func (t *Turn) cancelChildren() {
	if t.s.Machine == nil {
		return
	}
	for w := range t.s.Machine.Waits() {
		if w.Type == machine.WaitChild && w.Cancelled() {
			t.Strays = append(t.Strays, t.s.Ledger.Child(w.Path).Execution)
		}
	}
}

// force ends an execution without its function; what that had done is then not
// undone, and no one awaits its steps and children any more.
func (t *Turn) force(children []string, meta eventstore.Meta) {
	s := t.s
	l := s.Ledger
	end := &journal.Record{Type: journal.Cancelled, Reason: journal.Forced, Err: &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began"}}
	if l.Broken() {
		end.Err = engine.AsError(&engine.Error{Code: engine.CodeNotUndone, Class: failure.Fatal,
			Message: "cancelled while its workflow function could not go on; what it had done was not undone: " + l.Parks[""].Err.Message})
		end.Duration = t.now.Sub(journal.Time(l.StartedAt))
	}
	t.keep(&journal.Record{Type: journal.CancelRequested, Reason: journal.Forced, T: t.now.UnixMicro()}, s.by(meta))
	t.Strays = append(t.Strays, children...)
	t.Stops = slices.AppendSeq(t.Stops, maps.Values(s.Running))
	t.keep(end, s.by(meta))
	t.Ended, t.End = l.Ended, end
}

// resume ends a pause and a parking. A step of unknown outcome stays parked:
// only an answer settles it.
func (t *Turn) resume(meta eventstore.Meta) error {
	s := t.s
	if s.Ledger.Broken() {
		if err := t.retryFunction(meta); err != nil || s.Ledger.Broken() {
			return err
		}
	}
	if s.Ledger.Parked && !s.Ledger.ParkedFor(workflow.ReasonOutcomeUnknown) {
		t.put(&journal.Record{Type: journal.Unparked}, s.by(meta))
	}
	if s.Ledger.Paused {
		t.put(&journal.Record{Type: journal.Resumed}, s.by(meta))
	}
	t.hurry(meta)
	s.revive = true
	return nil
}

// hurry lets the steps that wait for a retry go on at once. It is recorded: after
// a crash, no one must take such a step for one that is still waiting.
func (t *Turn) hurry(meta eventstore.Meta) {
	s := t.s
	if s.Machine == nil || s.Ledger.Gated() {
		return
	}
	for w := range s.Machine.Waits() {
		if w.Type != machine.WaitStep || s.Running[w.Path] != nil {
			continue
		}
		if n := s.Ledger.Notes[w.Path]; n != nil && n.RetryAt > t.now.UnixMicro() {
			t.keep(&journal.Record{Type: journal.Hurried, Path: w.Path, Name: w.Call.Step.Name}, s.by(meta))
		}
	}
}

// retryFunction tries a function that could not go on with this build. If it
// still cannot, it stays parked.
func (t *Turn) retryFunction(meta eventstore.Meta) error {
	s := t.s
	s.owner.AwaitCommits()
	if _, err := s.Load(); err != nil {
		t.Lost = err
		return err
	}
	t.Expected = s.Ledger.Version
	if s.Machine != nil {
		t.mend(s.by(meta))
	}
	return nil
}

// mend opens the gate for a function that this build can run again. What else is
// parked stays so, and is shown again.
func (t *Turn) mend(meta eventstore.Meta) {
	l := t.s.Ledger
	if len(l.Parks) == 1 {
		t.put(&journal.Record{Type: journal.Unparked}, meta)
		return
	}
	t.keep(&journal.Record{Type: journal.Mended}, meta)
	for _, path := range slices.Sorted(maps.Keys(l.Parks)) {
		again := *l.Parks[path]
		t.keep(&again, meta)
	}
}

// answer settles a parked step by what a person found out.
func (t *Turn) answer(in *Input) error {
	s, v := t.s, in.Answer
	p := s.Ledger.Parks[v.Path]
	if p == nil || s.Ledger.Broken() || v.Generation != 0 && v.Generation != s.Ledger.Info.Generation ||
		p.Reason != workflow.ReasonOutcomeUnknown && p.Reason != workflow.ReasonCompensationStuck {
		return engine.ErrNotWaiting
	}
	if step := s.host.Registry.Step(p.Name); v.Verdict == engine.Done && step != nil {
		if err := step.Fits(OrEmpty(v.Result)); err != nil {
			return fmt.Errorf("step %s cannot have this result: %w", p.Name, err)
		}
	}
	meta := s.by(in.Meta)
	t.put(&journal.Record{Type: journal.Answered, Path: v.Path, Name: p.Name, Verdict: v.Verdict}, meta)
	switch v.Verdict {
	case engine.Done:
		t.putResult(&journal.Record{Type: journal.StepCompleted, Path: v.Path, Name: p.Name, Label: p.Label, Out: OrEmpty(v.Result), Attempt: attemptsOf(p)}, meta)
	case engine.Fail:
		err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeGivenUp, Message: v.Message, Step: p.Name, Path: v.Path, Attempts: attemptsOf(p), Unknown: true}
		if err.Message == "" {
			err.Message = "given up by a person"
		}
		t.putResult(&journal.Record{Type: journal.StepFailed, Path: v.Path, Name: p.Name, Label: p.Label, Err: engine.AsError(err), Attempt: attemptsOf(p)}, meta)
	}
	if len(s.Ledger.Parks) == 0 {
		t.put(&journal.Record{Type: journal.Unparked}, meta)
		s.revive = true
	}
	return nil
}

// OrEmpty is what is stored for no JSON: an empty object.
func OrEmpty(result json.RawMessage) json.RawMessage {
	if len(result) == 0 {
		return json.RawMessage("{}")
	}
	return result
}

func attemptsOf(p *journal.Record) int {
	if p.Err == nil {
		return 1
	}
	return max(p.Err.Attempts, 1)
}

// wake fires what is due, in the order of time and then of the calls.
func (t *Turn) wake() {
	s := t.s
	if s.Ledger.Gated() {
		if at := s.Ledger.LeavesAt(); at != 0 && at <= t.now.UnixMicro() && !s.Ledger.Paused {
			t.put(&journal.Record{Type: journal.Unparked}, s.inherit())
		}
		s.revive = true
		return
	}
	t.beginGeneration()
	s.revive = true
	if s.Machine == nil {
		return
	}
	var due []*machine.Wait
	for w := range s.Machine.Waits() {
		if !w.At.IsZero() && !w.At.After(t.now) {
			due = append(due, w)
		}
	}
	slices.SortStableFunc(due, func(a, b *machine.Wait) int { return a.At.Compare(b.At) })
	for _, w := range due {
		if s.Machine != nil && s.Machine.Wait(w.Path) == w {
			t.put(&journal.Record{Type: journal.TimerFired, Path: w.Path}, s.inherit())
		}
	}
}

// recover continues after a start of the process. A function that could not go
// on is tried with this build.
func (t *Turn) recover() {
	s := t.s
	if s.Ledger.Drained {
		t.put(&journal.Record{Type: journal.Recovered}, s.inherit())
	}
	if s.Ledger.Broken() && s.Machine != nil && !s.Ledger.Paused {
		t.mend(s.inherit())
	}
	if !s.Ledger.Gated() {
		t.beginGeneration()
	}
}
