package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// systemMeta is who acts when the engine itself does.
func systemMeta() eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Type: "system", ID: "engine"}}
}

// Start creates an execution; it returns after the commit. Unless it is held,
// its function has run up to its first step by then.
func (e *Engine) Start(ctx context.Context, s engine.Start) (int64, error) {
	if err := e.check(&s, engine.MaxInputBytes); err != nil {
		return 0, err
	}
	if err := e.admit(ctx); err != nil {
		return 0, err
	}
	defer e.leave()
	return e.create(ctx, &s, nil)
}

// create reads what the execution begins with, and creates it.
func (e *Engine) create(ctx context.Context, s *engine.Start, parent *engine.Parent) (int64, error) {
	in := &start{Start: *s, parent: parent}
	if string(in.Input) == "{}" { // what is absent decodes to the same
		in.Input = nil
	}
	info := engine.Info{Workspace: s.Workspace, Execution: s.Execution, Generation: 1, Function: s.Function, Kind: s.Kind, Definition: s.Definition,
		Version: s.Version, Root: engine.Root{Execution: s.Execution, Generation: 1}}
	if s.Origin != nil {
		o, err := e.originOf(ctx, s, info.Root)
		if err != nil {
			return 0, err
		}
		in.takeOver(o)
		if o.root != nil {
			info.Root = *o.root
		}
	}
	if !s.Hold {
		loaded, err := e.loadFor(info, in.Input)
		if err != nil {
			return 0, err
		}
		in.loaded = loaded
	}
	x := newExecution(e, openset.Key{Workspace: s.Workspace, Execution: s.Execution})
	e.mu.Lock()
	if e.executions[x.key] != nil {
		e.mu.Unlock()
		return 0, engine.ErrExists
	}
	e.executions[x.key] = x
	e.mu.Unlock()
	return e.await(ctx, x.key, x, input{typ: inStart, start: in})
}

// check refuses what can never be started.
func (e *Engine) check(s *engine.Start, most int) error {
	switch {
	case s.Execution == "":
		return fmt.Errorf("%w: the execution has no id", engine.ErrInvalid)
	case e.options.Registry.Function(s.Function) == nil:
		return fmt.Errorf("%w: no workflow function %q is registered", engine.ErrInvalid, s.Function)
	case s.Version == 0 && !s.Hold:
		return fmt.Errorf("%w: an execution that is not held needs the version of its definition", engine.ErrInvalid)
	case len(s.Public) > 0 && !isObject(s.Public):
		return fmt.Errorf("%w: the public data is not a JSON object", engine.ErrInvalid)
	}
	return checkValue("the input", s.Input, most)
}

func isObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(raw, &object) == nil && object != nil
}

// checkValue refuses what no journal may hold.
func checkValue(what string, raw json.RawMessage, most int) error {
	if len(raw) > most {
		return fmt.Errorf("%w: %s has %d bytes, more than the %d that it may have; put it into a blob and pass the reference",
			engine.ErrInvalid, what, len(raw), most)
	}
	if len(raw) > 0 && !json.Valid(raw) {
		return fmt.Errorf("%w: %s is not JSON", engine.ErrInvalid, what)
	}
	return nil
}

// Release starts an execution that was created with Hold, or refuses it.
func (e *Engine) Release(ctx context.Context, workspace, execution string, r engine.Release) (int64, error) {
	return e.call(ctx, workspace, execution, input{typ: inRelease, meta: r.Meta, release: r})
}

// Cancel asks an execution to end.
func (e *Engine) Cancel(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{typ: inCancel, meta: meta})
}

// Pause holds an execution at its next step.
func (e *Engine) Pause(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{typ: inPause, meta: meta})
}

// Resume ends a pause and a parking.
func (e *Engine) Resume(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{typ: inResume, meta: meta})
}

// Signal hands data to an execution.
func (e *Engine) Signal(ctx context.Context, workspace, execution, name, id string, data json.RawMessage, meta eventstore.Meta) (int64, error) {
	if !e.options.Registry.HasSignal(name) {
		return 0, fmt.Errorf("%w: no signal %q is registered", engine.ErrInvalid, name)
	}
	if err := checkValue("the signal", data, engine.MaxValueBytes); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, input{typ: inSignal, meta: meta, name: name, id: id, data: data})
}

// Answer settles a parked step.
func (e *Engine) Answer(ctx context.Context, workspace, execution string, a engine.Answer, meta eventstore.Meta) (int64, error) {
	switch a.Verdict {
	case engine.Done, engine.NotDone, engine.Fail:
	default:
		return 0, fmt.Errorf("%w: the verdict is done, not_done or fail, not %q", engine.ErrInvalid, a.Verdict)
	}
	if err := checkValue("the result", a.Result, engine.MaxValueBytes); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, input{typ: inAnswer, meta: meta, verdict: a})
}

// admit waits until the engine has recovered and counts the call.
func (e *Engine) admit(ctx context.Context) error {
	select {
	case <-e.ready:
	case <-e.done:
		return engine.ErrStopping
	case <-ctx.Done():
		return ctx.Err()
	}
	if !e.enter() {
		return engine.ErrStopping
	}
	return nil
}

// call brings an input to an open execution and waits for its commit.
func (e *Engine) call(ctx context.Context, workspace, execution string, in input) (int64, error) {
	if err := e.admit(ctx); err != nil {
		return 0, err
	}
	defer e.leave()
	k := openset.Key{Workspace: workspace, Execution: execution}
	if e.inMemory(k) == nil {
		if err := e.isOpen(ctx, k); err != nil {
			return 0, err
		}
	}
	return e.await(ctx, k, nil, in)
}

// isOpen tells in a cheap way that an execution does not exist, has ended or is
// another engine's. It may be wrong about the end of one that ends this moment.
func (e *Engine) isOpen(ctx context.Context, k openset.Key) error {
	events, err := e.store.ReadStream(ctx, (&execution{key: k}).stream(), 0, 1)
	switch {
	case err != nil:
		return fmt.Errorf("look for execution %s: %w", k.Execution, err)
	case len(events) == 0:
		return engine.ErrNotFound
	}
	created, err := engine.DecodeCreated(events[0].Data)
	if err != nil || events[0].Type == engine.EventCreated && created.Engine != Name {
		return errors.Join(engine.ErrNotFound, err)
	}
	return nil
}

// await posts an input and waits for its acknowledgement. If ctx ends first,
// the outcome is unknown to the caller; the input is not taken back. fresh is an
// execution that was just made, or nil.
func (e *Engine) await(ctx context.Context, k openset.Key, fresh *execution, in input) (int64, error) {
	ack := make(chan result, 1)
	in.ack = ack
	if fresh != nil {
		fresh.post(in)
	} else {
		e.deliver(k, in)
	}
	select {
	case r := <-ack:
		return r.position, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-e.done:
		return 0, engine.ErrStopping
	}
}
