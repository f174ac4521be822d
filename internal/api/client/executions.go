package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Executions returns one page of the executions of a workflow, or of all
// workflows if id is empty.
func (c *Client) Executions(ctx context.Context, id workflow.ID, l List) (workflow.Page[workflow.Execution], error) {
	var out workflow.Page[workflow.Execution]
	path := "/executions"
	if id != "" {
		path = "/workflows/" + segment(id) + "/executions"
	}
	err := c.call(ctx, request{method: http.MethodGet, path: path, query: l.query()}, &out)
	return out, err
}

// Execution returns one execution.
func (c *Client) Execution(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	var out workflow.Execution
	err := c.call(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id)}, &out)
	return out, err
}

// Steps returns one page of the steps of an execution.
func (c *Client) Steps(ctx context.Context, id workflow.ExecutionID, l List) (workflow.Page[workflow.Step], error) {
	var out workflow.Page[workflow.Step]
	err := c.call(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id) + "/steps", query: l.query()}, &out)
	return out, err
}

// Events returns one page of the events of an execution.
func (c *Client) Events(ctx context.Context, id workflow.ExecutionID, l List) (workflow.Page[workflow.Event], error) {
	var out workflow.Page[workflow.Event]
	err := c.call(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id) + "/events", query: l.query()}, &out)
	return out, err
}

// RowList chooses what a list of row outcomes holds. The zero value is the first
// page of all, with the server's default size.
type RowList struct {
	Table  string
	What   string // what happened
	Code   string
	Cursor string // Next of the page before
	Limit  int    // items per page
}

func (l RowList) query() url.Values {
	q := List{Cursor: l.Cursor, Limit: l.Limit}.query()
	for name, value := range map[string]string{"table": l.Table, "what": l.What, "code": l.Code} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// Rows returns one page of what an execution did about single rows.
func (c *Client) Rows(ctx context.Context, id workflow.ExecutionID, l RowList) (workflow.Page[workflow.RowOutcome], error) {
	var out workflow.Page[workflow.RowOutcome]
	err := c.call(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id) + "/rows", query: l.query()}, &out)
	return out, err
}

// RowCounts counts what an execution did about single rows, also what no list has.
func (c *Client) RowCounts(ctx context.Context, id workflow.ExecutionID) (workflow.RowCounts, error) {
	var out workflow.RowCounts
	err := c.call(ctx, request{method: http.MethodGet, path: "/executions/" + segment(id) + "/rows/counts"}, &out)
	return out, err
}

// CancelExecution asks an execution to cancel.
func (c *Client) CancelExecution(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	return c.executionVerb(ctx, id, "cancel")
}

// PauseExecution stops an execution at its next step.
func (c *Client) PauseExecution(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	return c.executionVerb(ctx, id, "pause")
}

// ResumeExecution lets a paused or parked execution go on.
func (c *Client) ResumeExecution(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	return c.executionVerb(ctx, id, "resume")
}

func (c *Client) executionVerb(ctx context.Context, id workflow.ExecutionID, verb string) (workflow.Execution, error) {
	var out workflow.Execution
	err := c.call(ctx, request{method: http.MethodPost, path: "/executions/" + segment(id) + "/" + verb}, &out)
	return out, err
}

// Answer says what became of a step whose outcome nobody knew.
type Answer struct {
	Path       string          `json:"path"`
	Generation int             `json:"generation,omitempty"` // that the path belongs to; zero: the current one
	Verdict    string          `json:"verdict"`              // done, not_done or fail
	Result     json.RawMessage `json:"result,omitempty"`
	Message    string          `json:"message,omitempty"`
}

// AnswerExecution lets an execution go on that waits for an answer.
func (c *Client) AnswerExecution(ctx context.Context, id workflow.ExecutionID, a Answer) (workflow.Execution, error) {
	var out workflow.Execution
	err := c.call(ctx, request{method: http.MethodPost, path: "/executions/" + segment(id) + "/answer", body: a}, &out)
	return out, err
}

// SignalExecution sends a signal to an execution, with data or without. With a
// key, repeating the call sends no second one.
func (c *Client) SignalExecution(ctx context.Context, id workflow.ExecutionID, name string, data json.RawMessage, key string) (workflow.Execution, error) {
	r := request{method: http.MethodPost, path: "/executions/" + segment(id) + "/signals/" + segment(name), header: map[string]string{"Idempotency-Key": key}}
	if len(data) > 0 {
		r.body = map[string]json.RawMessage{"data": data}
	}
	var out workflow.Execution
	err := c.call(ctx, r, &out)
	return out, err
}
