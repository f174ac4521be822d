package v1

import (
	"context"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
)

// Services is what the resources answer from.
type Services struct {
	// Orchestrator has the workflows and executions. Required.
	Orchestrator *orchestrator.Service
	// Rows shows what happened to single rows. Required.
	Rows Rows
	// Keys manages service keys. Required.
	Keys Keys
	// Ready returns nil while requests can be served, and an error that says
	// why not before recovery has ended and from the first moment of a stop.
	// Nil means always ready.
	Ready func(context.Context) error
}

// Mount adds every resource to an API. The order is that of the reference.
func Mount(api *kit.API, s Services) {
	api.Tag(tagWorkflows, "What is to be done: a kind, a configuration, and its versions")
	api.Tag(tagExecutions, "Single runs of workflows: how far they are, what happened, and what can be done about them")
	api.Tag(tagKinds, "What a workflow may be")
	api.Tag(tagKeys, "Service keys of the workspace")
	api.Tag(tagProcess, "The server itself")
	workflows{s.Orchestrator}.mount(api)
	lifecycle{s.Orchestrator}.mount(api)
	executions{s.Orchestrator}.mount(api)
	events{s.Orchestrator}.mount(api)
	rows{s.Rows}.mount(api)
	kinds{s.Orchestrator}.mount(api)
	keys{s.Keys}.mount(api)
	probes{s.Ready}.mount(api)
	kit.HandleDocument(api, kit.Route{Method: http.MethodGet, Path: prefix + "/openapi.json", ID: "get-openapi", Tag: tagProcess,
		Summary: "Get this document", About: "OpenAPI 3.1."})
}

// Document returns the OpenAPI document of all resources. It needs no server.
func Document() []byte {
	api := kit.New(kit.Options{})
	Mount(api, Services{})
	return api.Document()
}

// Probes returns a handler of /healthz and /readyz alone, for a listener that
// is not the API's.
func Probes(ready func(context.Context) error) http.Handler {
	api := kit.New(kit.Options{})
	probes{ready}.mount(api)
	return api.Handler()
}
