package query

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/definition"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Get returns a workflow with its newest version. It needs workflow.WorkflowRead.
func (q *Reader) Get(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Definition, error) {
	var out workflow.Definition
	if err := c.Require(workflow.WorkflowRead); err != nil {
		return out, err
	}
	err := q.definitions.Read(ctx, c.Workspace, id, func(d *definition.Definition) error {
		out = d.Shown()
		return nil
	})
	if err == nil {
		out.Warnings = q.Warnings(out)
	}
	return out, err
}

// List returns a page of workflows, newest first. It needs workflow.WorkflowRead.
func (q *Reader) List(ctx context.Context, c workflow.Caller, r ListRequest) (workflow.Page[workflow.Definition], error) {
	var page workflow.Page[workflow.Definition]
	if err := q.Look(ctx, c, workflow.WorkflowRead); err != nil {
		return page, err
	}
	limit, err := pageSize(r.Limit, 50, 100)
	if err != nil {
		return page, err
	}
	before, err := openCursor(r.Cursor, "workflows")
	if err != nil {
		return page, err
	}
	page.Items, err = q.model.Workflows(ctx, c.Workspace, r.Type, r.State, before, limit)
	if err != nil {
		return page, err
	}
	for i := range page.Items {
		page.Items[i].Warnings = q.Warnings(page.Items[i])
	}
	if len(page.Items) == limit {
		page.Next = newCursor("workflows", string(page.Items[limit-1].ID))
	}
	return page, nil
}

// Versions returns all versions of a workflow, oldest first. It needs
// workflow.WorkflowRead.
func (q *Reader) Versions(ctx context.Context, c workflow.Caller, id workflow.ID) ([]workflow.Version, error) {
	if err := c.Require(workflow.WorkflowRead); err != nil {
		return nil, err
	}
	return q.definitions.Versions(ctx, c.Workspace, id)
}

// Metrics returns the figures of a workflow. It needs workflow.WorkflowRead.
func (q *Reader) Metrics(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Metrics, error) {
	if err := q.Look(ctx, c, workflow.WorkflowRead); err != nil {
		return workflow.Metrics{}, err
	}
	m, err := q.model.Metrics(ctx, c.Workspace, id)
	if err != nil {
		return m, err
	}
	lag, err := q.Lag(ctx)
	m.LagEvents, m.LagSeconds = lag.Events, lag.Seconds
	return m, err
}

// Warnings checks a stored configuration again: a later build may support what an
// earlier one ignored.
func (q *Reader) Warnings(d workflow.Definition) []workflow.Problem {
	found, known := q.validate(d.Type, d.Config)
	if !known {
		return []workflow.Problem{{Pointer: "/type", Code: "unknown_type", Detail: "this build does not know this type, so the workflow cannot be started here"}}
	}
	return workflow.Under("/config", found.Warnings)
}
