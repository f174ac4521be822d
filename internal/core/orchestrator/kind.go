package orchestrator

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Kind is what the orchestrator asks of a kind of workflow.
type Kind interface {
	Name() string
	Schema() json.RawMessage
	SecretPointers() []string
	Validate(config json.RawMessage) workflow.Problems
	ValidateInput(config, input json.RawMessage) workflow.Problems
	Function() string
	Concurrency() int
	Private() bool
	Archive(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error
}

// KindInfo describes a registered kind.
type KindInfo struct {
	Name   string          `json:"name"`
	Schema json.RawMessage `json:"schema"`
}
