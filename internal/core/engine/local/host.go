package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/takeover"
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
	in := &activation.Start{Start: *s, Parent: parent}
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
		in.TakeOver(o)
		if o.Root != nil {
			info.Root = *o.Root
		}
	}
	if !s.Hold {
		loaded, err := e.host.LoadFor(info, in.Input)
		if err != nil {
			return 0, err
		}
		in.Loaded = loaded
	}
	x := newExecution(e, openset.Key{Workspace: s.Workspace, Execution: s.Execution})
	e.mu.Lock()
	if e.executions[x.key] != nil {
		e.mu.Unlock()
		return 0, engine.ErrExists
	}
	e.executions[x.key] = x
	e.mu.Unlock()
	return e.await(ctx, x.key, x, activation.Input{Kind: activation.Create, Start: in})
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
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Release, Meta: r.Meta, Release: r})
}

// Cancel asks an execution to end.
func (e *Engine) Cancel(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Cancel, Meta: meta})
}

// Pause holds an execution at its next step.
func (e *Engine) Pause(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Pause, Meta: meta})
}

// Resume ends a pause and a parking.
func (e *Engine) Resume(ctx context.Context, workspace, execution string, meta eventstore.Meta) (int64, error) {
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Resume, Meta: meta})
}

// Signal hands data to an execution.
func (e *Engine) Signal(ctx context.Context, workspace, execution, name, id string, data json.RawMessage, meta eventstore.Meta) (int64, error) {
	if !e.options.Registry.HasSignal(name) {
		return 0, fmt.Errorf("%w: no signal %q is registered", engine.ErrInvalid, name)
	}
	if err := checkValue("the signal", data, engine.MaxValueBytes); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Signal, Meta: meta, Name: name, ID: id, Data: data})
}

// Answer settles a parked step.
func (e *Engine) Answer(ctx context.Context, workspace, execution string, a engine.Answer, meta eventstore.Meta) (int64, error) {
	switch a.Verdict {
	case engine.Done, engine.NotDone, engine.Fail:
	default:
		return 0, fmt.Errorf("%w: the verdict is done, not_done or fail, not %q", engine.ErrInvalid, a.Verdict)
	}
	if len(a.Result) > engine.MaxValueBytes {
		return 0, &engine.MisfitError{Detail: fmt.Sprintf("has %d bytes, more than the %d that a result may have", len(a.Result), engine.MaxValueBytes)}
	}
	if err := checkValue("the result", a.Result, engine.MaxValueBytes); err != nil {
		return 0, err
	}
	return e.call(ctx, workspace, execution, activation.Input{Kind: activation.Answer, Meta: meta, Answer: a})
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
func (e *Engine) call(ctx context.Context, workspace, execution string, in activation.Input) (int64, error) {
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
	events, err := e.store.ReadStream(ctx, history.Stream(k.Workspace, k.Execution), 0, 1)
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
	_, open, err := e.open.Find(ctx, k)
	switch {
	case err != nil:
		return fmt.Errorf("look whether execution %s is open: %w", k.Execution, err)
	case !open:
		return engine.ErrEnded
	}
	return nil
}

// await posts an input and waits for its acknowledgement. If ctx ends first,
// the outcome is unknown to the caller; the input is not taken back. fresh is an
// execution that was just made, or nil.
func (e *Engine) await(ctx context.Context, k openset.Key, fresh *execution, in activation.Input) (int64, error) {
	ack := make(chan activation.Result, 1)
	in.Ack = ack
	if fresh != nil {
		fresh.post(in)
	} else {
		e.deliver(k, in)
	}
	select {
	case r := <-ack:
		return r.Position, r.Err
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-e.done:
		return 0, engine.ErrStopping
	}
}

// redrivable reads the last generation of an execution that may be redriven.
func (e *Engine) redrivable(ctx context.Context, workspace, execution string) ([]journal.Entry, error) {
	entries, err := history.Read(ctx, e.store, history.Stream(workspace, execution), 0)
	if errors.Is(err, engine.ErrNotFound) {
		return nil, fmt.Errorf("%w: there is no execution %s", engine.ErrNoOrigin, execution)
	}
	if err != nil {
		return nil, fmt.Errorf("read execution %s: %w", execution, err)
	}
	return entries, takeover.Check(execution, Name, entries)
}

// Repeats lists the effects of an ended execution that a redrive with another
// input would have again: those of all its generations, of its children, and
// what it took over from an origin, but not what was undone.
func (e *Engine) Repeats(ctx context.Context, workspace string, o engine.Origin) (map[string]int, error) {
	if _, err := e.redrivable(ctx, workspace, o.Execution); err != nil {
		return nil, err
	}
	f := takeover.NewEffects(e.options.Registry)
	seen := map[string]bool{}
	for f.Children = []string{o.Execution}; len(f.Children) > 0; {
		next := f.Children[0]
		f.Children = f.Children[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		err := history.Walk(ctx, e.store, history.Stream(workspace, next), 0, func(_ *eventstore.Event, r *journal.Record) { f.See(r) })
		if err != nil {
			return nil, fmt.Errorf("read execution %s: %w", next, err)
		}
		f.Add()
	}
	return f.Counts, nil
}

// originOf reads what a start takes over from its origin. own is the root of what
// takes new keys.
func (e *Engine) originOf(ctx context.Context, s *engine.Start, own engine.Root) (*journal.Origin, error) {
	entries, err := e.redrivable(ctx, s.Workspace, s.Origin.Execution)
	if err != nil {
		return nil, err
	}
	return takeover.From(s, entries, own, e.options.Registry)
}
