package orchestrator

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// RedriveRequest asks for a new execution that takes over from one that has
// failed.
type RedriveRequest struct {
	Execution workflow.ExecutionID
	// Input, when not empty, replaces the input: then nothing is taken over, and
	// every effect is had again under a new key.
	Input json.RawMessage
	// Version, when not zero, is another version of the workflow than the failed
	// execution had.
	Version        int
	Priority       int
	IdempotencyKey string
}

// Redrive starts an execution that takes over the completed results of one that
// has failed and goes on where they end, on the same keys. It needs
// workflow.WorkflowRun. The answer names the effects that come again if the
// input is another one. The failed execution is superseded: what it kept for its
// redrive belongs to the new one.
func (s *Service) Redrive(ctx context.Context, c workflow.Caller, r RedriveRequest) (Started, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return Started{}, err
	}
	if fault := checkRedrive(r); fault != nil {
		return Started{}, workflow.Invalid("invalid_start", "the start cannot be accepted", *fault)
	}
	q, err := newCommand(c, "POST /executions/"+string(r.Execution)+"/redrive", r.IdempotencyKey, r)
	if err != nil {
		return Started{}, err
	}
	return s.once(ctx, q, func() (Started, error) { return s.redrive(ctx, c, r, q) })
}

func checkRedrive(r RedriveRequest) *workflow.Problem {
	switch {
	case len(r.Input) > 0 && checkInput(r.Input) != nil:
		return checkInput(r.Input)
	case r.Version < 0:
		return &workflow.Problem{Pointer: "/version", Code: "range", Detail: "a version is 1 or more; leave it out for that of the failed execution"}
	}
	return nil
}

func (s *Service) redrive(ctx context.Context, c workflow.Caller, r RedriveRequest, q *command) (started Started, err error) {
	x, err := s.Execution(ctx, c, r.Execution)
	if err != nil {
		return Started{}, err
	}
	if err := redrivable(x); err != nil {
		return Started{}, err
	}
	l := launch{version: x.WorkflowVersion, trigger: workflow.Trigger{Type: "redrive", Key: string(x.ID)}, priority: r.Priority, command: q,
		origin: &engine.Origin{Execution: string(x.ID)}}
	if r.Version != 0 {
		l.version = r.Version
	}
	if len(r.Input) > 0 {
		l.input, l.origin.Fresh = r.Input, true
		if l.repeats, err = s.engine.Repeats(ctx, string(c.Workspace), *l.origin); err != nil {
			return Started{}, startFailed(err)
		}
	}
	err = s.definitions.with(ctx, c.Workspace, x.Workflow, false, func(d *definition) error {
		if l.kind, err = s.startable(d); err != nil {
			return err
		}
		started, err = s.again(ctx, c, d, x, l)
		return err
	})
	return started, err
}

// again starts the redrive of an execution of d, which the caller holds for
// reading.
func (s *Service) again(ctx context.Context, c workflow.Caller, d *definition, x workflow.Execution, l launch) (Started, error) {
	version, err := s.definitions.version(ctx, d, l.version)
	if err != nil {
		return Started{}, err
	}
	l.version, l.validated = version.Version, version.Version
	if !l.origin.Fresh {
		key := executionKey{Workspace: c.Workspace, Execution: x.ID}
		if l.input, err = s.inputs.resolve(ctx, key, l.kind.Private(), x.Input); err != nil {
			return Started{}, err
		}
	}
	if found := l.kind.ValidateInput(version.Config, l.input); len(found.Errors) > 0 {
		return Started{}, workflow.Invalid("invalid_input", "the input cannot be accepted", below("/input", found.Errors)...)
	}
	return s.start(ctx, c, d.id, l)
}

// redrivable says why an execution cannot be redriven.
func redrivable(x workflow.Execution) error {
	switch {
	case x.Parent != nil:
		return workflow.Conflict("not_redrivable", "execution %s is a child; redrive %s, which waits for it", x.ID, x.Parent.Execution)
	case !x.State.Ended():
		return workflow.Conflict("not_redrivable", "execution %s has not ended (%s); cancel it or let it end first", x.ID, x.State)
	case x.State != workflow.Failed:
		return workflow.Conflict("not_redrivable", "execution %s has %s; only one that has failed can be redriven: start a new one", x.ID, x.State)
	case x.DiscardedAt != nil:
		return workflow.Conflict("not_redrivable", "execution %s was discarded; start a new one", x.ID)
	case x.SupersededBy != "":
		return workflow.Conflict("not_redrivable", "execution %s was redriven already, by %s; redrive that one", x.ID, x.SupersededBy)
	}
	return nil
}

// Discard gives up the redrive of a failed execution: what it kept for it is
// deleted. It needs workflow.WorkflowRun. Discarding twice is no error.
func (s *Service) Discard(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return workflow.Execution{}, err
	}
	x, err := s.Execution(ctx, c, id)
	if err != nil || x.DiscardedAt != nil {
		return x, err
	}
	if err := redrivable(x); err != nil {
		return workflow.Execution{}, err
	}
	err = s.definitions.with(ctx, c.Workspace, x.Workflow, true, func(d *definition) error {
		return s.record(ctx, c, d, workflow.EventDiscarded, workflow.Discarded{Execution: id}, nil)
	})
	if err != nil {
		return workflow.Execution{}, err
	}
	s.cleaner.discard(c.Workspace, id)
	return s.Execution(ctx, c, id)
}
