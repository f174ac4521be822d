package orchestrator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// queueFullRetry is what a caller is told to wait when the queue is full.
const queueFullRetry = 10 * time.Second

// startedBy is what execution.created says beside the engine's own words.
type startedBy struct {
	Trigger  trigger              `json:"trigger"`
	RunAs    workflow.PrincipalID `json:"run_as,omitempty"`
	Priority int                  `json:"priority,omitempty"`
	Input    json.RawMessage      `json:"input,omitempty"`
}

type trigger = workflow.Trigger

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
	q, err := newCommand(c, "POST /workflows/"+string(r.Workflow)+"/execute", r.IdempotencyKey, r)
	if err != nil {
		return Started{}, err
	}
	var answer workflow.Execution
	if found, err := s.recall(ctx, q, &answer); found || err != nil {
		return Started{Execution: answer, Replayed: found}, err
	}
	var started Started
	err = s.definitions.with(ctx, c.Workspace, r.Workflow, false, func(d *definition) (err error) {
		started, err = s.start(ctx, c, d, r, q)
		return err
	})
	if errors.Is(err, errAnswered) {
		found, err := s.recall(ctx, q, &answer)
		return Started{Execution: answer, Replayed: found}, err
	}
	return started, err
}

// start starts one execution of d, which the caller holds for reading.
func (s *Service) start(ctx context.Context, c workflow.Caller, d *definition, r ExecuteRequest, q *command) (Started, error) {
	k, version, err := s.startable(ctx, d, r)
	if err != nil {
		return Started{}, err
	}
	x := workflow.Execution{ID: workflow.NewExecutionID(), Workflow: d.id, WorkflowVersion: version.Version, Type: version.Kind,
		State: workflow.Running, Trigger: r.Trigger, RunAs: c.Principal, Input: r.Input, CreatedAt: s.now()}
	key := executionKey{c.Workspace, x.ID}
	p, err := s.admission.reserve(key, d.id, k.Concurrency(), r.Priority)
	if err != nil {
		return Started{}, err
	}
	if p.running {
		x.StartedAt = &x.CreatedAt
	} else {
		x.State = workflow.Pending
	}
	command, err := s.startCommand(c, k, version, r, x, q)
	if err == nil {
		var position int64
		// A caller who leaves now must not leave an execution without its place.
		if position, err = s.engine.Start(context.WithoutCancel(ctx), command); err == nil {
			s.admission.created(p)
			return Started{Execution: x, Position: position}, nil
		}
	}
	s.admission.ended(key)
	return Started{}, startFailed(err)
}

// startable returns the kind and the version, or why nothing may start.
func (s *Service) startable(ctx context.Context, d *definition, r ExecuteRequest) (Kind, workflow.VersionData, error) {
	var none workflow.VersionData
	switch d.state {
	case workflow.Archived:
		return nil, none, errArchived(d.id)
	case workflow.Halted:
		return nil, none, workflow.Conflict("workflow_paused", "workflow %s is paused; resume it first", d.id)
	}
	k := s.kinds[d.newest.Kind]
	if k == nil {
		return nil, none, workflow.Conflict("unknown_type", "this build does not know the type %q; use one that does", d.newest.Kind)
	}
	version, err := s.definitions.version(ctx, d, r.Version)
	if err != nil {
		return nil, none, err
	}
	if found := k.ValidateInput(r.Input); len(found.Errors) > 0 {
		return nil, none, workflow.Invalid("invalid_input", "the input cannot be accepted", below("/input", found.Errors)...)
	}
	return k, version, nil
}

func (s *Service) startCommand(c workflow.Caller, k Kind, v workflow.VersionData, r ExecuteRequest, x workflow.Execution, q *command) (engine.Start, error) {
	input, err := json.Marshal(workflow.Input{Workspace: c.Workspace, Workflow: x.Workflow, Version: v.Version, Config: v.Config, Input: r.Input, RunAs: c.Principal})
	if err != nil {
		return engine.Start{}, err
	}
	public, err := json.Marshal(startedBy{Trigger: r.Trigger, RunAs: c.Principal, Priority: r.Priority, Input: r.Input})
	if err != nil {
		return engine.Start{}, err
	}
	memory, err := s.remember(q, x)
	return engine.Start{Workspace: string(c.Workspace), Execution: string(x.ID), Function: k.Function(), Kind: v.Kind, Definition: string(x.Workflow),
		DefinitionVersion: v.Version, Input: input, Public: public, Hold: x.State == workflow.Pending, Meta: meta(c), Inline: memory}, err
}

// checkStart fills in defaults and lists what is wrong with a start command.
func checkStart(r *ExecuteRequest) error {
	var faults []workflow.Problem
	if len(r.Input) == 0 {
		r.Input = json.RawMessage(`{}`)
	}
	if len(r.Input) > maxInputBytes || !json.Valid(r.Input) {
		faults = append(faults, workflow.Problem{Pointer: "/input", Code: "malformed",
			Detail: fmt.Sprintf("the input is JSON of at most %d KiB", maxInputBytes>>10)})
	}
	if r.Version < 0 {
		faults = append(faults, workflow.Problem{Pointer: "/version", Code: "range", Detail: "a version is 1 or more; leave it out for the newest"})
	}
	if r.Trigger.Type == "" {
		r.Trigger.Type = "api"
	}
	if len(r.Trigger.Type) > 40 || len(r.Trigger.Key) > 255 || !printable(r.Trigger.Type) || !printable(r.Trigger.Key) {
		faults = append(faults, workflow.Problem{Pointer: "/trigger", Code: "length", Detail: "a trigger's type has at most 40 and its key at most 255 printable ASCII characters"})
	}
	if len(faults) > 0 {
		return workflow.Invalid("invalid_start", "the start cannot be accepted", faults...)
	}
	return nil
}

func startFailed(err error) error {
	switch {
	case errors.Is(err, engine.ErrStopping):
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	case errors.Is(err, engine.ErrInvalid):
		return &workflow.Error{Kind: workflow.KindInvalid, Code: "invalid_start", Message: err.Error(), Cause: err}
	}
	return err
}
