package client

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// NewKey is a key with its token, which the server shows only once.
type NewKey struct {
	workflow.Key
	Token string `json:"token"`
}

// CreateKey makes a service key that works for days; zero means the longest
// that the server allows.
func (c *Client) CreateKey(ctx context.Context, name string, scopes []workflow.Permission, days int) (NewKey, error) {
	in := struct {
		Name   string                `json:"name"`
		Scopes []workflow.Permission `json:"scopes"`
		Days   int                   `json:"expires_in_days,omitempty"`
	}{name, scopes, days}
	var out NewKey
	err := c.call(ctx, request{method: http.MethodPost, path: "/keys", body: in}, &out)
	return out, err
}

// Keys returns the service keys of the workspace.
func (c *Client) Keys(ctx context.Context) (workflow.Page[workflow.Key], error) {
	var out workflow.Page[workflow.Key]
	err := c.call(ctx, request{method: http.MethodGet, path: "/keys"}, &out)
	return out, err
}

// RevokeKey ends a key at once.
func (c *Client) RevokeKey(ctx context.Context, id workflow.KeyID) error {
	return c.call(ctx, request{method: http.MethodDelete, path: "/keys/" + segment(id)}, nil)
}

// Kind is one kind of workflow that the server runs.
type Kind struct {
	Name        string            `json:"name"`
	Title       string            `json:"title"`
	Schema      json.RawMessage   `json:"schema"`       // of the configuration
	InputSchema json.RawMessage   `json:"input_schema"` // of an execution's input
	Examples    []json.RawMessage `json:"examples,omitempty"`
}

// Kinds returns the kinds of workflow.
func (c *Client) Kinds(ctx context.Context) (workflow.Page[Kind], error) {
	var out workflow.Page[Kind]
	err := c.call(ctx, request{method: http.MethodGet, path: "/kinds"}, &out)
	return out, err
}
