package local

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Start creates an execution; the answer follows the commit.
func (e *Engine) Start(ctx context.Context, s engine.Start) (int64, error) {
	if err := e.check(&s); err != nil {
		return 0, err
	}
	if err := e.admit(ctx); err != nil {
		return 0, err
	}
	defer e.leave()
	x := &exec{e: e, key: key{s.Workspace, s.Execution}, running: map[string]*attempt{}}
	e.mu.Lock()
	if e.execs[x.key] != nil {
		e.mu.Unlock()
		return 0, engine.ErrExists
	}
	e.execs[x.key] = x
	e.mu.Unlock()
	return e.await(ctx, x, input{kind: inStart, start: &s})
}

// check refuses what can never be started.
func (e *Engine) check(s *engine.Start) error {
	switch {
	case s.Execution == "":
		return fmt.Errorf("%w: the execution has no id", engine.ErrInvalid)
	case e.o.Registry.Function(s.Function) == nil:
		return fmt.Errorf("%w: no workflow function %q is registered", engine.ErrInvalid, s.Function)
	case len(s.Public) > 0 && !isObject(s.Public):
		return fmt.Errorf("%w: the public data is no JSON object", engine.ErrInvalid)
	}
	return checkValue("the input", s.Input)
}

func isObject(raw json.RawMessage) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal(raw, &object) == nil && object != nil
}

// checkValue refuses what no journal may hold.
func checkValue(what string, raw json.RawMessage) error {
	if len(raw) > engine.MaxValueBytes {
		return fmt.Errorf("%w: %s has %d bytes, more than the %d that a value may have; put it into a blob and pass the reference",
			engine.ErrInvalid, what, len(raw), engine.MaxValueBytes)
	}
	if len(raw) > 0 && !json.Valid(raw) {
		return fmt.Errorf("%w: %s is no JSON", engine.ErrInvalid, what)
	}
	return nil
}

// Release starts a held execution.
func (e *Engine) Release(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{kind: inRelease, meta: meta})
}

// Cancel asks an execution to end.
func (e *Engine) Cancel(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{kind: inCancel, meta: meta})
}

// Pause holds an execution at its next step.
func (e *Engine) Pause(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{kind: inPause, meta: meta})
}

// Resume ends a pause and a parking.
func (e *Engine) Resume(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, input{kind: inResume, meta: meta})
}

// Signal hands data to an execution.
func (e *Engine) Signal(ctx context.Context, workspace, execution, name, id string, data json.RawMessage, meta eventstore.Meta) (int64, error) {
	if !e.o.Registry.HasSignal(name) {
		return 0, fmt.Errorf("%w: no signal %q is registered", engine.ErrInvalid, name)
	}
	if err := checkValue("the signal", data); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, input{kind: inSignal, meta: meta, name: name, id: id, data: data})
}

// Answer settles a parked step.
func (e *Engine) Answer(ctx context.Context, workspace, execution, path string, a engine.Answer, meta eventstore.Meta) (int64, error) {
	switch a.Verdict {
	case engine.Done, engine.NotDone, engine.Fail:
	default:
		return 0, fmt.Errorf("%w: the verdict is done, not_done or fail, not %q", engine.ErrInvalid, a.Verdict)
	}
	if err := checkValue("the result", a.Result); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, input{kind: inAnswer, meta: meta, path: path, verdict: a})
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
	k := key{workspace, execution}
	e.mu.Lock()
	x := e.execs[k]
	e.mu.Unlock()
	if x == nil {
		return 0, e.absent(ctx, k)
	}
	return e.await(ctx, x, in)
}

// absent says why no open execution has this name.
func (e *Engine) absent(ctx context.Context, k key) error {
	id := eventstore.StreamID{Workspace: k.workspace, Type: engine.StreamType, ID: k.execution}
	events, err := e.store.ReadStream(ctx, id, 0, 1)
	switch {
	case err != nil:
		return fmt.Errorf("look for execution %s: %w", k.execution, err)
	case len(events) == 0:
		return engine.ErrNotFound
	}
	return engine.ErrEnded
}

// await posts an input and waits for its acknowledgement. If ctx ends first,
// the outcome is unknown to the caller; the input is not taken back.
func (e *Engine) await(ctx context.Context, x *exec, in input) (int64, error) {
	ack := make(chan result, 1)
	in.ack = ack
	x.post(in)
	select {
	case r := <-ack:
		return r.position, r.err
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-e.done:
		return 0, engine.ErrStopping
	}
}
