package local

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// child is an execution that another one waits for.
type child struct {
	start  engine.Start
	parent engine.Parent
}

func (c *child) key() openset.Key {
	return openset.Key{Workspace: c.start.Workspace, Execution: c.start.Execution}
}

// childStarted completes the record of a child that the function asked for.
func (a *activation) childStarted(r *journal.Record, w *machine.Wait) {
	x := a.x
	r.Key, r.Origin, r.Child = w.Child.Key, w.Origin, x.childID(w, a.now)
	a.children = append(a.children, x.childOf(w, r.Child))
}

// childOf returns the child that a call waits for.
func (x *execution) childOf(w *machine.Wait, execution string) *child {
	in, _ := w.Input() // the call has ended with its error, if there was one
	l := x.ledger
	c := &child{start: engine.Start{Workspace: x.key.Workspace, Execution: execution, Function: w.Child.Function, Kind: l.Info.Kind, Definition: l.Info.Definition,
		Version: l.Info.Version, Input: in, Private: l.Private, Priority: l.Priority, Meta: x.inherit()},
		parent: engine.Parent{Execution: x.key.Execution, Generation: l.Info.Generation, Path: w.Path}}
	if w.Origin != "" {
		c.start.Origin, c.start.Input = &engine.Origin{Execution: w.Origin}, nil
	}
	return c
}

// childID is the execution that a call starts. The same key in a workspace is
// the same execution, unless the key is the call's own or the child is redriven;
// then the id sorts by time.
func (x *execution) childID(w *machine.Wait, now time.Time) string {
	root := x.ledger.Info.Root
	own := w.Origin != "" || strings.HasPrefix(w.Child.Key, fmt.Sprintf("%s/%d/", root.Execution, root.Generation))
	text := x.key.Workspace + "\x00" + w.Child.Key
	if own {
		text += "\x00" + x.key.Execution
	}
	sum := sha256.Sum256([]byte(text))
	id, version := uuid.UUID(sum[:16]), byte(0x80)
	if own {
		ms := uint64(now.UnixMilli())
		for i := range 6 {
			id[i] = byte(ms >> (40 - 8*i))
		}
		version = 0x70
	}
	id[6] = id[6]&0x0f | version
	id[8] = id[8]&0x3f | 0x80
	return "ex_" + id.String()
}

// childAt returns the execution of the child that the call at a path waits for.
func (x *execution) childAt(path string) string { return x.ledger.Child(path) }

// actOnChildren starts children, and cancels those whose branch was cancelled.
func (a *activation) actOnChildren() {
	for _, c := range a.children {
		a.x.engine.startChild(c)
	}
	for _, execution := range a.strays {
		a.x.engine.cancelChild(openset.Key{Workspace: a.x.key.Workspace, Execution: execution}, 0)
	}
}

// reviveChild makes sure that a child exists which the last process may not have
// come to start, and that a cancel has reached it.
func (a *activation) reviveChild(w *machine.Wait) {
	x := a.x
	execution := x.ledger.Child(w.Path)
	if x.first {
		a.children = append(a.children, x.childOf(w, execution))
	}
	if w.Cancelled() {
		a.strays = append(a.strays, execution)
	}
}

// startChild starts a child, or finds it when it exists. It tries until it
// succeeds or the engine stops.
func (e *Engine) startChild(c *child) {
	if !e.enter() {
		return
	}
	go func() {
		defer e.leave()
		e.awaited(c)
		_, err := e.create(e.steps, &c.start, &c.parent)
		switch {
		case err == nil, errors.Is(err, engine.ErrStopping):
		case errors.Is(err, engine.ErrExists):
			err = e.adopt(c)
		case errors.Is(err, engine.ErrNoOrigin), errors.Is(err, engine.ErrInvalid):
			e.ended(c.key(), nil, &childEnd{execution: c.start.Execution, err: &engine.Error{Class: failure.Validation, Code: engine.CodeBadInput,
				Message: "the child cannot be started: " + err.Error()}})
			err = nil
		}
		if err != nil && !e.stopping() {
			e.log.Warn("a child could not be started and is tried again", "workspace", c.start.Workspace, "execution", c.start.Execution, "error", err, "again_in", stallTime)
			e.clock.AfterFunc(stallTime, func() { e.startChild(c) })
		}
	}()
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
		failed.Step, failed.Path = "", ""
		out.err, out.out = &failed, nil
	}
	return out
}

// awaited notes that an execution waits for a child.
func (e *Engine) awaited(c *child) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, other := range e.parents[c.key()] {
		if other == c.parent {
			return
		}
	}
	e.parents[c.key()] = append(e.parents[c.key()], c.parent)
}

// ended tells the executions that wait for a child how it ended. One that waits
// and is told twice drops the second.
func (e *Engine) ended(k openset.Key, parent *engine.Parent, end *childEnd) {
	e.mu.Lock()
	parents := e.parents[k]
	delete(e.parents, k)
	e.mu.Unlock()
	if parent != nil {
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
			e.deliver(openset.Key{Workspace: k.Workspace, Execution: p.Execution}, input{kind: inChild, child: &told})
		}()
	}
}

// childEnded takes in the end of a child, once.
func (a *activation) childEnded(c *childEnd) {
	x := a.x
	if c.generation != x.ledger.Info.Generation || x.ledger.Child(c.path) != c.execution {
		return
	}
	name := ""
	if x.machine != nil {
		if w := x.machine.Wait(c.path); w != nil {
			name = w.Child.Function
		}
	}
	if c.err != nil {
		c.err.Step, c.err.Path = name, c.path
	}
	a.putResult(c.record(name), x.inherit())
}

// cancelTries bounds how often a cancel waits for a child that is about to start.
const cancelTries = 30

// cancelChild passes a cancel on.
func (e *Engine) cancelChild(k openset.Key, tries int) {
	if !e.enter() {
		return
	}
	go func() {
		defer e.leave()
		_, err := e.Cancel(e.steps, k.Workspace, k.Execution, systemMeta())
		if err != nil && !errors.Is(err, engine.ErrEnded) && !e.stopping() && tries < cancelTries {
			e.clock.AfterFunc(stallTime, func() { e.cancelChild(k, tries+1) })
		}
	}()
}
