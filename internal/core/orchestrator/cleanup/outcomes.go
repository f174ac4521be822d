package cleanup

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Outcomes is where kinds keep what happened to single rows.
type Outcomes interface {
	// Sweep deletes what is kept no longer, of executions that have ended.
	Sweep(ctx context.Context, ended func(context.Context, workflow.ExecutionKey) (bool, error)) error
}

// sweepOutcomes deletes row outcomes that are kept no longer.
func (c *Cleaner) sweepOutcomes(ctx context.Context) {
	if c.Outcomes == nil {
		return
	}
	if err := c.Outcomes.Sweep(ctx, c.hasEnded); err != nil && ctx.Err() == nil {
		c.Log.Warn("outcomes of rows that are kept no longer could not be deleted; a later sweep tries again", "error", err)
	}
}

// hasEnded reports whether an execution has ended. One that is not shown yet has
// not.
func (c *Cleaner) hasEnded(ctx context.Context, key workflow.ExecutionKey) (bool, error) {
	x, err := c.Model.Execution(ctx, key.Workspace, key.Execution)
	if errors.Is(err, workflow.ErrNotFound) {
		return false, nil
	}
	return x.State.Ended(), err
}
