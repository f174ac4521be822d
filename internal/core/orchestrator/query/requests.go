package query

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// ListRequest asks for a page of workflows, newest first.
type ListRequest struct {
	Type   string                   // empty: all kinds
	State  workflow.DefinitionState // empty: all but archived
	Cursor string                   // empty: the first page
	Limit  int                      // zero: 50; at most 100
}

// ExecutionsRequest asks for a page of executions, newest first.
type ExecutionsRequest struct {
	Workflow workflow.ID             // empty: all workflows
	State    workflow.ExecutionState // empty: all
	Cursor   string
	Limit    int // zero: 50; at most 100
}

// StepsRequest asks for a page of the steps of an execution, in the order in which
// they were recorded: a step with effects when it begins, a read-only one when it
// first ends or is tried again.
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
