package http

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// kinds registers what a workflow may be.
func (f *face) kinds() {
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/kinds", id: "list-kinds", tag: "Kinds",
		summary: "List the kinds of workflow", about: "Each with the JSON Schema (2020-12) of its configuration."}, f.listKinds)
}

// Kind is one kind of workflow that this server runs.
type Kind struct {
	Name   string          `json:"name" doc:"The type of its workflows" example:"airtable_sync"`
	Schema json.RawMessage `json:"schema" doc:"JSON Schema of the configuration"`
}

func (f *face) listKinds(context.Context, workflow.Caller, *struct{}) (*body[workflow.Page[Kind]], error) {
	page := workflow.Page[Kind]{Items: []Kind{}}
	for _, k := range f.Orchestrator.Kinds() {
		page.Items = append(page.Items, Kind{Name: k.Name, Schema: k.Schema})
	}
	return answerOf(page, nil)
}
