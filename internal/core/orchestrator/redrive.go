package orchestrator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/cleanup"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/idempotency"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// RedriveRequest asks for a new execution that takes over from one that has
// failed.
type RedriveRequest struct {
	Execution workflow.ExecutionID
	// Input, if it is not empty and not the one that the failed execution had,
	// replaces that: then nothing is taken over, and every effect is had again
	// under a new key.
	Input json.RawMessage
	// Version, if not zero, is another version of the workflow than the failed
	// execution had.
	Version int
	// Latest is the newest version at the time when the execution leaves pending.
	// Version is zero then.
	Latest         bool
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
	q, err := idempotency.New(c, "POST /executions/"+string(r.Execution)+"/redrive", r.IdempotencyKey, r)
	if err != nil {
		return Started{}, err
	}
	return s.once(ctx, q, func() (started Started, err error) {
		err = s.onEnded(ctx, c, r.Execution, func(d *definition.Definition, x workflow.Execution) (err error) {
			started, err = s.redrive(ctx, c, d, x, launch{version: r.Version, input: r.Input, priority: r.Priority, command: q}, r.Latest)
			return err
		})
		return started, err
	})
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

// onEnded calls use with an execution and its workflow, which the callee may
// change: nothing else happens to them meanwhile.
func (s *Service) onEnded(ctx context.Context, c workflow.Caller, id workflow.ExecutionID, use func(*definition.Definition, workflow.Execution) error) error {
	x, err := s.current(ctx, c, id)
	if err != nil {
		return err
	}
	return s.definitions.Change(ctx, c.Workspace, x.Workflow, func(d *definition.Definition) error {
		if x, err = s.current(ctx, c, id); err != nil {
			return err
		}
		return use(d, x)
	})
}

// current reads an execution for someone who may change it.
func (s *Service) current(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := s.Look(ctx, c, workflow.WorkflowRun); err != nil {
		return workflow.Execution{}, err
	}
	return s.Find(ctx, c, id)
}

// redrive starts the redrive of an execution of d, which the caller holds. l has
// what was asked for.
func (s *Service) redrive(ctx context.Context, c workflow.Caller, d *definition.Definition, x workflow.Execution, l launch, latest bool) (Started, error) {
	err := s.redrivable(x, redriving)
	if err != nil {
		return Started{}, err
	}
	if l.kind, err = s.startable(d); err != nil {
		return Started{}, err
	}
	l.trigger, l.origin = workflow.Trigger{Type: "redrive", Key: string(x.ID)}, &engine.Origin{Execution: string(x.ID)}
	if l.version == 0 && !latest {
		l.version = x.WorkflowVersion
	}
	version, err := s.definitions.VersionOf(ctx, d, l.version)
	if err != nil {
		return Started{}, err
	}
	l.validated = version.Version
	if err := s.inputOf(ctx, c, x, &l); err != nil {
		return Started{}, err
	}
	if found := l.kind.ValidateInput(version.Config, l.input); len(found.Errors) > 0 {
		return Started{}, workflow.Invalid("invalid_input", "the input cannot be accepted", workflow.Under("/input", found.Errors)...)
	}
	if l.origin.Fresh {
		if l.repeats, err = s.engine.Repeats(ctx, string(c.Workspace), *l.origin); err != nil {
			return Started{}, startFailed(err)
		}
	}
	return s.start(ctx, c, d.ID, l)
}

// inputOf gives a launch the input of the execution that it takes over from,
// unless it has another one: then it takes nothing over.
func (s *Service) inputOf(ctx context.Context, c workflow.Caller, x workflow.Execution, l *launch) error {
	key := workflow.ExecutionKey{Workspace: c.Workspace, Execution: x.ID}
	created, err := engine.ReadCreated(ctx, s.store, string(key.Workspace), string(key.Execution))
	if err != nil {
		return err
	}
	had, err := s.inputs.Resolve(ctx, key, created.Private, created.Input)
	lost := errors.Is(err, workflow.ErrNotFound)
	switch {
	case err != nil && !lost:
		return err
	case lost && len(l.input) == 0:
		return workflow.Conflict("not_redrivable", "the input of execution %s is lost; redrive it with an input, or start a new one", x.ID)
	case len(l.input) == 0, !lost && bytes.Equal(idempotency.Canonical(l.input), idempotency.Canonical(had)):
		l.input = had
	default:
		l.origin.Fresh = true
	}
	return nil
}

// wish is what someone asked for that needs a failed execution; refusals
// speak of it.
type wish struct{ verb, participle, remedy string }

var (
	redriving  = wish{"redrive", "redriven", "; start a new one"}
	discarding = wish{"discard", "discarded", ""}
)

// redrivable says why an execution cannot be redriven, or has nothing to discard.
func (s *Service) redrivable(x workflow.Execution, asked wish) error {
	refuse := func(format string, args ...any) error {
		return workflow.Conflict("not_redrivable", "execution %s "+format, append([]any{x.ID}, args...)...)
	}
	switch {
	case x.Parent != nil:
		return refuse("is a child; %s %s, which waits for it", asked.verb, x.Parent.Execution)
	case !x.State.Ended():
		return refuse("has not ended (%s); only one that has failed can be %s", x.State, asked.participle)
	case x.State == workflow.Completed:
		return refuse("has completed; only one that has failed can be %s%s", asked.participle, asked.remedy)
	case x.State != workflow.Failed:
		return refuse("was cancelled; only one that has failed can be %s%s", asked.participle, asked.remedy)
	case x.DiscardedAt != nil:
		return refuse("was discarded%s", asked.remedy)
	case x.SupersededBy != "":
		return refuse("was redriven already, by %s; %s that one", x.SupersededBy, asked.verb)
	case x.EndedAt != nil && !x.EndedAt.After(s.now().Add(-cleanup.RedriveTime)):
		return refuse("failed more than %d days ago, and what it had kept is gone%s", int(cleanup.RedriveTime.Hours()/24), asked.remedy)
	}
	return nil
}

// Discard gives up the redrive of a failed execution: what it kept for it is
// deleted. It needs workflow.WorkflowRun. Discarding twice is no error.
func (s *Service) Discard(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return workflow.Execution{}, err
	}
	err := s.onEnded(ctx, c, id, func(d *definition.Definition, x workflow.Execution) error {
		if x.DiscardedAt != nil {
			return nil
		}
		if err := s.redrivable(x, discarding); err != nil {
			return err
		}
		return s.definitions.Record(ctx, d, meta(c), workflow.EventDiscarded, workflow.Discarded{Execution: id}, nil)
	})
	if err != nil {
		return workflow.Execution{}, err
	}
	s.cleaner.Soon(workflow.ExecutionKey{Workspace: c.Workspace, Execution: id})
	return s.current(ctx, c, id)
}
