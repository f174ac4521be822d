package orchestrator

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/admission"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// ForgetResponses runs what Run does once an hour.
func ForgetResponses(s *Service, ctx context.Context) error { return s.responses.Forget(ctx) }

// Places counts the executions of a workflow that have a place or wait for one.
func Places(s *Service, ws workflow.WorkspaceID, id workflow.ID) int {
	begun, pending := s.admission.Open(admission.Lane{Workspace: ws, Workflow: id})
	return begun + pending
}

// Usage counts the executions at work, those that want to go on, and the pending.
func Usage(s *Service) (atWork, waking, pending int) { return s.admission.Usage() }
