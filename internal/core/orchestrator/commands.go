package orchestrator

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
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
	// IfMatch is the version that the caller has seen. Zero means any.
	IfMatch int
}

// ListRequest asks for a page of workflows, newest first.
type ListRequest struct {
	Type   string                   // empty: all kinds
	State  workflow.DefinitionState // empty: all but archived
	Cursor string                   // empty: the first page
	Limit  int                      // zero: 50; at most 100
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

// ExecutionsRequest asks for a page of executions, newest first.
type ExecutionsRequest struct {
	Workflow workflow.ID             // empty: all workflows
	State    workflow.ExecutionState // empty: all
	Cursor   string
	Limit    int // zero: 50; at most 100
}

// StepsRequest asks for a page of the steps of an execution, in order of path.
type StepsRequest struct {
	Execution workflow.ExecutionID
	Cursor    string
	Limit     int // zero: 100; at most 1000
}

// EventsRequest asks for a page of the events of an execution, oldest first.
type EventsRequest struct {
	Execution workflow.ExecutionID
	After     int64 // position
	Limit     int   // zero: 100; at most 1000
}

// WatchRequest asks for events as they happen. With an execution the watch
// ends after that execution's end; otherwise it goes on until it is closed.
type WatchRequest struct {
	Execution workflow.ExecutionID // empty: see Workflow
	Workflow  workflow.ID          // empty: the whole workspace
	// After is the position of the last event seen; Now means only what comes.
	After int64
}

// Now is a WatchRequest's position after everything that has happened.
const Now int64 = -1

// Frame is one message of a Watch: an event or a progress report.
type Frame struct {
	Event    *workflow.Event
	Progress *ExecutionProgress
}

// ExecutionProgress is the last progress that an execution reported.
type ExecutionProgress struct {
	Execution workflow.ExecutionID `json:"execution"`
	workflow.Progress
}

// Lag is how far the read models are behind the store.
type Lag struct {
	Events  int64
	Seconds float64 // age of the oldest event that they do not hold
	// Fault says at which event they have stopped; nil if they have not.
	Fault *projection.Fault
}
