package orchestrator

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Kind is one kind of workflow. Everything that differs between kinds is
// here; everything else is the orchestrator's. Implementations are safe for
// concurrent use.
type Kind interface {
	// Name is the type that users write: "airtable_sync".
	Name() string
	// Schema is the JSON Schema 2020-12 of the configuration.
	Schema() json.RawMessage
	// Validate looks at a configuration without calling anybody and returns
	// every error and warning with its pointer. Secrets read as references.
	Validate(config json.RawMessage) workflow.Problems
	// ValidateInput does the same for the input of one execution, never empty.
	ValidateInput(input json.RawMessage) workflow.Problems
	// SecretPointers are patterns of JSON pointers at which a configuration
	// holds credentials: "/source_bases/*/api_key". "*" is any one segment.
	SecretPointers() []string
	// Register registers steps and workflow functions.
	Register(*engine.Registry) error
	// Function is the registered workflow function that an execution runs; it
	// takes a workflow.Input.
	Function() string
	// Concurrency is how many executions of one workflow run at a time.
	Concurrency() int
}

// KindInfo describes a registered kind.
type KindInfo struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
}
