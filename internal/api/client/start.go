package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Start says how an execution is started. The zero value is the newest version
// without input; for a redrive, version and input of the failed execution.
type Start struct {
	Version  Version         `json:"version,omitzero"`
	Priority int             `json:"priority,omitempty"`
	Input    json.RawMessage `json:"input,omitempty"`
}

// Version is the number of a version of a workflow, or Latest.
type Version int

// Latest is the newest version at the time when the execution leaves pending.
const Latest Version = -1

// MarshalJSON writes the number, or "latest".
func (v Version) MarshalJSON() ([]byte, error) {
	if v == Latest {
		return []byte(`"latest"`), nil
	}
	return strconv.AppendInt(nil, int64(v), 10), nil
}

// ParseVersion reads what people write: a number, or latest.
func ParseVersion(text string) (Version, error) {
	if text == "latest" {
		return Latest, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is not a version; give its number, or latest", text)
	}
	return Version(n), nil
}

// request is a start without body where nothing is said.
func (s Start) request(path, key string) request {
	r := request{method: http.MethodPost, path: path, header: map[string]string{"Idempotency-Key": key}}
	if s.Version != 0 || s.Priority != 0 || len(s.Input) > 0 {
		r.body = s
	}
	return r
}

// Redriven is the execution that takes over from a failed one.
type Redriven struct {
	workflow.Execution
	// Repeats counts, by the names of their steps, the effects that come again
	// because the input is another one.
	Repeats map[string]int `json:"repeats,omitempty"`
}

// RedriveExecution starts an execution that takes over from a failed one. With a
// key, repeating the call starts no second one.
func (c *Client) RedriveExecution(ctx context.Context, id workflow.ExecutionID, s Start, key string) (Redriven, error) {
	var out Redriven
	err := c.call(ctx, s.request("/executions/"+segment(id)+"/redrive", key), &out)
	return out, err
}

// DiscardExecution gives up the redrive of a failed execution.
func (c *Client) DiscardExecution(ctx context.Context, id workflow.ExecutionID) (workflow.Execution, error) {
	return c.executionVerb(ctx, id, "discard")
}
