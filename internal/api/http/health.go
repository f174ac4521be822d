package http

import (
	"context"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// health registers what a supervisor asks. Neither answer says a version.
func (f *face) health() {
	handle(f, workflow.Public, route{method: http.MethodGet, path: "/healthz", id: "healthz", tag: "Process",
		summary: "Is the process alive", about: "200 as long as it answers at all."}, f.healthz)
	handle(f, workflow.Public, route{method: http.MethodGet, path: "/readyz", id: "readyz", tag: "Process",
		summary: "Does the process take requests", about: "503 during recovery and from the first moment of a stop.", fails: []int{http.StatusServiceUnavailable}}, f.readyz)
}

// Status is the answer of a probe.
type Status struct {
	Status string `json:"status" example:"ok"`
}

func (f *face) healthz(context.Context, workflow.Caller, *struct{}) (*body[Status], error) {
	return answerOf(Status{Status: "ok"}, nil)
}

func (f *face) readyz(ctx context.Context, _ workflow.Caller, _ *struct{}) (*body[Status], error) {
	if err := f.Ready(ctx); err != nil {
		return nil, &workflow.Error{Kind: workflow.KindUnavailable, Code: "not_ready", Message: "not ready: starting, or stopping", Cause: err}
	}
	return answerOf(Status{Status: "ready"}, nil)
}
