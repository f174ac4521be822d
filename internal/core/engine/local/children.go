package local

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// keyOf names the execution of a child.
func keyOf(c *activation.Child) openset.Key {
	return openset.Key{Workspace: c.Start.Workspace, Execution: c.Start.Execution}
}

// startChild starts a child, or finds it when it exists. It tries until it
// succeeds or the engine stops.
func (e *Engine) startChild(c *activation.Child) {
	e.awaits(c)
	go e.tryChild(c)
}

func (e *Engine) tryChild(c *activation.Child) {
	if !e.enter() {
		return // the next process does
	}
	defer e.leave()
	err := e.makeChild(c)
	if err == nil || e.stopping() {
		return
	}
	e.log.Warn("a child could not be started and is tried again", "workspace", c.Start.Workspace, "execution", c.Start.Execution, "error", err, "again_in", stallTime)
	e.clock.AfterFunc(stallTime, func() { e.tryChild(c) })
}

// makeChild starts a child once. What can never be started has failed.
func (e *Engine) makeChild(c *activation.Child) error {
	if c.Exists {
		if err := e.adopt(c); !errors.Is(err, engine.ErrNotFound) {
			return err
		}
	}
	start := c.Start
	if start.Origin != nil {
		end, err := e.takeOverChild(&start)
		if err != nil {
			return err
		}
		if end != nil {
			e.ended(keyOf(c), nil, end)
			return nil
		}
	}
	_, err := e.create(e.steps, &start, &c.Parent)
	switch {
	case errors.Is(err, engine.ErrExists):
		return e.adopt(c)
	case errors.Is(err, engine.ErrNoOrigin), errors.Is(err, engine.ErrInvalid):
		e.ended(keyOf(c), nil, &activation.ChildEnd{Execution: c.Start.Execution, State: workflow.Failed, Err: &engine.Error{Class: failure.Validation, Code: engine.CodeBadInput,
			Message: "the child cannot be started: " + err.Error()}})
		return nil
	}
	return err
}

// takeOverChild looks at the child that a child of a redrive takes over from. If
// that one has completed after all, its end is the child's; if its input was
// another one, nothing is fed.
func (e *Engine) takeOverChild(s *engine.Start) (*activation.ChildEnd, error) {
	ctx := context.WithoutCancel(e.steps)
	id := history.Stream(s.Workspace, s.Origin.Execution)
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
	entries, err := history.Read(ctx, e.store, id, 0)
	if err != nil {
		return nil, err
	}
	s.Origin = &engine.Origin{Execution: s.Origin.Execution, Fresh: !bytes.Equal(activation.OrEmpty(begin.Begin.Input), activation.OrEmpty(s.Input))}
	switch last := entries[len(entries)-1].Record; {
	case !last.Type.IsEnd():
		return nil, fmt.Errorf("the child %s that it takes over from has not ended yet", s.Origin.Execution)
	case last.Type == journal.Completed && !s.Origin.Fresh:
		return activation.EndOf(s.Execution, last), nil
	case last.Type == journal.Completed:
		s.Origin = nil
	}
	return nil, nil
}

// adopt looks at a child that exists: if it has ended, its parent hears of it.
func (e *Engine) adopt(c *activation.Child) error {
	entries, err := history.Read(context.WithoutCancel(e.steps), e.store, history.Stream(c.Start.Workspace, c.Start.Execution), 0)
	if err != nil {
		return err
	}
	if last := entries[len(entries)-1].Record; last.Type.IsEnd() {
		e.ended(keyOf(c), nil, activation.EndOf(c.Start.Execution, last))
	}
	return nil
}

// awaits notes that an execution waits for a child.
func (e *Engine) awaits(c *activation.Child) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if !slices.Contains(e.parents[keyOf(c)], c.Parent) {
		e.parents[keyOf(c)] = append(e.parents[keyOf(c)], c.Parent)
	}
}

// isAwaited reports whether this process has noted that an execution waits for a
// child: then the child is there, or is about to be.
func (e *Engine) isAwaited(c *activation.Child) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Contains(e.parents[keyOf(c)], c.Parent)
}

// ended tells the executions that wait for a child how it ended. One that waits
// and is told twice drops the second.
func (e *Engine) ended(k openset.Key, parent *engine.Parent, end *activation.ChildEnd) {
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
		told.Generation, told.Path = p.Generation, p.Path
		go func() {
			defer e.leave()
			e.deliver(openset.Key{Workspace: k.Workspace, Execution: p.Execution}, activation.Input{Kind: activation.ChildEnded, Child: &told})
		}()
	}
}

// cancelChild passes a cancel on. It tries until the child, which may be about
// to start, has it.
func (e *Engine) cancelChild(k openset.Key) {
	if !e.enter() {
		return
	}
	go func() {
		defer e.leave()
		_, err := e.Cancel(e.steps, k.Workspace, k.Execution, systemMeta())
		if err != nil && !errors.Is(err, engine.ErrEnded) && !e.stopping() {
			e.clock.AfterFunc(stallTime, func() { e.cancelChild(k) })
		}
	}()
}
