// Package dispatch has executions begin: it counts those that are open, hears of
// their ends, and releases pending ones, with the version that they are pinned to,
// as lanes and places become free.
package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

const (
	// atOnce bounds the releases at the same time; their commits share an fsync.
	atOnce = 64
	// retryReads is how long a failed read of the store waits.
	retryReads = time.Second
)

// Kind is what a dispatcher has to know of a kind. *kind.Kind is the real one.
type Kind interface {
	// Concurrency is how many executions of a workflow may have begun at a time.
	Concurrency() int
	// FreesLane reports whether an execution that waits lets another one begin.
	FreesLane() bool
	// Private reports whether inputs are not public.
	Private() bool
	// ValidateInput looks at an input for a configuration.
	ValidateInput(config, input json.RawMessage) workflow.Problems
}

// Inputs finds inputs. *payload.Inputs is the real one.
type Inputs interface {
	// Resolve returns the input of an execution for what its journal has; a
	// not-found error if it does not exist any more.
	Resolve(ctx context.Context, key workflow.ExecutionKey, private bool, input json.RawMessage) (json.RawMessage, error)
}

// Options says what a dispatcher works with.
type Options struct {
	Store       eventstore.Store
	Engine      engine.Engine
	Admission   *admission.Control
	Definitions *definition.Cache
	// Kind returns a kind by its name, nil if this build does not have it.
	Kind   func(name string) Kind
	Inputs Inputs
	// Heard is told every end that becomes durable, at least once.
	Heard func(End)
	Clock clock.Clock
	Log   *slog.Logger
}

// Dispatcher has executions begin. Its caller calls Follow and TakeOver when the
// engine is ready, and Run after TakeOver.
type Dispatcher struct {
	store       eventstore.Store
	engine      engine.Engine
	admission   *admission.Control
	definitions *definition.Cache
	kind        func(name string) Kind
	inputs      Inputs
	heard       func(End)
	clock       clock.Clock
	log         *slog.Logger
	takeover    *takeover
}

// New returns a dispatcher.
func New(o Options) *Dispatcher {
	return &Dispatcher{store: o.Store, engine: o.Engine, admission: o.Admission, definitions: o.Definitions, kind: o.Kind, inputs: o.Inputs,
		heard: o.Heard, clock: o.Clock, log: o.Log, takeover: newTakeover()}
}

// Rule is what a kind says about the lanes of its workflows. Executions of a kind
// that this build does not have run one at a time.
func (d *Dispatcher) Rule(name string) admission.Rule {
	if k := d.kind(name); k != nil {
		return admission.Rule{Most: k.Concurrency(), Frees: k.FreesLane()}
	}
	return admission.Rule{Most: 1}
}

// systemMeta is who acts when no caller does.
func systemMeta() eventstore.Meta {
	return eventstore.Meta{Actor: eventstore.Actor{Type: "system", ID: "orchestrator"}}
}

// Run releases pending executions as places become free, until ctx ends.
func (d *Dispatcher) Run(ctx context.Context) error {
	releases := new(errgroup.Group)
	releases.SetLimit(atOnce)
	defer func() { _ = releases.Wait() }() // they report to the log
	for {
		for p, ok := d.admission.Next(); ok; p, ok = d.admission.Next() {
			releases.Go(func() error { d.admission.Released(p, d.release(ctx, p)); return nil })
		}
		if d.refill(ctx) {
			continue
		}
		select {
		case <-d.admission.Changed():
		case <-ctx.Done():
			return nil
		}
	}
}

// refill reads the pending executions of lanes that have room and reports
// whether there were any.
func (d *Dispatcher) refill(ctx context.Context) bool {
	found := false
	for _, r := range d.admission.Starved() {
		pending, err := d.engine.Pending(ctx, string(r.Lane.Workspace), string(r.Lane.Workflow), r.Limit)
		stored := make([]admission.Pending, len(pending))
		for i, x := range pending {
			stored[i] = admission.Pending{Key: workflow.KeyOf(x.Workspace, x.Execution), Lane: r.Lane, Priority: x.Priority}
		}
		d.admission.Refill(r, stored, err != nil)
		if err != nil && ctx.Err() == nil {
			d.log.Error("pending executions could not be read and are read again", "workflow", r.Lane.Workflow, "error", err)
			clock.Sleep(ctx, d.clock, retryReads)
		}
		found = found || len(stored) > 0 || err != nil
	}
	return found && ctx.Err() == nil
}

// errHalted says that the workflow was paused before an execution could begin, or
// that nothing of its kind can begin in this process.
var errHalted = errors.New("the workflow is halted")

// release starts a pending execution with the version that it is pinned to, or
// ends it if its input does not fit that version. The workflow is not paused or
// changed meanwhile.
func (d *Dispatcher) release(ctx context.Context, p admission.Pending) admission.Outcome {
	var r engine.Release
	err := d.definitions.Read(ctx, p.Lane.Workspace, p.Lane.Workflow, func(def *definition.Definition) (err error) {
		if err := d.held(p, def); err != nil {
			return err
		}
		if r, err = d.pin(ctx, p, def); err == nil {
			_, err = d.engine.Release(ctx, string(p.Key.Workspace), string(p.Key.Execution), r)
		}
		return err
	})
	switch {
	case err == nil && r.Refused != nil:
		return admission.Refused
	case err == nil:
		return admission.Begun
	case errors.Is(err, engine.ErrEnded), errors.Is(err, engine.ErrNotFound):
		return admission.Gone
	case errors.Is(err, errHalted), errors.Is(err, engine.ErrStopping), ctx.Err() != nil:
	default:
		d.log.Error("a pending execution could not be released and is tried again", "execution", p.Key.Execution, "error", err)
		clock.Sleep(ctx, d.clock, retryReads)
	}
	return admission.Failed
}

// held halts the lane of a workflow of which nothing may begin: it was paused
// since p came into the line, or before this process; or this build does not know
// its kind.
func (d *Dispatcher) held(p admission.Pending, def *definition.Definition) error {
	unknown := d.kind(def.Newest.Kind) == nil
	if !unknown && def.State != workflow.Halted {
		return nil
	}
	if unknown {
		d.log.Warn("pending executions wait for a build that knows their type", "workflow", def.ID, "type", def.Newest.Kind)
	}
	d.admission.Halt(p.Lane, true)
	return errHalted
}

// pin decides which version of its workflow a pending execution runs.
func (d *Dispatcher) pin(ctx context.Context, p admission.Pending, def *definition.Definition) (engine.Release, error) {
	r := engine.Release{Meta: systemMeta()}
	created, err := engine.ReadCreated(ctx, d.store, string(p.Key.Workspace), string(p.Key.Execution))
	if err != nil {
		return r, err
	}
	if r.Version = created.Version; r.Version == 0 {
		r.Version = def.Newest.Version
		r.Refused, err = d.unfit(ctx, p.Key, def.Newest, created.Input)
	}
	return r, err
}

// unfit says why an input cannot be run with a version; nil if it can.
func (d *Dispatcher) unfit(ctx context.Context, key workflow.ExecutionKey, v workflow.VersionData, input []byte) (*engine.Error, error) {
	k := d.kind(v.Kind)
	input, err := d.inputs.Resolve(ctx, key, k.Private(), input)
	if errors.Is(err, workflow.ErrNotFound) {
		return &engine.Error{Class: failure.Fatal, Code: engine.CodeInputMissing, Message: err.Error()}, nil
	}
	if err != nil {
		return nil, err
	}
	faults := k.ValidateInput(v.Config, input).Errors
	if len(faults) == 0 {
		return nil, nil
	}
	return &engine.Error{Class: failure.Validation, Code: engine.CodeInvalidInput,
		Message: fmt.Sprintf("the input does not fit version %d of the workflow, which it was pinned to when it left pending; %s: %s", v.Version, faults[0].Pointer, faults[0].Detail)}, nil
}
