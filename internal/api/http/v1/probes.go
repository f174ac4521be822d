package v1

import (
	"context"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagProcess = "Process"

// probes is what a supervisor asks. No response says a version.
type probes struct {
	check func(context.Context) error // nil: always ready
}

func (h probes) mount(api *kit.API) {
	kit.Handle(api, workflow.Public, kit.Route{Method: http.MethodGet, Path: "/healthz", ID: "healthz", Tag: tagProcess,
		Summary: "Is the process alive", About: "200 as long as it answers at all."}, h.alive)
	kit.Handle(api, workflow.Public, kit.Route{Method: http.MethodGet, Path: "/readyz", ID: "readyz", Tag: tagProcess,
		Summary: "Does the process take requests", About: "503 during recovery and from the first moment of a stop.", Fails: []int{http.StatusServiceUnavailable}}, h.ready)
}

// Status is the response of a probe.
type Status struct {
	Status string `json:"status" example:"ok"`
}

func (probes) alive(context.Context, workflow.Caller, *struct{}) (*kit.Reply[Status], error) {
	return kit.ReplyOf(Status{Status: "ok"}, nil)
}

func (h probes) ready(ctx context.Context, _ workflow.Caller, _ *struct{}) (*kit.Reply[Status], error) {
	if h.check != nil {
		if err := h.check(ctx); err != nil {
			return nil, &workflow.Error{Category: workflow.CategoryUnavailable, Code: "not_ready", Message: "not ready: starting, or stopping", Cause: err}
		}
	}
	return kit.ReplyOf(Status{Status: "ready"}, nil)
}
