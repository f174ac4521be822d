package local

import (
	"encoding/json"
	"fmt"
	"sort"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// apply turns one input into records.
func (a *activation) apply(in *input) {
	if in.kind == inStep {
		a.stepEnded(in.attempt)
		return
	}
	if a.x.l != nil && a.x.l.ended != "" {
		a.ack(in, engine.ErrEnded)
		return
	}
	if in.kind == inResume && a.x.l.broken() && len(a.events) > 0 {
		a.x.putBack([]input{*in}) // parked this very moment: not before that is durable
		return
	}
	var err error
	switch in.kind {
	case inStart:
		a.start(in.start)
	case inRelease:
		a.release(in.meta)
	case inCancel:
		err = a.cancel(in.meta)
	case inPause:
		if !a.x.l.paused {
			a.put(&record{kind: kindPaused}, a.x.by(in.meta))
		}
	case inResume:
		err = a.resume(in.meta)
	case inSignal:
		if in.id == "" || !a.x.l.seen[in.id] {
			a.putResult(&record{kind: kindSignal, Name: in.name, ID: in.id, Out: in.data}, a.x.by(in.meta))
		}
	case inAnswer:
		err = a.answer(in)
	case inWake:
		a.wake()
	case inRecover:
		a.recover()
	}
	a.ack(in, err)
}

// by is the envelope of what a caller asked for.
func (x *exec) by(m eventstore.Meta) eventstore.Meta {
	if m.Correlation == "" {
		m.Correlation = x.l.meta.Correlation
	}
	if m.TraceParent == "" {
		m.TraceParent = x.l.meta.TraceParent
	}
	return m
}

// start creates the execution and, unless it is held, begins its function.
func (a *activation) start(s *engine.Start) {
	x := a.x
	x.l = &ledger{info: engine.Info{Workspace: s.Workspace, Execution: s.Execution}, meta: eventstore.Meta{Correlation: s.Meta.Correlation, TraceParent: s.Meta.TraceParent}, extra: s.Public}
	x.public = engine.NewPublic(s.Kind, s.Definition)
	a.created = true
	a.inline = append(a.inline, s.Inline...)
	a.put(&record{kind: kindCreated, Function: s.Function, Generation: 1, Kind: s.Kind, Definition: s.Definition, Version: s.DefinitionVersion, Input: s.Input}, s.Meta)
	x.l.extra = nil
	x.m = newMachine(x.l.info, x.e.o.Registry.Function(s.Function), x.report)
	if s.Hold {
		return
	}
	a.putResult(&record{kind: kindStarted}, x.inherit())
}

func (a *activation) release(meta eventstore.Meta) {
	if !a.x.l.started {
		a.putResult(&record{kind: kindStarted}, a.x.by(meta))
	}
}

// cancel asks the function to end. A function that never ran, or cannot be
// fed, ends at once; what the latter did is then not undone.
func (a *activation) cancel(meta eventstore.Meta) error {
	x := a.x
	l := x.l
	if !l.broken() && (l.cancelled && !l.paused || l.parkedFor(engine.ReasonCompensationStuck)) {
		return nil
	}
	if l.started && !l.broken() {
		if !a.put(&record{kind: kindCancelRequested}, x.by(meta)) {
			return fmt.Errorf("%w: its workflow function cannot go on; a second cancel ends it without undoing what it did", engine.ErrInvalid)
		}
		x.revive = true
		return nil
	}
	end := &record{kind: kindCancelled, Reason: forced, Err: &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began"}}
	if l.broken() {
		end.Err = &engine.Error{Code: engine.CodeNotUndone, Class: failure.Fatal,
			Message: "cancelled while its workflow function could not go on; what it had done was not undone: " + l.parks[""].Err.Message}
		end.duration = a.now.Sub(fromMicro(l.startedAt))
	}
	for _, r := range []*record{{kind: kindCancelRequested, Reason: forced, T: a.now.UnixMicro()}, end} {
		a.append(r, x.by(meta))
		l.see(r)
	}
	a.ended = l.ended
	return nil
}

// resume ends a pause and a parking. A step of unknown outcome stays parked:
// only an answer settles it.
func (a *activation) resume(meta eventstore.Meta) error {
	x := a.x
	if x.l.parked && !x.l.parkedFor(engine.ReasonOutcomeUnknown) {
		if err := a.unpark(meta); err != nil {
			return err
		}
	}
	if x.l.paused {
		a.put(&record{kind: kindResumed}, x.by(meta))
	}
	x.revive = true
	return nil
}

// unpark opens the gate that a parking shut. A function that could not go on
// is tried again with this build; if it still cannot, it stays parked.
func (a *activation) unpark(meta eventstore.Meta) error {
	x := a.x
	if x.l.broken() {
		x.awaitCommits()
		if _, err := x.load(); err != nil {
			return err
		}
		a.expected = x.l.version
		if x.m == nil {
			return nil
		}
	}
	a.put(&record{kind: kindUnparked}, x.by(meta))
	x.revive = true
	return nil
}

// answer settles a parked step by what a person found out.
func (a *activation) answer(in *input) error {
	x := a.x
	p := x.l.parks[in.path]
	if p == nil || x.l.broken() || (p.Reason != engine.ReasonOutcomeUnknown && p.Reason != engine.ReasonCompensationStuck) {
		return engine.ErrNotWaiting
	}
	meta := x.by(in.meta)
	a.put(&record{kind: kindAnswered, Path: in.path, Name: p.Name, Verdict: in.verdict.Verdict}, meta)
	switch in.verdict.Verdict {
	case engine.Done:
		out := in.verdict.Result
		if len(out) == 0 {
			out = json.RawMessage("{}")
		}
		a.putResult(&record{kind: kindStepCompleted, Path: in.path, Name: p.Name, Out: out, attempt: attemptsOf(p)}, meta)
	case engine.Fail:
		err := &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeGivenUp, Message: in.verdict.Message, Step: p.Name, Path: in.path, Attempts: attemptsOf(p), Unknown: true}
		if err.Message == "" {
			err.Message = "given up by a person"
		}
		a.putResult(&record{kind: kindStepFailed, Path: in.path, Name: p.Name, Err: err, attempt: attemptsOf(p)}, meta)
	}
	if len(x.l.parks) == 0 {
		a.put(&record{kind: kindUnparked}, meta)
		x.revive = true
	}
	return nil
}

func attemptsOf(p *record) int {
	if p.Err == nil {
		return 1
	}
	return max(p.Err.Attempts, 1)
}

// wake fires what is due, in the order of time and then of the calls.
func (a *activation) wake() {
	x := a.x
	if x.l.gated() {
		if until := x.l.quotaEnds(); until != 0 && until <= a.now.UnixMicro() && !x.l.paused {
			a.put(&record{kind: kindUnparked}, x.inherit())
		}
		x.revive = true
		return
	}
	x.revive = true
	if x.m == nil {
		return
	}
	var due []*waiter
	for w := x.m.first; w != nil; w = w.next {
		if !w.at.IsZero() && !w.at.After(a.now) {
			due = append(due, w)
		}
	}
	sort.SliceStable(due, func(i, j int) bool { return due[i].at.Before(due[j].at) })
	for _, w := range due {
		if x.m != nil && x.m.waiters[w.path] == w {
			a.put(&record{kind: kindTimerFired, Path: w.path}, x.inherit())
		}
	}
}

// recover continues after a start of the process. A function that could not go
// on is tried with this build.
func (a *activation) recover() {
	x := a.x
	if x.l.drained {
		a.put(&record{kind: kindRecovered}, x.inherit())
	}
	if x.l.broken() && x.m != nil && !x.l.paused {
		a.put(&record{kind: kindUnparked}, x.inherit())
	}
}
