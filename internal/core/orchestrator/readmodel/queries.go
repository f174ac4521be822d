package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Bounds of lists: greater than every id. A letter, not a sign, so that it is
// so in every collation.
const (
	afterAllWorkflows  = "wf_z"
	afterAllExecutions = "ex_z"
)

// ErrNone is returned for a thing that the workspace does not have.
var ErrNone = errors.New("no such row")

// Workflows returns up to limit workflows older than before (empty: the
// newest), of a kind and in a state. Empty means all kinds, and all states
// but archived.
func (m *Model) Workflows(ctx context.Context, ws workflow.WorkspaceID, kind string, state workflow.DefinitionState, before string, limit int) ([]workflow.Definition, error) {
	if before == "" {
		before = afterAllWorkflows
	}
	rows, err := m.db.Read().Query(ctx, listWorkflowsSQL, string(ws), before, kind, string(state), int64(limit))
	if err != nil {
		return nil, err
	}
	found, err := collect(rows, scanWorkflow)
	if err != nil {
		return nil, err
	}
	out := make([]workflow.Definition, len(found))
	for i, r := range found {
		out[i] = r.definition()
	}
	return out, nil
}

// Execution returns one execution, without its progress.
func (m *Model) Execution(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (workflow.Execution, error) {
	r, err := m.executionRow(ctx, ws, id)
	if err != nil {
		return workflow.Execution{}, err
	}
	return r.execution(), nil
}

func (m *Model) executionRow(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*executionRow, error) {
	r, err := scanExecution(m.db.Read().QueryRow(ctx, readExecutionSQL, string(ws), string(id)))
	if errors.Is(err, db.ErrNoRows) {
		return nil, ErrNone
	}
	return r, err
}

// Waiting returns whether an open execution still waits for its first place,
// and the priority that it was started with.
func (m *Model) Waiting(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (waits bool, priority int, err error) {
	r, err := m.executionRow(ctx, ws, id)
	if err != nil {
		return false, 0, err
	}
	return r.flags&flagStarted == 0, int(r.priority), nil
}

// Executions returns up to limit executions before a cursor of this list
// (empty: the newest) and the cursor after them.
func (m *Model) Executions(ctx context.Context, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState, cursor string, limit int) ([]workflow.Execution, string, error) {
	rows, bySeq, err := m.executionRows(ctx, ws, of, state, cursor, limit)
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
	if bySeq {
		return out, fmt.Sprint(last.seq), nil
	}
	return out, last.id, nil
}

// executionRows picks the query whose index fits; bySeq says what its cursor is.
func (m *Model) executionRows(ctx context.Context, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState, cursor string, limit int) (out []*executionRow, bySeq bool, err error) {
	sql, args := listExecutionsSQL, []any{string(ws), afterAllExecutions, string(state), int64(limit)}
	switch {
	case of != "":
		w, err := scanWorkflow(m.db.Read().QueryRow(ctx, readWorkflowSQL, string(ws), string(of)))
		if errors.Is(err, db.ErrNoRows) {
			return nil, true, ErrNone
		}
		if err != nil {
			return nil, true, err
		}
		sql, args, bySeq = listWorkflowExecutionsSQL, []any{w.seq, int64(math.MaxInt64), string(state), int64(limit)}, true
	case state != "" && !state.Ended():
		sql, args[1], bySeq = listOpenExecutionsSQL, int64(math.MaxInt64), true
	}
	if cursor != "" {
		args[1] = cursor
		if bySeq {
			var seq int64
			if _, err := fmt.Sscan(cursor, &seq); err != nil {
				return nil, bySeq, ErrNone
			}
			args[1] = seq
		}
	}
	rows, err := m.db.Read().Query(ctx, sql, args...)
	if err != nil {
		return nil, bySeq, err
	}
	out, err = collect(rows, scanExecution)
	return out, bySeq, err
}

// Steps returns up to limit steps of an execution after a cursor, in the
// order of their starts, and the cursor after them.
func (m *Model) Steps(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID, after int64, limit int) ([]workflow.Step, int64, error) {
	r, err := m.executionRow(ctx, ws, id)
	if err != nil {
		return nil, 0, err
	}
	rows, err := m.db.Read().Query(ctx, listStepsSQL, r.seq, after, int64(limit))
	if err != nil {
		return nil, 0, err
	}
	found, err := collect(rows, scanStep)
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

// Metrics returns the figures of a workflow.
func (m *Model) Metrics(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (workflow.Metrics, error) {
	_, f, err := m.figures(ctx, ws, id)
	if err != nil {
		return workflow.Metrics{}, err
	}
	return f.metrics(id), nil
}

func (m *Model) figures(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (*workflowRow, *figures, error) {
	r, err := scanWorkflow(m.db.Read().QueryRow(ctx, readWorkflowSQL, string(ws), string(id)))
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil, ErrNone
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := readFigures(ctx, m.db.Read(), r.seq)
	return r, f, err
}

// maxParked bounds the parked executions that a health report names.
const maxParked = 20

// Pulse is what a health report is made from.
type Pulse struct {
	State         workflow.DefinitionState
	InARow        int // failures since the last success
	Ends          []workflow.LastEnd
	Open, Pending int
	Parked        []workflow.Execution
}

// Pulse returns how a workflow has been doing.
func (m *Model) Pulse(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (Pulse, error) {
	w, f, err := m.figures(ctx, ws, id)
	if err != nil {
		return Pulse{}, err
	}
	p := Pulse{State: workflow.DefinitionState(w.state), InARow: f.InARow, Pending: int(f.States[workflow.Pending])}
	for state, n := range f.States {
		if !state.Ended() {
			p.Open += int(n)
		}
	}
	for _, e := range f.Ends {
		p.Ends = append(p.Ends, workflow.LastEnd{Execution: workflow.ExecutionID(e.Execution), State: e.State, At: at(e.At), Error: failureOf(string(e.Error))})
	}
	if f.States[workflow.Parked] > 0 {
		p.Parked, _, err = m.Executions(ctx, ws, id, workflow.Parked, "", maxParked)
	}
	return p, err
}

// SavedProgress is a progress report on its way to its row.
type SavedProgress struct {
	Workspace workflow.WorkspaceID
	Execution workflow.ExecutionID
	Progress  workflow.Progress
}

// SaveProgress stores the last reports of several executions. They are not
// folded from events and a rebuild leaves them alone.
func (m *Model) SaveProgress(ctx context.Context, reports []SavedProgress) error {
	return m.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, r := range reports {
			raw, err := json.Marshal(r.Progress)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, upsertProgressSQL, string(r.Workspace), string(r.Execution), string(raw), r.Progress.UpdatedAt.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Progress returns the last stored report of an execution, nil when there is none.
func (m *Model) Progress(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*workflow.Progress, error) {
	var raw string
	err := m.db.Read().QueryRow(ctx, readProgressSQL, string(ws), string(id)).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &workflow.Progress{}
	return p, json.Unmarshal([]byte(raw), p)
}
