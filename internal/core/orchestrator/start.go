package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/payload"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Execute starts an execution. It needs workflow.WorkflowRun. It returns
// after the start is durable; an execution for which there is no place yet is
// pending. The same idempotency key with the same request returns the same
// execution, with another request it is an error.
func (s *Service) Execute(ctx context.Context, c workflow.Caller, r ExecuteRequest) (Started, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return Started{}, err
	}
	if err := checkStart(&r); err != nil {
		return Started{}, err
	}
	q, err := idempotency.New(c, "POST /workflows/"+string(r.Workflow)+"/execute", r.IdempotencyKey, r)
	if err != nil {
		return Started{}, err
	}
	return s.once(ctx, q, func() (started Started, err error) {
		err = s.definitions.Read(ctx, c.Workspace, r.Workflow, func(d *definition.Definition) (err error) {
			started, err = s.startNew(ctx, c, d, r, q)
			return err
		})
		return started, err
	})
}

// once runs a start, unless the same request was answered before.
func (s *Service) once(ctx context.Context, q *idempotency.Request, start func() (Started, error)) (started Started, err error) {
	started, started.Replayed, err = idempotency.Once(ctx, s.responses, q, start)
	return started, err
}

// launch is an execution that is about to be started.
type launch struct {
	kind      *kind.Kind
	version   int // zero: the newest, once it leaves pending
	validated int // the version that the input was checked with
	input     json.RawMessage
	trigger   workflow.Trigger
	priority  int
	origin    *engine.Origin
	repeats   map[string]int // effects that come again
	command   *idempotency.Request
}

// startNew starts one execution of d, which the caller holds for reading.
func (s *Service) startNew(ctx context.Context, c workflow.Caller, d *definition.Definition, r ExecuteRequest, q *idempotency.Request) (Started, error) {
	k, err := s.startable(d)
	if err != nil {
		return Started{}, err
	}
	version, err := s.definitions.VersionOf(ctx, d, r.Version)
	if err != nil {
		return Started{}, err
	}
	if found := k.ValidateInput(version.Config, r.Input); len(found.Errors) > 0 {
		return Started{}, workflow.Invalid("invalid_input", "the input cannot be accepted", workflow.Under("/input", found.Errors)...)
	}
	return s.start(ctx, c, d.ID, launch{kind: k, version: r.Version, validated: version.Version, input: r.Input, trigger: r.Trigger, priority: r.Priority, command: q})
}

// startable returns the kind, or why nothing may start.
func (s *Service) startable(d *definition.Definition) (*kind.Kind, error) {
	switch d.State {
	case workflow.Archived:
		return nil, errArchived(d.ID)
	case workflow.Halted:
		return nil, workflow.Conflict("workflow_paused", "workflow %s is paused; resume it first", d.ID)
	}
	k := s.kinds.Kind(d.Newest.Kind)
	if k == nil {
		return nil, workflow.Conflict("unknown_type", "this build does not know the type %q; use one that does", d.Newest.Kind)
	}
	return k, nil
}

// start creates the execution: running if there is a place for it, pending
// otherwise.
func (s *Service) start(ctx context.Context, c workflow.Caller, of workflow.ID, l launch) (Started, error) {
	x := workflow.Execution{ID: workflow.NewExecutionID(), Workflow: of, WorkflowVersion: l.version, Type: l.kind.Name(), State: workflow.Pending,
		Trigger: l.trigger, RunAs: c.Principal, Priority: l.priority, Origin: originShown(l.origin), CreatedAt: s.now()}
	if !payload.Apart(l.kind.Private(), l.input) {
		x.Input = l.input
	}
	key, lane := workflow.ExecutionKey{Workspace: c.Workspace, Execution: x.ID}, admission.Lane{Workspace: c.Workspace, Workflow: of}
	runs, err := s.admission.Reserve(key, lane, s.dispatcher.Rule(l.kind.Name()))
	if err != nil {
		return Started{}, err
	}
	if runs {
		x.State, x.StartedAt, x.WorkflowVersion = workflow.Running, &x.CreatedAt, l.validated
	}
	started := Started{Execution: x, Repeats: l.repeats}
	order, err := s.order(ctx, c, l, started)
	defer s.inputs.Started(key)
	if err == nil {
		// A caller who leaves now must not leave an execution without its place.
		if started.Position, err = s.engine.Start(context.WithoutCancel(ctx), order); err == nil {
			if !runs {
				s.admission.Created(admission.Pending{Key: key, Lane: lane, Priority: l.priority})
			}
			return started, nil
		}
	}
	s.admission.Abandon(key, lane, runs)
	return Started{}, startFailed(err)
}

// order is the engine's start command.
func (s *Service) order(ctx context.Context, c workflow.Caller, l launch, started Started) (engine.Start, error) {
	x := started.Execution
	public, err := json.Marshal(workflow.StartedBy{Trigger: l.trigger, RunAs: c.Principal})
	if err != nil {
		return engine.Start{}, err
	}
	inline, err := s.responses.Remember(l.command, started)
	if err != nil {
		return engine.Start{}, err
	}
	input, kept, err := s.inputs.Keep(ctx, workflow.ExecutionKey{Workspace: c.Workspace, Execution: x.ID}, l.kind.Private(), l.input)
	return engine.Start{Workspace: string(c.Workspace), Execution: string(x.ID), Function: l.kind.Function(), Kind: l.kind.Name(), Definition: string(x.Workflow),
		Version: x.WorkflowVersion, Input: input, Private: l.kind.Private(), Public: public, Priority: l.priority, Hold: x.State == workflow.Pending,
		Origin: l.origin, Meta: meta(c), Inline: append(inline, kept...)}, err
}

// checkStart fills in defaults and lists what is wrong with a start command.
func checkStart(r *ExecuteRequest) error {
	var faults []workflow.Problem
	if len(r.Input) == 0 {
		r.Input = json.RawMessage(`{}`)
	}
	if fault := checkInput(r.Input); fault != nil {
		faults = append(faults, *fault)
	}
	if r.Version < 0 {
		faults = append(faults, workflow.Problem{Pointer: "/version", Code: "range", Detail: "a version is 1 or more; leave it out, or say \"latest\", for the newest"})
	}
	if r.Trigger.Type == "" {
		r.Trigger.Type = "api"
	}
	if len(r.Trigger.Type) > 40 || len(r.Trigger.Key) > 255 || strings.ContainsFunc(r.Trigger.Type+r.Trigger.Key, func(c rune) bool { return c < ' ' || c > '~' }) {
		faults = append(faults, workflow.Problem{Pointer: "/trigger", Code: "length", Detail: "a trigger's type has at most 40 and its key at most 255 printable ASCII characters"})
	}
	if len(faults) > 0 {
		return workflow.Invalid("invalid_start", "the start cannot be accepted", faults...)
	}
	return nil
}

func checkInput(input json.RawMessage) *workflow.Problem {
	if len(input) <= maxInputBytes && json.Valid(input) {
		return nil
	}
	return &workflow.Problem{Pointer: "/input", Code: "malformed", Detail: fmt.Sprintf("the input is JSON of at most %d KiB", maxInputBytes>>10)}
}

func startFailed(err error) error {
	switch {
	case errors.Is(err, engine.ErrStopping):
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	case errors.Is(err, engine.ErrNoOrigin):
		return &workflow.Error{Category: workflow.CategoryConflict, Code: "not_redrivable", Message: err.Error(), Cause: err}
	case errors.Is(err, engine.ErrInvalid):
		return &workflow.Error{Category: workflow.CategoryInvalid, Code: "invalid_start", Message: err.Error(), Cause: err}
	}
	return err
}

func originShown(o *engine.Origin) *workflow.Origin {
	if o == nil {
		return nil
	}
	return &workflow.Origin{Execution: workflow.ExecutionID(o.Execution), Generation: o.Generation, Fresh: o.Fresh}
}
