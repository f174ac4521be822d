package readmodel

import (
	"context"
	"errors"
	"math"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Bounds of lists: greater than every id. A letter, not a sign, so that it is
// so in every collation.
const (
	afterAllWorkflows  = "wf_z"
	afterAllExecutions = "ex_z"
)

// Workflows returns up to limit workflows older than before (empty: the
// newest), of a kind and in a state. Empty means all kinds, and all states
// but archived.
func (m *Model) Workflows(ctx context.Context, ws workflow.WorkspaceID, kind string, state workflow.DefinitionState, before string, limit int) ([]workflow.Definition, error) {
	workspace, err := m.db.Workspace(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	if before == "" {
		before = afterAllWorkflows
	}
	sql, args := m.sql.listWorkflows, []any{workspace, before, int64(limit)}
	switch {
	case kind != "" && state != "":
		sql, args = m.sql.listWorkflowsOfKindInState, append(args, kind, string(state))
	case kind != "":
		sql, args = m.sql.listWorkflowsOfKind, append(args, kind)
	case state != "":
		sql, args = m.sql.listWorkflowsInState, append(args, string(state))
	}
	found, err := collect(ctx, m.reader, func(row scanner) (*workflowRow, error) { return scanWorkflow(string(ws), row) }, sql, args...)
	if err != nil {
		return nil, err
	}
	out := make([]workflow.Definition, len(found))
	for i, r := range found {
		out[i] = r.definition()
	}
	return out, nil
}

// Executions returns up to limit executions before a cursor of this list
// (empty: the newest) and the cursor after them. The list of all is ordered by
// id, the others by the position of the creation.
func (m *Model) Executions(ctx context.Context, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState, cursor string, limit int) ([]workflow.Execution, string, error) {
	sql, args, err := m.executionList(ctx, ws, of, state)
	if err != nil {
		return nil, "", err
	}
	if args[1], err = executionCursor(of, state, cursor); err != nil {
		return nil, "", err
	}
	args[2] = int64(limit)
	rows, err := collect(ctx, m.reader, func(row scanner) (*executionRow, error) { return scanExecution(string(ws), row) }, sql, args...)
	if err != nil {
		return nil, "", err
	}
	out := make([]workflow.Execution, len(rows))
	for i, r := range rows {
		out[i] = r.execution()
	}
	if len(rows) < limit {
		return out, "", nil
	}
	last := rows[len(rows)-1]
	if listedByID(of, state) {
		return out, last.id, nil
	}
	return out, strconv.FormatInt(last.seq, 10), nil
}

// executionList returns the statement of a list, which has an index of its own,
// and its arguments; cursor and limit are left open.
func (m *Model) executionList(ctx context.Context, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState) (sql string, args []any, err error) {
	workspace, err := m.db.Workspace(ctx, string(ws))
	if err != nil {
		return "", nil, err
	}
	args = []any{workspace, nil, nil}
	var seq int64
	if of != "" {
		err := m.db.Read().QueryRow(ctx, m.sql.findWorkflow, workspace, string(of)).Scan(&seq)
		if errors.Is(err, db.ErrNoRows) {
			return "", nil, workflow.NoWorkflow(of)
		}
		if err != nil {
			return "", nil, err
		}
	}
	code := codeOf(executionStates, state)
	switch {
	case of != "" && state != "":
		return m.sql.listExecutionsOfWorkflowInState, append(args, seq, code), nil
	case of != "":
		return m.sql.listExecutionsOfWorkflow, append(args, seq), nil
	case state != "":
		return m.sql.listExecutionsInState, append(args, code), nil
	}
	return m.sql.listExecutions, args, nil
}

func listedByID(of workflow.ID, state workflow.ExecutionState) bool { return of == "" && state == "" }

// executionCursor returns the bound that a cursor stands for.
func executionCursor(of workflow.ID, state workflow.ExecutionState, cursor string) (any, error) {
	switch {
	case listedByID(of, state) && cursor == "":
		return afterAllExecutions, nil
	case listedByID(of, state):
		return cursor, nil
	case cursor == "":
		return int64(math.MaxInt64), nil
	}
	seq, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil {
		return nil, workflow.InvalidCursor()
	}
	return seq, nil
}

// Steps returns up to limit steps of an execution after a cursor, in the
// order of their starts, and the cursor after them.
func (m *Model) Steps(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID, after int64, limit int) ([]workflow.Step, int64, error) {
	r, err := m.executionRow(ctx, ws, id)
	if err != nil {
		return nil, 0, err
	}
	found, err := collect(ctx, m.reader, scanStep, m.sql.listSteps, r.seq, after, int64(limit))
	if err != nil {
		return nil, 0, err
	}
	out := make([]workflow.Step, len(found))
	for i, s := range found {
		out[i] = s.step()
	}
	if len(found) < limit {
		return out, 0, nil
	}
	return out, found[len(found)-1].seq, nil
}
