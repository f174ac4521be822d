package orchestrator

import (
	"context"
	"encoding/json"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const (
	// atOnce bounds the executions that a verb on a workflow works on at the same
	// time; their commits share an fsync.
	atOnce = 64
	// pageOfOpen is how many open executions are listed at once.
	pageOfOpen = 1000
)

// verb is a call of the engine that steers one execution.
type verb func(ctx context.Context, workspace, execution string, m eventstore.Meta) (int64, error)

// PauseWorkflow stops new starts; open executions pause at their next step,
// pending ones stay pending. It needs workflow.WorkflowRun. A second call
// pauses whatever is still running.
func (s *Service) PauseWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	return s.toggle(ctx, c, id, workflow.Halted, func(d *definition.Definition) error {
		_, err := s.onOpen(ctx, c, id, s.engine.Pause, false)
		return err
	})
}

// ResumeWorkflow undoes PauseWorkflow: starts are taken again, and all open
// executions go on that are paused or parked. It needs workflow.WorkflowRun.
func (s *Service) ResumeWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	return s.toggle(ctx, c, id, workflow.Active, func(d *definition.Definition) error {
		_, err := s.onOpen(ctx, c, id, s.engine.Resume, false)
		return err
	})
}

func (s *Service) toggle(ctx context.Context, c workflow.Caller, id workflow.ID, to workflow.DefinitionState, then func(*definition.Definition) error) (workflow.Definition, error) {
	var out workflow.Definition
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return out, err
	}
	err := s.definitions.Change(ctx, c.Workspace, id, func(d *definition.Definition) error {
		if d.State == workflow.Archived {
			return errArchived(id)
		}
		if d.State != to {
			kind := workflow.EventPaused
			if to == workflow.Active {
				kind = workflow.EventResumed
			}
			if err := s.definitions.Record(ctx, d, meta(c), kind, struct{}{}, nil); err != nil {
				return err
			}
		}
		s.admission.Halt(admission.Lane{Workspace: c.Workspace, Workflow: id}, to == workflow.Halted)
		out = d.Shown()
		return then(d)
	})
	if err == nil {
		out.Warnings = s.Warnings(out)
	}
	return out, err
}

// CancelWorkflow cancels all open executions, the pending ones too, and
// returns how many it asked. It needs workflow.WorkflowRun.
func (s *Service) CancelWorkflow(ctx context.Context, c workflow.Caller, id workflow.ID) (int, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return 0, err
	}
	n := 0
	err := s.definitions.Change(ctx, c.Workspace, id, func(*definition.Definition) (err error) {
		n, err = s.onOpen(ctx, c, id, s.engine.Cancel, true)
		return err
	})
	return n, err
}

// onOpen runs a verb on the open executions of a workflow and returns how
// many it reached. One that has ended meanwhile is no error. Nothing starts
// meanwhile: the caller holds the definition. But an execution may change its
// state while they are listed state by state, and start a child, so they are
// listed until there is none left that the verb has not reached.
func (s *Service) onOpen(ctx context.Context, c workflow.Caller, id workflow.ID, do verb, pending bool) (int, error) {
	reached := map[workflow.ExecutionID]bool{}
	for {
		open, err := s.openOf(ctx, c.Workspace, id)
		if err != nil {
			return len(reached), err
		}
		var missed []workflow.ExecutionID
		for _, x := range open {
			if !reached[x.ID] && (pending || x.State != workflow.Pending) {
				reached[x.ID] = true
				missed = append(missed, x.ID)
			}
		}
		if len(missed) == 0 {
			return len(reached), nil
		}
		if err := onEach(ctx, c, missed, do); err != nil {
			return len(reached), err
		}
	}
}

// onEach runs a verb on executions that were open a moment ago.
func onEach(ctx context.Context, c workflow.Caller, open []workflow.ExecutionID, do verb) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for _, id := range open {
		group.Go(func() error {
			_, err := do(ctx, string(c.Workspace), string(id), meta(c))
			if errors.Is(err, engine.ErrEnded) || errors.Is(err, engine.ErrNotFound) {
				return nil
			}
			return verbFailed(err, id)
		})
	}
	return group.Wait()
}

// openOf lists the open executions of a workflow.
func (s *Service) openOf(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) ([]workflow.Execution, error) {
	if err := s.CaughtUp(ctx); err != nil {
		return nil, err
	}
	var open []workflow.Execution
	for _, state := range workflow.ExecutionStates() {
		if state.Ended() {
			continue
		}
		for cursor := ""; ; {
			page, next, err := s.model.Executions(ctx, ws, id, state, cursor, pageOfOpen)
			if errors.Is(err, workflow.ErrNotFound) {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			if open = append(open, page...); next == "" {
				break
			}
			cursor = next
		}
	}
	return open, nil
}

// CancelExecution stops an execution: no new step starts, then its undos run.
// It needs workflow.WorkflowRun. Cancelling what is cancelled is no error.
func (s *Service) CancelExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	return s.onExecution(ctx, c, id, s.engine.Cancel, workflow.Cancelled)
}

// PauseExecution lets running steps end and starts no further one. It needs
// workflow.WorkflowRun.
func (s *Service) PauseExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	return s.onExecution(ctx, c, id, s.engine.Pause, "")
}

// ResumeExecution lets a paused or parked execution go on. It needs
// workflow.WorkflowRun. A step of unknown outcome needs an answer instead.
func (s *Service) ResumeExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	x, err := s.onExecution(ctx, c, id, s.engine.Resume, "")
	if err == nil && x.State == workflow.Parked && x.Parked != nil && x.Parked.Reason == workflow.ReasonOutcomeUnknown {
		return x, workflow.Conflict("answer_needed", "execution %s stays parked, because it is unknown whether step %s at %s took effect; answer it with done, not_done or fail", id, x.Parked.Step, x.Parked.Path)
	}
	return x, err
}

// onExecution runs a verb and returns the execution as the verb left it.
// settled is the end at which the verb has nothing left to do.
func (s *Service) onExecution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID, do verb, settled workflow.ExecutionState) (workflow.Execution, error) {
	if err := s.admit(ctx, c, workflow.WorkflowRun); err != nil {
		return workflow.Execution{}, err
	}
	position, err := do(ctx, string(c.Workspace), string(id), meta(c))
	if err != nil && !errors.Is(err, engine.ErrEnded) {
		return workflow.Execution{}, verbFailed(err, id)
	}
	wait := func() error { return s.WaitFor(ctx, position) }
	if err != nil { // it has ended at a position that only the store knows
		wait = func() error { return s.CaughtUp(ctx) }
	}
	if waitErr := wait(); waitErr != nil {
		return workflow.Execution{}, waitErr
	}
	x, readErr := s.Find(ctx, c, id)
	if readErr != nil {
		return workflow.Execution{}, readErr
	}
	if err != nil && x.State != settled {
		return workflow.Execution{}, workflow.Conflict("execution_ended", "execution %s has ended (%s); nothing reaches it any more", id, x.State)
	}
	return x, nil
}

// AnswerRequest settles a step of which nobody knows whether it had its
// effect, or an undo that cannot succeed.
type AnswerRequest struct {
	Generation int // that the path belongs to; zero: the current one
	Path       string
	Verdict    engine.Verdict  // done, not_done or fail
	Result     json.RawMessage // of done
	Message    string          // of fail
}

// AnswerStep settles a parked step by what a person found out. It needs
// workflow.WorkflowRun.
func (s *Service) AnswerStep(ctx context.Context, c workflow.Caller, id workflow.ExecutionID, r AnswerRequest) (workflow.Execution, error) {
	answer := func(ctx context.Context, ws, execution string, m eventstore.Meta) (int64, error) {
		return s.engine.Answer(ctx, ws, execution, engine.Answer{Generation: r.Generation, Path: r.Path, Verdict: r.Verdict, Result: r.Result, Message: r.Message}, m)
	}
	return s.onExecution(ctx, c, id, answer, "")
}

func verbFailed(err error, id workflow.ExecutionID) error {
	var misfit *engine.MisfitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, engine.ErrNotFound):
		return workflow.NoExecution(id)
	case errors.Is(err, engine.ErrNotWaiting):
		return workflow.Conflict("not_waiting", "nothing at this path of %s waits for an answer", id)
	case errors.Is(err, engine.ErrTooManySignals):
		return workflow.Conflict("too_many_signals", "execution %s keeps as many of these signals as it may (%d, or %d KiB of data) and has not taken them yet; send this one when it has", id, engine.MaxUnreadSignals, engine.MaxUnreadBytes>>10)
	case errors.As(err, &misfit):
		return workflow.Invalid("invalid_result", "the answer cannot be accepted: the step could not have returned this result",
			workflow.Problem{Pointer: "/result" + misfit.Pointer, Code: "invalid", Detail: misfit.Detail})
	case errors.Is(err, engine.ErrStopping):
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	}
	return err
}
