package orchestrator

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// ForgetResponses runs what Run does once an hour.
func ForgetResponses(s *Service, ctx context.Context) error { return s.responses.Forget(ctx) }

// WaitEnd returns an execution once it has ended, as it is shown.
func (s *Service) WaitEnd(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if _, err := s.AwaitEnd(ctx, c, id); err != nil {
		return workflow.Execution{}, err
	}
	return s.Execution(ctx, c, id)
}

// Places counts the executions of a workflow that have a place or wait for one.
func Places(s *Service, ws workflow.WorkspaceID, id workflow.ID) int {
	begun, pending := s.admission.Open(admission.Lane{Workspace: ws, Workflow: id})
	return begun + pending
}

// Usage counts the executions at work, those that want to go on, and the pending.
func Usage(s *Service) (atWork, waking, pending int) { return s.admission.Usage() }
