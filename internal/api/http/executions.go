package http

import (
	"context"
	"encoding/base64"
	"net/http"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagExecutions = "Executions"

// executions registers everything about one run.
func (f *face) executions() {
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/executions", id: "list-executions", tag: tagExecutions,
		summary: "List executions", about: "Of all workflows, newest first."}, f.listExecutions)
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/executions/{id}", id: "get-execution", tag: tagExecutions,
		summary: "Get an execution", about: "State, progress, result, or why it failed or waits and what makes it go on."}, f.getExecution)
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/executions/{id}/steps", id: "list-execution-steps", tag: tagExecutions,
		summary: "List the steps of an execution", about: "In the order of their paths."}, f.listSteps)
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/executions/{id}/events", id: "list-execution-events", tag: tagExecutions,
		summary: "List the events of an execution", about: "Oldest first, each with its position in the store."}, f.listEvents)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/executions/{id}/cancel", id: "cancel-execution", tag: tagExecutions, status: http.StatusAccepted,
		summary: "Cancel an execution", about: "Awaits the step in flight, undoes what must be undone, ends as cancelled. Repeating it changes nothing.", fails: []int{http.StatusConflict}}, f.cancelExecution)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/executions/{id}/pause", id: "pause-execution", tag: tagExecutions,
		summary: "Pause an execution", about: "It stops at its next step. Repeating it changes nothing.", fails: []int{http.StatusConflict}}, f.pauseExecution)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/executions/{id}/resume", id: "resume-execution", tag: tagExecutions,
		summary: "Resume an execution", about: "Lets a paused or parked one go on. Repeating it changes nothing.", fails: []int{http.StatusConflict}}, f.resumeExecution)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/executions/{id}/answer", id: "answer-execution", tag: tagExecutions,
		summary: "Answer what became of a step",
		about:   "For an execution that is parked as outcome_unknown or compensation_stuck: say what you found in the other system, and it goes on.", fails: []int{http.StatusConflict}}, f.answerExecution)
}

// ExecutionsQuery asks for one page of executions.
type ExecutionsQuery struct {
	PageQuery
	State workflow.ExecutionState `query:"state" enum:"pending,running,paused,parked,cancelling,compensating,completed,failed,cancelled" doc:"Only this state"`
}

func (f *face) listExecutions(ctx context.Context, c workflow.Caller, in *ExecutionsQuery) (*body[workflow.Page[workflow.Execution]], error) {
	return answerOf(f.Orchestrator.Executions(ctx, c, orchestrator.ExecutionsRequest{State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (f *face) getExecution(ctx context.Context, c workflow.Caller, in *ExecutionPath) (*body[workflow.Execution], error) {
	return answerOf(f.Orchestrator.Execution(ctx, c, in.ID))
}

// LongPageQuery is for lists of many small items.
type LongPageQuery struct {
	Cursor string `query:"cursor" maxLength:"500" doc:"Value of next in the page before; opaque"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Items per page"`
}

type stepsIn struct {
	ExecutionPath
	LongPageQuery
}

func (f *face) listSteps(ctx context.Context, c workflow.Caller, in *stepsIn) (*body[workflow.Page[workflow.Step]], error) {
	return answerOf(f.Orchestrator.Steps(ctx, c, orchestrator.StepsRequest{Execution: in.ID, Cursor: in.Cursor, Limit: in.Limit}))
}

type eventsIn struct {
	ExecutionPath
	LongPageQuery
}

func (f *face) listEvents(ctx context.Context, c workflow.Caller, in *eventsIn) (*body[workflow.Page[workflow.Event]], error) {
	after, err := openCursor(in.Cursor)
	if err != nil {
		return nil, err
	}
	page, err := f.Orchestrator.Events(ctx, c, orchestrator.EventsRequest{Execution: in.ID, After: after, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	if page.Next != "" && len(page.Items) > 0 {
		page.Next = cursor(page.Items[len(page.Items)-1].Position)
	}
	return answerOf(page, nil)
}

// cursor hides a position: callers must not compute with it.
func cursor(position int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("p" + strconv.FormatInt(position, 10)))
}

func openCursor(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil && len(raw) > 1 && raw[0] == 'p' {
		var position int64
		if position, err = strconv.ParseInt(string(raw[1:]), 10, 64); err == nil && position >= 0 {
			return position, nil
		}
	}
	p := newProblem(http.StatusUnprocessableEntity, "invalid_cursor", "this cursor was not given out by this list; begin without one")
	p.Errors = []Fault{{Parameter: "cursor", Code: "invalid_cursor", Detail: "not a cursor of this list"}}
	return 0, p
}

func (f *face) cancelExecution(ctx context.Context, c workflow.Caller, in *ExecutionPath) (*body[workflow.Execution], error) {
	return answerOf(f.Orchestrator.CancelExecution(ctx, c, in.ID))
}

func (f *face) pauseExecution(ctx context.Context, c workflow.Caller, in *ExecutionPath) (*body[workflow.Execution], error) {
	return answerOf(f.Orchestrator.PauseExecution(ctx, c, in.ID))
}

func (f *face) resumeExecution(ctx context.Context, c workflow.Caller, in *ExecutionPath) (*body[workflow.Execution], error) {
	return answerOf(f.Orchestrator.ResumeExecution(ctx, c, in.ID))
}

type answerIn struct {
	ExecutionPath
	Body struct {
		_       struct{}       `additionalProperties:"false"`
		Path    string         `json:"path" minLength:"1" maxLength:"200" doc:"Path of the parked step" example:"4.17.2"`
		Verdict engine.Verdict `json:"verdict" enum:"done,not_done,fail" doc:"done: it had its effect; not_done: it had none, try again; fail: give it up"`
		Result  *object        `json:"result,omitempty" doc:"Result of the step, for done"`
		Message string         `json:"message,omitempty" maxLength:"1000" doc:"Why, for fail"`
	} `nameHint:"Answer"`
}

func (f *face) answerExecution(ctx context.Context, c workflow.Caller, in *answerIn) (*body[workflow.Execution], error) {
	return answerOf(f.Orchestrator.AnswerStep(ctx, c, in.ID, orchestrator.AnswerRequest{
		Path: in.Body.Path, Verdict: in.Body.Verdict, Result: in.Body.Result.raw(), Message: in.Body.Message,
	}))
}
