package readmodel

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

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
		err = workflow.NoWorkflow(id)
	}
	return w, err
}

// maxParked bounds the parked executions that a health report names.
const maxParked = 20

// Pulse returns how a workflow has been doing.
func (m *Model) Pulse(ctx context.Context, ws workflow.WorkspaceID, id workflow.ID) (workflow.Pulse, error) {
	w, err := m.counted(ctx, ws, id)
	if err != nil {
		return workflow.Pulse{}, err
	}
	f := w.figures
	p := workflow.Pulse{State: workflow.DefinitionState(w.state), InARow: f.InARow, Pending: int(f.States[workflow.Pending])}
	for state, n := range f.States {
		if !state.Ended() {
			p.Open += int(n)
		}
	}
	for _, e := range f.Ends {
		p.Ends = append(p.Ends, workflow.LastEnd{Execution: workflow.ExecutionID(e.Execution), State: e.State, At: at(e.At), Error: failureOf(string(e.Error))})
	}
	p.Parked, _, err = m.Executions(ctx, ws, id, workflow.Parked, "", maxParked) // children too
	return p, err
}
