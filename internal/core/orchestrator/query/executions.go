package query

import (
	"context"
	"fmt"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Executions returns a page of executions, newest first. It needs
// workflow.ExecutionRead.
func (q *Reader) Executions(ctx context.Context, c workflow.Caller, r ExecutionsRequest) (workflow.Page[workflow.Execution], error) {
	var page workflow.Page[workflow.Execution]
	if err := q.Look(ctx, c, workflow.ExecutionRead); err != nil {
		return page, err
	}
	limit, err := pageSize(r.Limit, 50, 100)
	if err != nil {
		return page, err
	}
	list := fmt.Sprintf("executions %s %s", r.Workflow, r.State)
	cursor, err := openCursor(r.Cursor, list)
	if err != nil {
		return page, err
	}
	items, next, err := q.model.Executions(ctx, c.Workspace, r.Workflow, r.State, cursor, limit)
	if err != nil {
		return page, err
	}
	page.Items = items
	if next != "" {
		page.Next = newCursor(list, next)
	}
	return page, nil
}

// Execution returns an execution with its last progress. It needs
// workflow.ExecutionRead.
func (q *Reader) Execution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := q.Look(ctx, c, workflow.ExecutionRead); err != nil {
		return workflow.Execution{}, err
	}
	return q.Find(ctx, c, id)
}

// Find reads an execution without asking for a right and without waiting.
func (q *Reader) Find(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	x, err := q.model.Execution(ctx, c.Workspace, id)
	if err != nil {
		return x, err
	}
	x.Progress, err = q.lastProgress(ctx, workflow.ExecutionKey{Workspace: c.Workspace, Execution: id})
	return x, err
}

// lastProgress is what is in memory, or else what was stored: after a restart
// the last report is still shown.
func (q *Reader) lastProgress(ctx context.Context, key workflow.ExecutionKey) (*workflow.Progress, error) {
	if p := q.progress.Get(key); p != nil {
		return p, nil
	}
	return q.model.Progress(ctx, key.Workspace, key.Execution)
}

// Steps returns a page of the steps of an execution, in the order in which
// they began. It needs workflow.ExecutionRead.
func (q *Reader) Steps(ctx context.Context, c workflow.Caller, r StepsRequest) (workflow.Page[workflow.Step], error) {
	var page workflow.Page[workflow.Step]
	if err := q.Look(ctx, c, workflow.ExecutionRead); err != nil {
		return page, err
	}
	limit, err := pageSize(r.Limit, 100, 1000)
	if err != nil {
		return page, err
	}
	list := "steps " + string(r.Execution)
	cursor, err := openCursor(r.Cursor, list)
	if err != nil {
		return page, err
	}
	after, err := strconv.ParseInt("0"+cursor, 10, 64)
	if err != nil {
		return page, workflow.InvalidCursor()
	}
	items, next, err := q.model.Steps(ctx, c.Workspace, r.Execution, after, limit)
	if err != nil {
		return page, err
	}
	page.Items = items
	if next != 0 {
		page.Next = newCursor(list, strconv.FormatInt(next, 10))
	}
	return page, nil
}

// Events returns a page of the events of an execution, oldest first. Next is
// the position to ask after. It needs workflow.ExecutionRead.
func (q *Reader) Events(ctx context.Context, c workflow.Caller, r EventsRequest) (workflow.Page[workflow.Event], error) {
	var page workflow.Page[workflow.Event]
	if err := q.Look(ctx, c, workflow.ExecutionRead); err != nil {
		return page, err
	}
	limit, err := pageSize(r.Limit, 100, 1000)
	if err != nil {
		return page, err
	}
	if _, err := q.Find(ctx, c, r.Execution); err != nil {
		return page, err
	}
	events, err := q.store.ReadAll(ctx, max(0, r.After), limit, eventstore.Filter{
		Workspace: string(c.Workspace), StreamType: engine.StreamType, StreamID: string(r.Execution)})
	if err != nil {
		return page, err
	}
	for i := range events {
		page.Items = append(page.Items, shownEvent(&events[i]))
	}
	if len(events) == limit {
		page.Next = strconv.FormatInt(events[limit-1].Position, 10)
	}
	return page, nil
}

func shownEvent(e *eventstore.Event) workflow.Event {
	out := workflow.Event{Position: e.Position, ID: e.ID, Type: e.Type, Time: e.Time,
		Actor: workflow.Actor{Type: e.Meta.Actor.Type, ID: e.Meta.Actor.ID}, Data: engine.Shown(e.Type, e.Labels, e.Data)}
	switch e.Stream.Type {
	case engine.StreamType:
		out.Execution, out.Workflow = workflow.ExecutionID(e.Stream.ID), workflow.ID(engine.DecodeLabels(e.Labels).Definition)
	case workflow.StreamType:
		out.Workflow = workflow.ID(e.Stream.ID)
	}
	return out
}
