package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"time"

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
			return "", nil, ErrNone
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
		return nil, ErrNone
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

// Metrics returns the figures of a workflow.
func (m *Model) Metrics(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (workflow.Metrics, error) {
	w, err := m.counted(ctx, ws, id)
	if err != nil {
		return workflow.Metrics{}, err
	}
	return w.figures.metrics(id), nil
}

// counted returns a workflow with its figures.
func (m *Model) counted(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (*workflowRow, error) {
	w, err := m.reader.counted(ctx, name{string(ws), string(id)})
	if err == nil && w == nil {
		err = ErrNone
	}
	return w, err
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
	w, err := m.counted(ctx, ws, id)
	if err != nil {
		return Pulse{}, err
	}
	f := w.figures
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
			workspace, err := tx.Workspace(ctx, string(r.Workspace))
			if err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, m.sql.upsertProgress, workspace, string(r.Execution), string(raw), r.Progress.UpdatedAt.UnixMicro()); err != nil {
				return err
			}
		}
		return nil
	})
}

// Progress returns the last stored report of an execution, nil when there is none.
func (m *Model) Progress(ctx context.Context, ws workflow.WorkspaceID, id workflow.ExecutionID) (*workflow.Progress, error) {
	workspace, err := m.db.Workspace(ctx, string(ws))
	if err != nil {
		return nil, err
	}
	var raw string
	err = m.db.Read().QueryRow(ctx, m.sql.readProgress, workspace, string(id)).Scan(&raw)
	if errors.Is(err, db.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	p := &workflow.Progress{}
	return p, json.Unmarshal([]byte(raw), p)
}

// Needed reports whether what an execution has kept is still needed: while it is
// open, while it can be redriven, which ends at a time after its end, and while
// that is so of an execution that took over from it.
// It fails with ErrNone for an execution that is not known.
func (m *Model) Needed(ctx context.Context, id workflow.ExecutionID, failedAfter time.Time) (bool, error) {
	for seen := map[workflow.ExecutionID]bool{}; !seen[id]; {
		seen[id] = true
		var state, ended int64
		var column string
		err := m.db.Read().QueryRow(ctx, m.sql.findExecution, string(id)).Scan(&state, &ended, &column)
		if errors.Is(err, db.ErrNoRows) {
			return false, ErrNone
		}
		if err != nil {
			return false, err
		}
		var more moreRow
		more.decode(column)
		switch {
		case ended == 0:
			return true, nil
		case more.SupersededBy != "":
			id = workflow.ExecutionID(more.SupersededBy)
		default:
			return stateOf(executionStates, state) == string(workflow.Failed) && more.DiscardedAt == 0 && ended > failedAfter.UnixMicro(), nil
		}
	}
	return false, nil
}
