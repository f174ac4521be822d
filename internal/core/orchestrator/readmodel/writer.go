package readmodel

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// writer stores what events have changed.
type writer struct {
	workflows  *projection.Upsert[*workflowRow]
	figures    *projection.Upsert[figuresRow]
	executions *projection.Upsert[*executionRow]
	steps      *projection.Upsert[*stepRow]
}

// figuresRow is a row of workflow_figures.
type figuresRow struct {
	workflow int64
	figures  string
}

func newWriter(d db.Dialect, sql *statements) *writer {
	return &writer{
		workflows: projection.NewUpsert(d, sql.upsertWorkflows, func(ctx context.Context, tx db.Tx, r *workflowRow, to []any) ([]any, error) {
			workspace, err := tx.Workspace(ctx, r.workspace)
			return r.args(append(to, workspace)), err
		}),
		figures: projection.NewUpsert(d, sql.upsertFigures, func(_ context.Context, _ db.Tx, r figuresRow, to []any) ([]any, error) {
			return append(to, r.workflow, r.figures), nil
		}),
		executions: projection.NewUpsert(d, sql.upsertExecutions, func(ctx context.Context, tx db.Tx, r *executionRow, to []any) ([]any, error) {
			workspace, err := tx.Workspace(ctx, r.workspace)
			return r.args(append(to, workspace)), err
		}),
		steps: projection.NewUpsert(d, sql.upsertSteps, func(_ context.Context, _ db.Tx, r *stepRow, to []any) ([]any, error) {
			return r.args(to), nil
		}),
	}
}

// write returns the write that stores some changes.
func (w *writer) write(c changes) (db.Write, error) {
	figures := make([]figuresRow, 0, len(c.figures))
	for _, r := range c.figures {
		raw, err := json.Marshal(r.figures)
		if err != nil {
			return nil, fmt.Errorf("figures of %s: %w", r.id, err)
		}
		figures = append(figures, figuresRow{r.seq, string(raw)})
	}
	return func(ctx context.Context, tx db.Tx) error {
		if err := w.workflows.Write(ctx, tx, c.workflows); err != nil {
			return err
		}
		if err := w.figures.Write(ctx, tx, figures); err != nil {
			return err
		}
		if err := w.executions.Write(ctx, tx, c.executions); err != nil {
			return err
		}
		return w.steps.Write(ctx, tx, c.steps)
	}, nil
}
