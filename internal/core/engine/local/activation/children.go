package activation

import (
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// childStarted completes the record of a child that the function asked for.
func (t *Turn) childStarted(r *journal.Record, w *machine.Wait) {
	r.Origin, r.Child = w.Origin, t.s.childID(w, t.now)
	if !w.Child.Own {
		r.Key = w.Child.Key
	}
	c := t.s.childOf(w, r.Child)
	c.Exists = !w.Child.Own
	t.Children = append(t.Children, c)
}

// childOf returns the child that a call waits for.
func (s *State) childOf(w *machine.Wait, execution string) *Child {
	in, _ := w.Input() // the call has ended with its error, if there was one
	l := s.Ledger
	c := &Child{Start: engine.Start{Workspace: s.workspace, Execution: execution, Function: w.Child.Function, Kind: l.Info.Kind, Definition: l.Info.Definition,
		Version: l.Info.Version, Input: in, Private: l.Private, Priority: l.Priority, Meta: s.inherit()},
		Parent: engine.Parent{Execution: s.execution, Generation: l.Info.Generation, Path: w.Path}}
	if w.Origin != "" {
		c.Start.Origin = &engine.Origin{Execution: w.Origin}
	}
	return c
}

// childID is the execution that a call starts. The same key in a workspace is
// the same execution, unless the key is the call's own or the child is redriven;
// then the ID sorts by time.
func (s *State) childID(w *machine.Wait, now time.Time) string {
	text := s.workspace + "\x00" + w.Child.Key
	if w.Child.Own || w.Origin != "" {
		return string(workflow.DerivedExecutionIDAt(text+"\x00"+s.execution, now))
	}
	return string(workflow.DerivedExecutionID(text))
}

// reviveChild makes sure that a child exists which the last process may not have
// come to start, and that a cancel has reached it.
func (t *Turn) reviveChild(w *machine.Wait) {
	s := t.s
	execution := s.Ledger.Child(w.Path).Execution
	c := s.childOf(w, execution)
	c.Exists = true
	asked := slices.ContainsFunc(t.Children, func(o *Child) bool { return o.Start.Execution == execution }) // in this turn
	if asked || s.host.IsAwaited(c) {
		return
	}
	t.Children = append(t.Children, c)
	if w.Cancelled() {
		t.Strays = append(t.Strays, execution)
	}
}

// childEnded takes in the end of a child, once.
func (t *Turn) childEnded(c *ChildEnd) {
	s := t.s
	child := s.Ledger.Child(c.Path)
	if c.Generation != s.Ledger.Info.Generation || child.Execution != c.Execution {
		return
	}
	r := &journal.Record{Type: journal.ChildEnded, Path: c.Path, Name: child.Function, Child: c.Execution, Out: c.Out, State: c.State}
	if c.Err != nil {
		failed := *c.Err // others may wait for the same child
		failed.Step, failed.Path = child.Function, c.Path
		r.Err = &failed
	}
	t.putResult(r, s.inherit())
}

// EndOf is what a parent hears of the last record of its child.
func EndOf(execution string, end *journal.Record) *ChildEnd {
	out := &ChildEnd{Execution: execution, State: end.EndState(), Out: end.Out}
	if end.Err != nil {
		failed := *end.Err
		failed.Message = "child " + execution + ": " + end.Err.Error()
		out.Err, out.Out = engine.AsError(&failed), nil
	}
	return out
}
