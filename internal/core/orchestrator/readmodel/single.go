package readmodel

import (
	"context"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Execution returns one execution, without its progress.
func (m *Model) Execution(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (workflow.Execution, error) {
	r, err := m.executionRow(ctx, ws, id)
	if err != nil {
		return workflow.Execution{}, err
	}
	return r.execution(), nil
}

func (m *Model) executionRow(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*executionRow, error) {
	r, err := m.reader.execution(ctx, name{string(ws), string(id)})
	if errors.Is(err, db.ErrNoRows) {
		return nil, workflow.NoExecution(id)
	}
	return r, err
}

// Needed reports whether what an execution has kept is still needed: while it is
// open, while it can be redriven, which is so if it has failed after a time, and
// while that is so of an execution that took over from it, or that it is a child
// of. It fails with a not-found error for an execution that is not known.
func (m *Model) Needed(ctx context.Context, id workflow.ExecutionID, failedAfter time.Time) (bool, error) {
	for seen := map[workflow.ExecutionID]bool{}; !seen[id]; {
		seen[id] = true
		var state, ended int64
		var column string
		err := m.db.Read().QueryRow(ctx, m.sql.findExecution, string(id)).Scan(&state, &ended, &column)
		if errors.Is(err, db.ErrNoRows) {
			return false, workflow.NoExecution(id)
		}
		if err != nil {
			return false, err
		}
		var more moreRow
		more.decode(column)
		switch {
		case ended == 0:
			return true, nil
		case more.Parent != nil:
			id = more.Parent.Execution
		case more.SupersededBy != "":
			id = workflow.ExecutionID(more.SupersededBy)
		default:
			return stateOf(executionStates, state) == string(workflow.Failed) && more.DiscardedAt == 0 && ended > failedAfter.UnixMicro(), nil
		}
	}
	return false, nil
}
