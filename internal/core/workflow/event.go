package workflow

import "encoding/json"

// StreamType is the type of the event streams that workflows are.
const StreamType = "workflow"

// Types of the events of a workflow.
const (
	EventCreated  = "workflow.created"
	EventUpdated  = "workflow.updated"
	EventPaused   = "workflow.paused"
	EventResumed  = "workflow.resumed"
	EventArchived = "workflow.archived"
	// EventDiscarded: the redrive of a failed execution was given up.
	EventDiscarded = "workflow.execution_discarded"
)

// Discarded is the data of EventDiscarded.
type Discarded struct {
	Execution ExecutionID `json:"execution"`
}

// VersionData is the data of EventCreated and EventUpdated: one whole,
// immutable version. Its configuration holds secret references only.
type VersionData struct {
	Kind    string            `json:"kind"`
	Name    string            `json:"name"`
	Version int               `json:"version"`
	Config  json.RawMessage   `json:"config"`
	Labels  map[string]string `json:"labels,omitempty"`
}
