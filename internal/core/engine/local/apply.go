package local

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// apply turns one input into records.
func (a *activation) apply(in *input) {
	x := a.x
	if in.typ == inStep {
		a.stepEnded(in.attempt)
		return
	}
	if x.ledger != nil && x.ledger.Ended != "" {
		a.ack(in, engine.ErrEnded)
		return
	}
	if in.typ == inResume && x.ledger.Broken() && len(a.events) > 0 {
		x.putBack([]input{*in}) // parked this very moment: not before that is durable
		return
	}
	a.ack(in, a.dispatch(in))
}

func (a *activation) dispatch(in *input) error {
	x := a.x
	switch in.typ {
	case inStart:
		a.start(in.start)
	case inRelease:
		a.release(&in.release)
	case inCancel:
		return a.cancel(in.meta)
	case inPause:
		if !x.ledger.Paused {
			a.put(&journal.Record{Type: journal.Paused}, x.by(in.meta))
		}
	case inResume:
		return a.resume(in.meta)
	case inSignal:
		if !x.ledger.Saw(in.id) {
			a.putResult(&journal.Record{Type: journal.Signal, Name: in.name, ID: in.id, Out: in.data}, x.by(in.meta))
		}
	case inAnswer:
		return a.answer(in)
	case inCheckpoint:
		a.checkpoint(in.attempt, in.data)
	case inChild:
		a.childEnded(in.child)
	case inWake:
		a.wake()
	case inBegin:
		a.beginGeneration()
	case inRecover:
		a.recover()
	}
	return nil
}

// start creates the execution and, unless it is held, begins its function.
func (a *activation) start(s *start) {
	x := a.x
	x.ledger = journal.New(s.Workspace, s.Execution)
	x.ledger.Meta = eventstore.Meta{Correlation: s.Meta.Correlation, TraceParent: s.Meta.TraceParent}
	x.ledger.Info.Kind, x.ledger.Info.Definition = s.Kind, s.Definition
	a.created = true
	a.labels = engine.Labels{Kind: s.Kind, Definition: s.Definition, Child: s.parent != nil}
	a.inline = append(a.inline, s.Inline...)
	begin := &journal.Begin{Function: s.Function, Version: s.Version, Priority: s.Priority, Private: s.Private, Parent: s.parent,
		Origin: s.Start.Origin, Input: s.Input, Engine: Name}
	if s.origin != nil {
		begin.Origin, begin.Root, begin.Unread = s.origin.named, s.origin.root, s.origin.unread
		begin.Continues, begin.Shown = s.origin.continues, s.shown
	}
	a.keep(&journal.Record{Type: journal.Created, Begin: begin, Extra: s.Public}, s.Meta)
	if s.origin != nil {
		for _, part := range s.origin.parts {
			a.keep(&journal.Record{Type: journal.Fed, Feed: part}, x.inherit())
		}
	}
	if s.Hold {
		return
	}
	x.loaded = s.loaded
	if s.parent == nil {
		a.takeOver()
	} else {
		x.young = true // no one else knows it yet
	}
	a.begin(s.Version, x.inherit())
}

// takeOver takes over the place that the caller has for the execution.
func (a *activation) takeOver() {
	a.tookPlace = true
	a.x.takeOver()
}

// begin lets the function of the generation begin.
func (a *activation) begin(version int, meta eventstore.Meta) {
	x := a.x
	why := x.build(version, nil)
	a.putResult(&journal.Record{Type: journal.Started, Version: version}, meta)
	if why != nil {
		a.parkFunction(why)
	}
}

// beginGeneration lets the next generation begin.
func (a *activation) beginGeneration() {
	if l := a.x.ledger; !l.Started && !l.Pending() && !l.Broken() {
		a.begin(l.Info.Version, a.x.inherit())
	}
}

func (a *activation) release(r *engine.Release) {
	x := a.x
	if !x.ledger.Pending() { // released before: the place may be one too many
		x.takeOver()
		return
	}
	a.takeOver()
	if r.Refused != nil {
		end := &journal.Record{Type: journal.Failed, Err: engine.AsError(r.Refused)}
		a.output = end
		a.keep(end, x.by(r.Meta))
		a.ended = x.ledger.Ended
		return
	}
	a.begin(pinned(x.ledger.Info.Version, *r), x.by(r.Meta))
}

// pinned is the version that a release starts with.
func pinned(started int, r engine.Release) int {
	if started != 0 {
		return started
	}
	return r.Version
}

// cancel asks the function to end. A function that never ran, or cannot be
// fed, ends at once; what the latter did is then not undone.
func (a *activation) cancel(meta eventstore.Meta) error {
	x := a.x
	l := x.ledger
	if !l.Broken() && (l.Cancelled && !l.Paused || l.ParkedFor(workflow.ReasonCompensationStuck)) {
		return nil
	}
	if !l.Pending() && !l.Broken() {
		if !a.put(&journal.Record{Type: journal.CancelRequested}, x.by(meta)) {
			return fmt.Errorf("%w: its workflow function cannot go on; a second cancel ends it without undoing what it did", engine.ErrInvalid)
		}
		x.revive = true
		return nil
	}
	end := &journal.Record{Type: journal.Cancelled, Reason: journal.Forced, Err: &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began"}}
	if l.Broken() {
		end.Err = &engine.Error{Code: engine.CodeNotUndone, Class: failure.Fatal,
			Message: "cancelled while its workflow function could not go on; what it had done was not undone: " + l.Parks[""].Err.Message}
		end.Duration = a.now.Sub(journal.Time(l.StartedAt))
	}
	a.keep(&journal.Record{Type: journal.CancelRequested, Reason: journal.Forced, T: a.now.UnixMicro()}, x.by(meta))
	a.strays = append(a.strays, l.Children()...) // no one awaits them any more
	a.keep(end, x.by(meta))
	a.ended, a.output = l.Ended, end
	return nil
}

// resume ends a pause and a parking. A step of unknown outcome stays parked:
// only an answer settles it.
func (a *activation) resume(meta eventstore.Meta) error {
	x := a.x
	if x.ledger.Broken() {
		if err := a.retryFunction(meta); err != nil || x.ledger.Broken() {
			return err
		}
	}
	if x.ledger.Parked && !x.ledger.ParkedFor(workflow.ReasonOutcomeUnknown) {
		a.put(&journal.Record{Type: journal.Unparked}, x.by(meta))
	}
	if x.ledger.Paused {
		a.put(&journal.Record{Type: journal.Resumed}, x.by(meta))
	}
	x.revive = true
	return nil
}

// retryFunction tries a function that could not go on with this build. If it
// still cannot, it stays parked.
func (a *activation) retryFunction(meta eventstore.Meta) error {
	x := a.x
	x.awaitCommits()
	if _, err := x.load(); err != nil {
		a.lost = fmt.Errorf("load execution %s: %w", x.key.Execution, err)
		return a.lost
	}
	a.expected = x.ledger.Version
	if x.machine != nil {
		a.mend(x.by(meta))
	}
	return nil
}

// mend opens the gate for a function that this build can run again. What else is
// parked stays so, and is shown again.
func (a *activation) mend(meta eventstore.Meta) {
	l := a.x.ledger
	if len(l.Parks) == 1 {
		a.put(&journal.Record{Type: journal.Unparked}, meta)
		return
	}
	a.keep(&journal.Record{Type: journal.Mended}, meta)
	for _, path := range slices.Sorted(maps.Keys(l.Parks)) {
		again := *l.Parks[path]
		a.keep(&again, meta)
	}
}

// answer settles a parked step by what a person found out.
func (a *activation) answer(in *input) error {
	x, v := a.x, in.verdict
	p := x.ledger.Parks[v.Path]
	if p == nil || x.ledger.Broken() || v.Generation != 0 && v.Generation != x.ledger.Info.Generation ||
		p.Reason != workflow.ReasonOutcomeUnknown && p.Reason != workflow.ReasonCompensationStuck {
		return engine.ErrNotWaiting
	}
	if step := x.engine.options.Registry.Step(p.Name); v.Verdict == engine.Done && step != nil {
		if err := step.Fits(orEmpty(v.Result)); err != nil {
			return fmt.Errorf("%w: step %s cannot have this result: %w", engine.ErrInvalid, p.Name, err)
		}
	}
	meta := x.by(in.meta)
	a.put(&journal.Record{Type: journal.Answered, Path: v.Path, Name: p.Name, Verdict: v.Verdict}, meta)
	switch v.Verdict {
	case engine.Done:
		a.putResult(&journal.Record{Type: journal.StepCompleted, Path: v.Path, Name: p.Name, Label: p.Label, Out: orEmpty(v.Result), Attempt: attemptsOf(p)}, meta)
	case engine.Fail:
		err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeGivenUp, Message: v.Message, Step: p.Name, Path: v.Path, Attempts: attemptsOf(p), Unknown: true}
		if err.Message == "" {
			err.Message = "given up by a person"
		}
		a.putResult(&journal.Record{Type: journal.StepFailed, Path: v.Path, Name: p.Name, Label: p.Label, Err: err, Attempt: attemptsOf(p)}, meta)
	}
	if len(x.ledger.Parks) == 0 {
		a.put(&journal.Record{Type: journal.Unparked}, meta)
		x.revive = true
	}
	return nil
}

func orEmpty(result json.RawMessage) json.RawMessage {
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
func (a *activation) wake() {
	x := a.x
	if x.ledger.Gated() {
		if at := x.ledger.LeavesAt(); at != 0 && at <= a.now.UnixMicro() && !x.ledger.Paused {
			a.put(&journal.Record{Type: journal.Unparked}, x.inherit())
		}
		x.revive = true
		return
	}
	a.beginGeneration()
	x.revive = true
	if x.machine == nil {
		return
	}
	var due []*machine.Wait
	for w := range x.machine.Waits() {
		if !w.At.IsZero() && !w.At.After(a.now) {
			due = append(due, w)
		}
	}
	slices.SortStableFunc(due, func(a, b *machine.Wait) int { return a.At.Compare(b.At) })
	for _, w := range due {
		if x.machine != nil && x.machine.Wait(w.Path) == w {
			a.put(&journal.Record{Type: journal.TimerFired, Path: w.Path}, x.inherit())
		}
	}
}

// recover continues after a start of the process. A function that could not go
// on is tried with this build.
func (a *activation) recover() {
	x := a.x
	if x.ledger.Drained {
		a.put(&journal.Record{Type: journal.Recovered}, x.inherit())
	}
	if x.ledger.Broken() && x.machine != nil && !x.ledger.Paused {
		a.mend(x.inherit())
	}
	if !x.ledger.Gated() {
		a.beginGeneration()
	}
}

// consume lets a record act: inputs are fed, or held back while the gate is
// shut or before the function begins. It is the same for live inputs and for
// replay.
func (x *execution) consume(r *journal.Record) {
	shut := x.ledger.Gated()
	waits := !x.ledger.Started && r.Type == journal.Signal
	x.ledger.See(r)
	switch r.Type {
	case journal.Started, journal.StepCompleted, journal.StepFailed, journal.TimerFired, journal.Signal, journal.ChildEnded:
		if shut || waits {
			x.ledger.Hold(r)
			return
		}
		if r.Type == journal.Started {
			x.feedHeld() // signals that came before it began
		}
		x.feed(r, journal.Time(r.T))
	case journal.CancelRequested:
		if r.Reason == journal.Forced || x.machine == nil {
			return
		}
		x.machine.Cancel(journal.Time(r.T))
		x.openGate(shut, journal.Time(r.T))
	case journal.Resumed, journal.Unparked, journal.Recovered:
		x.openGate(shut, journal.Time(r.T))
	}
}

// openGate feeds what was held back, if nothing shuts the gate any more.
func (x *execution) openGate(shut bool, now time.Time) {
	if !shut || x.ledger.Gated() || x.machine == nil {
		return
	}
	held := x.ledger.Held
	x.ledger.Held = nil
	for _, r := range held {
		if x.machine.Failure() != nil {
			return
		}
		if r.Type == journal.StepCompleted || r.Type == journal.StepFailed {
			delete(x.ledger.Notes, r.Path)
		}
		x.feed(r, now)
	}
}

// feedHeld hands over the signals that came before the function began.
func (x *execution) feedHeld() {
	held := x.ledger.Held
	x.ledger.Held = nil
	for _, r := range held {
		x.feed(r, journal.Time(r.T))
	}
}

// feed gives one input to the function.
func (x *execution) feed(r *journal.Record, now time.Time) {
	if x.machine == nil {
		return
	}
	switch r.Type {
	case journal.Started:
		x.machine.Start(now)
	case journal.StepCompleted:
		x.machine.StepEnded(now, r.Path, r.Name, r.Out, nil)
	case journal.StepFailed:
		x.machine.StepEnded(now, r.Path, r.Name, nil, r.Err)
	case journal.TimerFired:
		x.machine.TimerFired(now, r.Path)
	case journal.Signal:
		x.machine.Signal(now, r.Name, r.Out)
	case journal.ChildEnded:
		x.machine.ChildEnded(now, r.Path, r.Out, r.Err)
	}
}
