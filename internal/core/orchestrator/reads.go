package orchestrator

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Every read waits until the read models hold all that was durable when it
// was asked: whoever got an answer, or saw an event, finds its effect.

// List returns a page of workflows, newest first. It needs workflow.WorkflowRead.
func (s *Service) List(ctx context.Context, c workflow.Caller, r ListRequest) (workflow.Page[workflow.Definition], error) {
	var page workflow.Page[workflow.Definition]
	if err := s.look(ctx, c, workflow.WorkflowRead); err != nil {
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
	page.Items, err = s.model.Workflows(ctx, c.Workspace, r.Type, r.State, before, limit)
	if err != nil {
		return page, err
	}
	for i := range page.Items {
		page.Items[i].Warnings = s.warnings(page.Items[i])
	}
	if len(page.Items) == limit {
		page.Next = newCursor("workflows", string(page.Items[limit-1].ID))
	}
	return page, nil
}

// Executions returns a page of executions, newest first. It needs
// workflow.ExecutionRead.
func (s *Service) Executions(ctx context.Context, c workflow.Caller, r ExecutionsRequest) (workflow.Page[workflow.Execution], error) {
	var page workflow.Page[workflow.Execution]
	if err := s.look(ctx, c, workflow.ExecutionRead); err != nil {
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
	items, next, err := s.model.Executions(ctx, c.Workspace, r.Workflow, r.State, cursor, limit)
	if errors.Is(err, readmodel.ErrNone) {
		return page, noWorkflow(r.Workflow)
	}
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
func (s *Service) Execution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := s.look(ctx, c, workflow.ExecutionRead); err != nil {
		return workflow.Execution{}, err
	}
	return s.execution(ctx, c, id)
}

// execution reads without asking for a right and without waiting.
func (s *Service) execution(ctx context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	x, err := s.model.Execution(ctx, c.Workspace, id)
	if errors.Is(err, readmodel.ErrNone) {
		return x, noExecution(id)
	}
	if err != nil {
		return x, err
	}
	x.Progress, err = s.lastProgress(ctx, executionKey{Workspace: c.Workspace, Execution: id})
	return x, err
}

// lastProgress is what is in memory, or else what was stored: after a restart
// the last report is still shown.
func (s *Service) lastProgress(ctx context.Context, key executionKey) (*workflow.Progress, error) {
	if p := s.hub.progress.Get(key); p != nil {
		return p, nil
	}
	return s.model.Progress(ctx, key.Workspace, key.Execution)
}

// Steps returns a page of the steps of an execution, in the order in which
// they began. It needs workflow.ExecutionRead.
func (s *Service) Steps(ctx context.Context, c workflow.Caller, r StepsRequest) (workflow.Page[workflow.Step], error) {
	var page workflow.Page[workflow.Step]
	if err := s.look(ctx, c, workflow.ExecutionRead); err != nil {
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
		return page, errCursor()
	}
	items, next, err := s.model.Steps(ctx, c.Workspace, r.Execution, after, limit)
	if errors.Is(err, readmodel.ErrNone) {
		return page, noExecution(r.Execution)
	}
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
func (s *Service) Events(ctx context.Context, c workflow.Caller, r EventsRequest) (workflow.Page[workflow.Event], error) {
	var page workflow.Page[workflow.Event]
	if err := s.look(ctx, c, workflow.ExecutionRead); err != nil {
		return page, err
	}
	limit, err := pageSize(r.Limit, 100, 1000)
	if err != nil {
		return page, err
	}
	if _, err := s.execution(ctx, c, r.Execution); err != nil {
		return page, err
	}
	events, err := s.store.ReadAll(ctx, max(0, r.After), limit, eventstore.Filter{
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

// Metrics returns the figures of a workflow. It needs workflow.WorkflowRead.
func (s *Service) Metrics(ctx context.Context, c workflow.Caller, id workflow.ID) (workflow.Metrics, error) {
	if err := s.look(ctx, c, workflow.WorkflowRead); err != nil {
		return workflow.Metrics{}, err
	}
	m, err := s.model.Metrics(ctx, c.Workspace, id)
	if errors.Is(err, readmodel.ErrNone) {
		return m, noWorkflow(id)
	}
	if err != nil {
		return m, err
	}
	lag, err := s.Lag(ctx)
	m.LagEvents, m.LagSeconds = lag.Events, lag.Seconds
	return m, err
}

// look checks a right and waits for the read models.
func (s *Service) look(ctx context.Context, c workflow.Caller, p workflow.Permission) error {
	if err := c.Require(p); err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, s.readPatience)
	defer cancel()
	err := s.CaughtUp(wait)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		return &workflow.Error{Category: workflow.CategoryUnavailable, Code: "read_models_behind", RetryAfter: s.readPatience, Cause: err,
			Message: "what the server shows is behind what it has recorded and does not catch up; its log says why (a full disk, most often)"}
	}
	return err
}

// CaughtUp returns once the read models hold everything that is durable now.
func (s *Service) CaughtUp(ctx context.Context) error { return s.modelFailed(s.model.Current(ctx)) }

// WaitFor returns once the read models hold everything up to position.
func (s *Service) WaitFor(ctx context.Context, position int64) error {
	return s.modelFailed(s.model.WaitFor(ctx, position))
}

// Lag says how far the read models are behind the store.
func (s *Service) Lag(ctx context.Context) (Lag, error) {
	l, err := s.model.Lag(ctx)
	return Lag{Events: l.Events, Seconds: l.Age.Seconds(), Fault: l.Fault}, err
}

// modelFailed translates why the read models cannot be waited for.
func (s *Service) modelFailed(err error) error {
	var fault *projection.Fault
	switch {
	case errors.Is(err, projection.ErrStopped):
		return workflow.Unavailable("stopping", "the server is stopping; try again after its restart")
	case errors.As(err, &fault):
		return &workflow.Error{Category: workflow.CategoryUnavailable, Code: "read_models_behind", RetryAfter: s.readPatience, Cause: err,
			Message: fault.At() + " and is tried again by itself; the server's log says why"}
	}
	return err
}

func pageSize(asked, usual, most int) (int, error) {
	switch {
	case asked == 0:
		return usual, nil
	case asked < 0 || asked > most:
		return 0, workflow.Invalid("invalid_limit", "the page size is out of range",
			workflow.Problem{Pointer: "/limit", Code: "range", Detail: fmt.Sprintf("ask for 1 to %d", most)})
	}
	return asked, nil
}

// newCursor hides where a list goes on. The list's name inside makes a cursor
// useless elsewhere; rights are checked by the list itself.
func newCursor(list, at string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list + "\n" + at))
}

func openCursor(cursor, list string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return "", errCursor()
	}
	at, ok := strings.CutPrefix(string(raw), list+"\n")
	if !ok || at == "" {
		return "", errCursor()
	}
	return at, nil
}

func errCursor() error {
	return workflow.Invalid("invalid_cursor", "the cursor does not belong to this list",
		workflow.Problem{Pointer: "/cursor", Code: "invalid_cursor", Detail: "use the value of \"next\" of the page before, with the same filters"})
}
