package orchestrator

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// CreateRequest asks for a new workflow.
type CreateRequest struct {
	Name   string
	Type   string // a kind's name
	Config json.RawMessage
	Labels map[string]string
	// IdempotencyKey, when not empty, makes the same request create once.
	IdempotencyKey string
}

// Created is the response to CreateRequest. Replayed is true when an earlier
// request with the same idempotency key had already created it.
type Created struct {
	Definition workflow.Definition
	Replayed   bool
}

// UpdateRequest replaces name, configuration and labels by a new version.
type UpdateRequest struct {
	Name string
	// Type, when not empty, must be the workflow's own: it never changes.
	Type   string
	Config json.RawMessage
	Labels map[string]string
	// IfMatch are the versions that the caller accepts as the newest. Nil means
	// any; an empty list means none.
	IfMatch []int
}

// ExecuteRequest is the start command: the API, a scheduler, a webhook and
// another workflow all use it.
type ExecuteRequest struct {
	Workflow workflow.ID
	// Version pins a version. Zero means the newest at the time when the
	// execution leaves pending.
	Version int
	// Trigger says what starts it. The zero value means the API.
	Trigger workflow.Trigger
	// IdempotencyKey, when not empty, makes the same request start once.
	IdempotencyKey string
	// Priority orders executions that wait for a place: higher first.
	Priority int
	// Input is checked by the kind. Empty means {}.
	Input json.RawMessage
}

// Started is the response to ExecuteRequest and RedriveRequest. Position is that
// of the event which recorded the start.
type Started struct {
	Execution workflow.Execution `json:"execution"`
	// Repeats counts, by the names of their steps, the effects that come again.
	Repeats  map[string]int `json:"repeats,omitempty"`
	Position int64          `json:"-"`
	Replayed bool           `json:"-"`
}
