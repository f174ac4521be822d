package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Document is a workflow as people write it.
type Document struct {
	Name   string            `json:"name"`
	Type   string            `json:"type,omitempty"`
	Config json.RawMessage   `json:"config"`
	Labels map[string]string `json:"labels,omitempty"`
}

// List chooses what a list holds. The zero value is the first page with the
// server's default size.
type List struct {
	Type   string // of workflows only
	State  string // of workflows and executions only
	Cursor string // Next of the page before
	Limit  int    // items per page
}

// query leaves out what is not set.
func (l List) query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"type": l.Type, "state": l.State, "cursor": l.Cursor} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if l.Limit != 0 {
		q.Set("limit", strconv.Itoa(l.Limit))
	}
	return q
}

// CreateWorkflow makes a workflow. With a key, repeating the call makes no
// second one.
func (c *Client) CreateWorkflow(ctx context.Context, d Document, key string) (workflow.Definition, error) {
	var out workflow.Definition
	err := c.call(ctx, request{method: http.MethodPost, path: "/workflows", body: d, header: map[string]string{"Idempotency-Key": key}}, &out)
	return out, err
}

// Workflow returns one workflow.
func (c *Client) Workflow(ctx context.Context, id workflow.ID) (workflow.Definition, error) {
	var out workflow.Definition
	err := c.call(ctx, request{method: http.MethodGet, path: "/workflows/" + segment(id)}, &out)
	return out, err
}

// Workflows returns one page of workflows.
func (c *Client) Workflows(ctx context.Context, l List) (workflow.Page[workflow.Definition], error) {
	var out workflow.Page[workflow.Definition]
	err := c.call(ctx, request{method: http.MethodGet, path: "/workflows", query: l.query()}, &out)
	return out, err
}

// UpdateWorkflow makes a new version. seen, when not zero, is the version that
// the caller has read: another one in between is a 412.
func (c *Client) UpdateWorkflow(ctx context.Context, id workflow.ID, d Document, seen int) (workflow.Definition, error) {
	var out workflow.Definition
	r := request{method: http.MethodPut, path: "/workflows/" + segment(id), body: d}
	if seen > 0 {
		r.header = map[string]string{"If-Match": strconv.Quote(strconv.Itoa(seen))}
	}
	err := c.call(ctx, r, &out)
	return out, err
}

// Versions returns the versions of a workflow, oldest first.
func (c *Client) Versions(ctx context.Context, id workflow.ID) (workflow.Page[workflow.Version], error) {
	var out workflow.Page[workflow.Version]
	err := c.call(ctx, request{method: http.MethodGet, path: "/workflows/" + segment(id) + "/versions"}, &out)
	return out, err
}

// DeleteWorkflow archives a workflow.
func (c *Client) DeleteWorkflow(ctx context.Context, id workflow.ID) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/workflows/" + segment(id)}, nil)
}

// Execute starts an execution. With a key, repeating the call starts no second
// one.
func (c *Client) Execute(ctx context.Context, id workflow.ID, s Start, key string) (workflow.Execution, error) {
	var out workflow.Execution
	err := c.call(ctx, s.request("/workflows/"+segment(id)+"/execute", key), &out)
	return out, err
}

// PauseWorkflow stops new starts and pauses open executions.
func (c *Client) PauseWorkflow(ctx context.Context, id workflow.ID) (workflow.Definition, error) {
	return c.verb(ctx, id, "pause")
}

// ResumeWorkflow undoes PauseWorkflow.
func (c *Client) ResumeWorkflow(ctx context.Context, id workflow.ID) (workflow.Definition, error) {
	return c.verb(ctx, id, "resume")
}

func (c *Client) verb(ctx context.Context, id workflow.ID, verb string) (workflow.Definition, error) {
	var out workflow.Definition
	err := c.call(ctx, request{method: http.MethodPost, path: "/workflows/" + segment(id) + "/" + verb}, &out)
	return out, err
}

// CancelWorkflow asks all open executions to cancel and returns how many.
func (c *Client) CancelWorkflow(ctx context.Context, id workflow.ID) (int, error) {
	var out struct {
		Cancelling int `json:"cancelling"`
	}
	err := c.call(ctx, request{method: http.MethodPost, path: "/workflows/" + segment(id) + "/cancel"}, &out)
	return out.Cancelling, err
}

// Metrics returns the figures of a workflow.
func (c *Client) Metrics(ctx context.Context, id workflow.ID) (workflow.Metrics, error) {
	var out workflow.Metrics
	err := c.call(ctx, request{method: http.MethodGet, path: "/workflows/" + segment(id) + "/metrics"}, &out)
	return out, err
}

// Health returns whether a workflow does its job.
func (c *Client) Health(ctx context.Context, id workflow.ID) (workflow.Health, error) {
	var out workflow.Health
	err := c.call(ctx, request{method: http.MethodGet, path: "/workflows/" + segment(id) + "/health"}, &out)
	return out, err
}
