package airtablesync

import (
	"context"
	_ "embed"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Name is the type of these workflows in the API.
const Name = "airtable_sync"

// functionName is the registered workflow function. A new meaning gets a new
// name: open executions are replayed by the function of their name.
const functionName = "airtablesync/sync"

//go:embed config.schema.json
var configSchema []byte

// Options are what a Kind works with. All are required, and all stay the
// caller's to close.
type Options struct {
	Airtable Airtable
	Secrets  Secrets
	// Blobs keep pages of rows between the steps of one execution, in a group
	// named after it.
	Blobs blob.Store
	// DB holds the link map.
	DB *db.DB
}

// Kind is the kind airtable_sync. It is safe for concurrent use.
type Kind struct{ tools tools }

// New brings the tables of the link map up to date and returns the kind.
func New(ctx context.Context, o Options) (*Kind, error) {
	links, err := linkmap.Open(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	return &Kind{tools: tools{airtable: access{client: o.Airtable, secrets: o.Secrets}, blobs: o.Blobs, links: links}}, nil
}

// Name returns airtable_sync.
func (*Kind) Name() string { return Name }

// Schema returns the JSON Schema (2020-12) of the configuration.
func (*Kind) Schema() json.RawMessage { return json.RawMessage(configSchema) }

// Validate reports everything about a configuration that can be known without
// a network.
func (*Kind) Validate(config json.RawMessage) workflow.Problems { return validateConfig(config) }

// ValidateInput reports every fault in the input of execute.
func (*Kind) ValidateInput(input json.RawMessage) workflow.Problems {
	_, problems := parseInput(input)
	return problems
}

// SecretPointers says where a configuration holds credentials.
func (*Kind) SecretPointers() []string {
	return []string{"/source_bases/*/api_key", "/target_bases/*/api_key"}
}

// Register adds the steps and the workflow function.
func (k *Kind) Register(r *engine.Registry) error {
	w := &Workflow{steps: registerSteps(r, k.tools)}
	engine.NewWorkflow(r, functionName, w.Run)
	return r.Err()
}

// Function names the workflow function to start.
func (*Kind) Function() string { return functionName }

// Concurrency is one: two runs of a sync would read each other's marks.
func (*Kind) Concurrency() int { return 1 }
