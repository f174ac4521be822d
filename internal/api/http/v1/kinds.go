package v1

import (
	"context"
	"encoding/json"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagKinds = "Kinds"

// kinds is what a workflow may be.
type kinds struct{ orchestrator *orchestrator.Service }

func (h kinds) mount(api *kit.API) {
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/kinds", ID: "list-kinds", Tag: tagKinds,
		Summary: "List the kinds of workflow", About: "Each with the JSON Schemas (2020-12) of its configuration and of its executions' input. Hints for forms are in keys that begin with x-."}, h.list)
}

// Kind is one kind of workflow that this server runs.
type Kind struct {
	Name        string            `json:"name" doc:"The type of its workflows" example:"airtable_sync"`
	Title       string            `json:"title" doc:"What people call it" example:"Airtable sync"`
	Schema      json.RawMessage   `json:"schema" doc:"JSON Schema of the configuration"`
	InputSchema json.RawMessage   `json:"input_schema" doc:"JSON Schema of the input of an execution"`
	Examples    []json.RawMessage `json:"examples,omitempty" doc:"Configurations that are valid"`
}

func (h kinds) list(context.Context, workflow.Caller, *struct{}) (*kit.Reply[workflow.Page[Kind]], error) {
	var page workflow.Page[Kind]
	for _, k := range h.orchestrator.Kinds() {
		page.Items = append(page.Items, Kind{Name: k.Name(), Title: k.Title(), Schema: k.Schema(), InputSchema: k.InputSchema(), Examples: k.Examples()})
	}
	return pageOf(page, nil)
}
