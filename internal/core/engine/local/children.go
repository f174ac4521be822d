package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// child is an execution that another one waits for.
type child struct {
	start  engine.Start
	parent engine.Parent
	exists bool // perhaps: another call, or the last process, may have started it
}

func (c *child) key() openset.Key {
	return openset.Key{Workspace: c.start.Workspace, Execution: c.start.Execution}
}

// childStarted completes the record of a child that the function asked for.
func (a *activation) childStarted(r *journal.Record, w *machine.Wait) {
	r.Origin, r.Child = w.Origin, a.x.childID(w, a.now)
	if !w.Child.Own {
		r.Key = w.Child.Key
	}
	c := a.x.childOf(w, r.Child)
	c.exists = !w.Child.Own
	a.children = append(a.children, c)
}

// childOf returns the child that a call waits for.
func (x *execution) childOf(w *machine.Wait, execution string) *child {
	in, _ := w.Input() // the call has ended with its error, if there was one
	l := x.ledger
	c := &child{start: engine.Start{Workspace: x.key.Workspace, Execution: execution, Function: w.Child.Function, Kind: l.Info.Kind, Definition: l.Info.Definition,
		Version: l.Info.Version, Input: in, Private: l.Private, Priority: l.Priority, Meta: x.inherit()},
		parent: engine.Parent{Execution: x.key.Execution, Generation: l.Info.Generation, Path: w.Path}}
	if w.Origin != "" {
		c.start.Origin = &engine.Origin{Execution: w.Origin}
	}
	return c
}

// childID is the execution that a call starts. The same key in a workspace is
// the same execution, unless the key is the call's own or the child is redriven;
// then the ID sorts by time.
func (x *execution) childID(w *machine.Wait, now time.Time) string {
	text := x.key.Workspace + "\x00" + w.Child.Key
	if w.Child.Own || w.Origin != "" {
		return string(workflow.DerivedExecutionIDAt(text+"\x00"+x.key.Execution, now))
	}
	return string(workflow.DerivedExecutionID(text))
}

// actOnChildren starts children, and cancels those whose branch was cancelled.
func (a *activation) actOnChildren() {
	for _, c := range a.children {
		a.x.engine.startChild(c)
	}
	for _, execution := range a.strays {
		a.x.engine.cancelChild(openset.Key{Workspace: a.x.key.Workspace, Execution: execution})
	}
}

// reviveChild makes sure that a child exists which the last process may not have
// come to start, and that a cancel has reached it.
func (a *activation) reviveChild(w *machine.Wait) {
	x := a.x
	execution := x.ledger.Child(w.Path).Execution
	c := x.childOf(w, execution)
	c.exists = true
	if x.engine.isAwaited(c) {
		return
	}
	a.children = append(a.children, c)
	if w.Cancelled() {
		a.strays = append(a.strays, execution)
	}
}

// startChild starts a child, or finds it when it exists. It tries until it
// succeeds or the engine stops.
func (e *Engine) startChild(c *child) {
	e.awaits(c)
	go e.tryChild(c)
}

func (e *Engine) tryChild(c *child) {
	if !e.enter() {
		return // the next process does
	}
	defer e.leave()
	err := e.makeChild(c)
	if err == nil || e.stopping() {
		return
	}
	e.log.Warn("a child could not be started and is tried again", "workspace", c.start.Workspace, "execution", c.start.Execution, "error", err, "again_in", stallTime)
	e.clock.AfterFunc(stallTime, func() { e.tryChild(c) })
}

// makeChild starts a child once. What can never be started has failed.
func (e *Engine) makeChild(c *child) error {
	if c.exists {
		if err := e.adopt(c); !errors.Is(err, engine.ErrNotFound) {
			return err
		}
	}
	start := c.start
	if start.Origin != nil {
		end, err := e.takeOverChild(&start)
		if err != nil {
			return err
		}
		if end != nil {
			e.ended(c.key(), nil, end)
			return nil
		}
	}
	_, err := e.create(e.steps, &start, &c.parent)
	switch {
	case errors.Is(err, engine.ErrExists):
		return e.adopt(c)
	case errors.Is(err, engine.ErrNoOrigin), errors.Is(err, engine.ErrInvalid):
		e.ended(c.key(), nil, &childEnd{execution: c.start.Execution, err: &engine.Error{Class: failure.Validation, Code: engine.CodeBadInput,
			Message: "the child cannot be started: " + err.Error()}})
		return nil
	}
	return err
}

// takeOverChild looks at the child that a child of a redrive takes over from. If
// that one has completed after all, its end is the child's; if its input was
// another one, nothing is fed.
func (e *Engine) takeOverChild(s *engine.Start) (*childEnd, error) {
	ctx := context.WithoutCancel(e.steps)
	id := eventstore.StreamID{Workspace: s.Workspace, Type: engine.StreamType, ID: s.Origin.Execution}
	first, err := e.store.ReadStream(ctx, id, 0, 1)
	if err != nil {
		return nil, err
	}
	if len(first) == 0 {
		return nil, fmt.Errorf("the child %s that it takes over from does not exist", s.Origin.Execution)
	}
	begin, err := journal.Decode(&first[0])
	if err != nil {
		return nil, err
	}
	entries, err := history(ctx, e.store, id, 0)
	if err != nil {
		return nil, err
	}
	s.Origin = &engine.Origin{Execution: s.Origin.Execution, Fresh: !bytes.Equal(orEmpty(begin.Begin.Input), orEmpty(s.Input))}
	switch last := entries[len(entries)-1].record; {
	case !last.Type.IsEnd():
		return nil, fmt.Errorf("the child %s that it takes over from has not ended yet", s.Origin.Execution)
	case last.Type == journal.Completed && !s.Origin.Fresh:
		return endOf(s.Execution, last), nil
	case last.Type == journal.Completed:
		s.Origin = nil
	}
	return nil, nil
}

// adopt looks at a child that exists: if it has ended, its parent hears of it.
func (e *Engine) adopt(c *child) error {
	entries, err := history(context.WithoutCancel(e.steps), e.store, (&execution{key: c.key()}).stream(), 0)
	if err != nil {
		return err
	}
	if last := entries[len(entries)-1].record; last.Type.IsEnd() {
		e.ended(c.key(), nil, endOf(c.start.Execution, last))
	}
	return nil
}

// endOf is what a parent hears of the last record of its child.
func endOf(execution string, end *journal.Record) *childEnd {
	out := &childEnd{execution: execution, out: end.Out}
	if end.Err != nil {
		failed := *end.Err
		failed.Message = "child " + execution + ": " + end.Err.Error()
		out.err, out.out = &failed, nil
	}
	return out
}

// awaits notes that an execution waits for a child.
func (e *Engine) awaits(c *child) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.parents[c.key()], c.parent) {
		e.parents[c.key()] = append(e.parents[c.key()], c.parent)
	}
}

// isAwaited reports whether this process has noted that an execution waits for a
// child: then the child is there, or is about to be.
func (e *Engine) isAwaited(c *child) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.parents[c.key()], c.parent)
}

// ended tells the executions that wait for a child how it ended. One that waits
// and is told twice drops the second.
func (e *Engine) ended(k openset.Key, parent *engine.Parent, end *childEnd) {
	e.mu.Lock()
	parents := e.parents[k]
	delete(e.parents, k)
	e.mu.Unlock()
	if parent != nil && !slices.Contains(parents, *parent) {
		parents = append(parents, *parent)
	}
	for _, p := range parents {
		if !e.enter() { // the next process finds it out
			return
		}
		told := *end
		told.generation, told.path = p.Generation, p.Path
		go func() {
			defer e.leave()
			e.deliver(openset.Key{Workspace: k.Workspace, Execution: p.Execution}, input{typ: inChild, child: &told})
		}()
	}
}

// childEnded takes in the end of a child, once.
func (a *activation) childEnded(c *childEnd) {
	x := a.x
	child := x.ledger.Child(c.path)
	if c.generation != x.ledger.Info.Generation || child.Execution != c.execution {
		return
	}
	r := &journal.Record{Type: journal.ChildEnded, Path: c.path, Name: child.Function, Child: c.execution, Out: c.out}
	if c.err != nil {
		failed := *c.err // others may wait for the same child
		failed.Step, failed.Path = child.Function, c.path
		r.Err = &failed
	}
	a.putResult(r, x.inherit())
}

// cancelChild passes a cancel on. It tries until the child, which may be about
// to start, has it. A child whose function cannot take the cancel is parked, and
// waited for.
func (e *Engine) cancelChild(k openset.Key) {
	if !e.enter() {
		return
	}
	go func() {
		defer e.leave()
		_, err := e.Cancel(e.steps, k.Workspace, k.Execution, systemMeta())
		if err != nil && !errors.Is(err, engine.ErrEnded) && !errors.Is(err, engine.ErrInvalid) && !e.stopping() {
			e.clock.AfterFunc(stallTime, func() { e.cancelChild(k) })
		}
	}()
}
