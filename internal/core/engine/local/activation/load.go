package activation

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// replayAll feeds the records of a generation.
func (s *State) replayAll(entries []journal.Entry) (why *machine.Mismatch, err error) {
	first := &entries[0]
	s.Ledger = journal.New(s.workspace, s.execution)
	s.Ledger.Meta = eventstore.Meta{Correlation: first.Meta.Correlation, TraceParent: first.Meta.TraceParent}
	s.Ledger.Info.Kind, s.Ledger.Info.Definition = first.Labels.Kind, first.Labels.Definition
	known := preview(entries)
	for i := range entries {
		e := &entries[i]
		s.Ledger.Version = e.Version
		differs, err := s.replay(e.Record, known)
		if err != nil {
			return nil, err
		}
		if differs != nil && why == nil {
			why = differs
			why.Record = e.Version
		}
	}
	return why, nil
}

// known is what a replay has to know of the records to come.
type known struct {
	marks map[string]int  // of changes
	ended map[string]bool // steps, by path
}

func preview(entries []journal.Entry) *known {
	k := &known{marks: map[string]int{}, ended: map[string]bool{}}
	for i := range entries {
		switch r := entries[i].Record; r.Type {
		case journal.VersionMarked:
			k.marks[r.Name] = r.N
		case journal.StepCompleted, journal.StepFailed:
			k.ended[r.Path] = true
		}
	}
	return k
}

// replay takes in one record.
func (s *State) replay(r *journal.Record, known *known) (*machine.Mismatch, error) {
	switch {
	case r.Type == journal.Other:
		s.recorded()
		return nil, nil
	case r.Type == journal.Created || r.Type == journal.Continued || r.Type.IsNote():
		s.Ledger.See(r)
		return nil, nil
	case r.Type.IsCommand():
		why := s.match(r)
		s.Ledger.See(r)
		return s.failing(why), nil
	}
	if s.Machine != nil {
		if c := s.Machine.Next(); c != nil {
			return s.failing(&machine.Mismatch{Path: c.Path, Step: c.Name, Recorded: describe(r), Got: c.Describe()}), nil
		}
	}
	var why *machine.Mismatch
	if r.Type == journal.Started {
		info := s.Ledger.Info
		info.Version = r.Version
		loaded, err := s.host.LoadFor(info, s.Ledger.Input)
		if err != nil {
			return nil, err
		}
		s.loaded = loaded
		why = s.build(r.Version, known)
	}
	if s.Machine != nil {
		s.Machine.Replays(s.Ledger.Version)
	}
	s.consume(r)
	return s.failing(why), nil
}

// failing ends the machine if it cannot go on.
func (s *State) failing(why *machine.Mismatch) *machine.Mismatch {
	if s.Machine == nil {
		return why
	}
	if why == nil {
		why = s.Machine.Failure()
	}
	if why != nil {
		s.Machine.Close()
		s.Machine = nil
	}
	return why
}

// match compares a recorded command with the one that the function asked for.
func (s *State) match(r *journal.Record) *machine.Mismatch {
	if s.Machine == nil {
		return nil
	}
	if r.Reason == journal.Forced { // its function has no part in what follows
		s.Machine.Close()
		s.Machine = nil
		return nil
	}
	c, why := s.Machine.Match(commandOf[r.Type], r.Path, r.Name)
	if why != nil {
		return why
	}
	if c.Wait != nil && r.At != 0 {
		c.Wait.At = journal.Time(r.At)
	}
	return nil
}

// replayed ends a replay: from here on inputs are live. Records up to inherited
// are those of an earlier process.
func (s *State) replayed(why *machine.Mismatch, inherited int64) *machine.Mismatch {
	s.revive = true
	if s.Machine == nil {
		return why
	}
	if c := s.Machine.Next(); c != nil {
		return s.failing(&machine.Mismatch{Record: s.Ledger.Version + 1, Path: c.Path, Step: c.Name, Recorded: "its end", Got: c.Describe()})
	}
	s.Machine.Live()
	for w := range s.Machine.Waits() {
		if w.Type == machine.WaitStep && s.wasLeft(w, inherited) {
			s.Ledger.Note(w.Path).Left = true
		}
	}
	return nil
}

// wasLeft reports whether an earlier process may have been running a step when
// it died: nothing has been recorded about the step since, and it was not
// waiting for anything. A retry that was due before this process began may have
// begun.
func (s *State) wasLeft(w *machine.Wait, inherited int64) bool {
	last, n := w.Record, s.Ledger.Notes[w.Path]
	if n != nil {
		last = max(last, n.Version)
		if n.Held || n.Ready || n.RetryAt > s.host.Began {
			return false
		}
	}
	return last <= inherited && s.Ledger.Parks[w.Path] == nil
}

// describe names a record for people.
func describe(r *journal.Record) string {
	c := machine.Command{Path: r.Path, Name: r.Name}
	return r.Type.Verb() + c.Where()
}

// AsError says what differs, where, and what to do about it.
func AsError(w *machine.Mismatch) *engine.Error {
	e := &engine.Error{Class: failure.Fatal, Code: workflow.ReasonNondeterministic, Step: w.Step, Path: w.Path}
	where := "at path " + w.Path
	if w.Path == "" {
		where = "in the workflow function"
	}
	if w.Record != 0 {
		where += fmt.Sprintf(" (record %d)", w.Record)
	}
	if w.Recorded == "" {
		e.Code = engine.CodePanic
		e.Message = fmt.Sprintf("%s: %s; start a build that mends it, then resume; or cancel", where, w.Got)
		return engine.AsError(e)
	}
	e.Message = fmt.Sprintf("%s the journal has %s, the workflow function has %s; start a build that does what was recorded, then resume", where, w.Recorded, w.Got)
	return engine.AsError(e)
}

// Load reads the execution's stream and replays it. The mismatch says that the
// function cannot go on; the ledger is complete all the same.
func (s *State) Load() (*machine.Mismatch, error) {
	s.Unload()
	from, err := s.owner.BeginsWith()
	if err != nil {
		return nil, err
	}
	entries, err := s.host.Read(s.workspace, s.execution, from)
	if err != nil {
		return nil, err
	}
	why, err := s.replayAll(entries)
	if err != nil {
		s.Unload()
		return nil, err
	}
	s.Position = entries[len(entries)-1].Position
	return s.replayed(why, s.host.inherited(entries)), nil
}

// inherited returns the version of the last record that an earlier process has
// written.
func (h *Host) inherited(entries []journal.Entry) int64 {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].Position <= h.Head {
			return entries[i].Version
		}
	}
	return 0
}

// LoadFor calls the Load of an execution's function. A permanent error becomes
// the argument, and the function ends with it; nil stands for a function that
// this build does not have.
func (h *Host) LoadFor(info engine.Info, input []byte) (any, error) {
	f := h.Registry.Function(info.Function)
	if f == nil {
		return nil, nil
	}
	loaded, err := guardedLoad(context.WithoutCancel(h.Context), f, info, input)
	var known *failure.Error // an error without a class says nothing about the input
	switch {
	case err == nil:
		return loaded, nil
	case errors.As(err, &known) && (known.Class == failure.Validation || known.Class == failure.Fatal):
		return err, nil
	}
	return nil, fmt.Errorf("load what %s needs: %w", info.Function, err)
}

// guardedLoad turns a panic of Load into an error.
func guardedLoad(ctx context.Context, f *engine.FunctionSpec, info engine.Info, input []byte) (loaded any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = failure.Wrap(fmt.Errorf("%s", debug.Stack()), failure.Fatal, engine.CodePanic, "loading what %s needs panicked: %v", info.Function, p)
		}
	}()
	return f.Load(ctx, info, input)
}

// build makes the machine that the function of this generation runs in. known is
// nil when it begins now.
func (s *State) build(version int, known *known) *machine.Mismatch {
	info := s.Ledger.Info
	info.Version = version
	f := s.host.Registry.Function(info.Function)
	if f == nil {
		return &machine.Mismatch{Recorded: "the workflow function " + info.Function, Got: "no function of that name in this build"}
	}
	o := machine.Options{Info: info, Function: f, Loaded: s.loaded, Feed: s.Ledger.Feed, Unread: s.Ledger.Unread, Cancelled: s.Ledger.Cancelled,
		LongHistory: s.host.LongHistory,
		Progress:    func(p engine.Progress) { s.host.Progress(info, p) }}
	if known != nil {
		o.Replaying, o.Versions, o.Ended = true, known.marks, known.ended
	}
	s.Machine = machine.New(o)
	return nil
}
