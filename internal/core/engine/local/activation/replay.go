package activation

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// replayAll feeds the records of a generation.
func (s *State) replayAll(entries []history.Entry) (why *machine.Mismatch, err error) {
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

func preview(entries []history.Entry) *known {
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
	c, why := s.Machine.Match(r.Type.Command(), r.Path, r.Name)
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
		if w.Kind == machine.WaitStep && s.wasLeft(w, inherited) {
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
		if n.Held || n.Answered || n.RetryAt > s.host.Began {
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
		e.Message = fmt.Sprintf("%s: %s; start a build in which it does not happen, then resume", where, w.Got)
		return e
	}
	e.Message = fmt.Sprintf("%s the journal has %s, the workflow function has %s; start a build that does what was recorded, then resume", where, w.Recorded, w.Got)
	return e
}
