package orchestrator

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
)

// Outcomes is where kinds keep what happened to single rows.
type Outcomes interface {
	// Sweep deletes what is kept no longer, of executions that have ended.
	Sweep(ctx context.Context, ended func(context.Context, executionKey) (bool, error)) error
}

// sweepOutcomes deletes row outcomes that are kept no longer.
func (s *Service) sweepOutcomes(ctx context.Context) {
	if s.outcomes == nil {
		return
	}
	if err := s.outcomes.Sweep(ctx, s.hasEnded); err != nil && ctx.Err() == nil {
		s.log.Warn("outcomes of rows that are kept no longer could not be deleted; a later sweep tries again", "error", err)
	}
}

// hasEnded reports whether an execution has ended. One that is not shown yet has
// not.
func (s *Service) hasEnded(ctx context.Context, key executionKey) (bool, error) {
	x, err := s.model.Execution(ctx, key.Workspace, key.Execution)
	if errors.Is(err, readmodel.ErrNone) {
		return false, nil
	}
	return x.State.Ended(), err
}
