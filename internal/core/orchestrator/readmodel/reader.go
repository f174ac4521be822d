package readmodel

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// name is an id within its workspace.
type name struct{ workspace, id string }

// reader reads rows as they were last written.
type reader struct {
	db  *db.DB
	sql *statements
}

// workflow returns a row without its figures, and db.ErrNoRows where there is
// none.
func (r *reader) workflow(ctx context.Context, of name) (*workflowRow, error) {
	workspace, err := r.db.Workspace(ctx, of.workspace)
	if err != nil {
		return nil, err
	}
	return scanWorkflow(of.workspace, r.db.Read().QueryRow(ctx, r.sql.readWorkflow, workspace, of.id))
}

// figures returns the figures of a workflow.
func (r *reader) figures(ctx context.Context, workflow int64) (*figures, error) {
	var raw string
	if err := r.db.Read().QueryRow(ctx, r.sql.readFigures, workflow).Scan(&raw); err != nil {
		return nil, err
	}
	f := newFigures()
	return f, json.Unmarshal([]byte(raw), f)
}

// counted returns a row with its figures, nil where there is none.
func (r *reader) counted(ctx context.Context, of name) (*workflowRow, error) {
	row, err := r.workflow(ctx, of)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	row.figures, err = r.figures(ctx, row.seq)
	return row, err
}

// execution returns a row without its steps, and db.ErrNoRows where there is
// none.
func (r *reader) execution(ctx context.Context, of name) (*executionRow, error) {
	workspace, err := r.db.Workspace(ctx, of.workspace)
	if err != nil {
		return nil, err
	}
	return scanExecution(of.workspace, r.db.Read().QueryRow(ctx, r.sql.readExecution, workspace, of.id))
}

// open returns a row with its open steps, nil where there is none.
func (r *reader) open(ctx context.Context, of name) (*executionRow, error) {
	row, err := r.execution(ctx, of)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	steps, err := collect(ctx, r, scanStep, r.sql.listOpenSteps, row.seq)
	for _, s := range steps {
		if s.generation == max(1, int64(row.more.Generation)) { // those of earlier ones never end
			row.openSteps[s.path] = s
		}
	}
	return row, err
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, r *reader, scan func(scanner) (*T, error), sql string, args ...any) ([]*T, error) {
	rows, err := r.db.Read().Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []*T
	for rows.Next() {
		row, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
	return out, rows.Err()
}
