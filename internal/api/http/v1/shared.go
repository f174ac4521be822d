package v1

import (
	"strings"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// prefix is the path that all resources are below.
const prefix = "/api/v1"

// Parameters that several operations share.
type (
	// workflowPath names a workflow.
	workflowPath struct {
		ID workflow.ID `path:"id" maxLength:"100" doc:"Id of the workflow" example:"wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	}
	// executionPath names an execution.
	executionPath struct {
		ID workflow.ExecutionID `path:"id" maxLength:"100" doc:"Id of the execution" example:"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	}
	// pageQuery asks for one page of a list.
	pageQuery struct {
		Cursor string `query:"cursor" maxLength:"500" doc:"Value of next in the page before; opaque"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Items per page"`
	}
	// longPageQuery asks for one page of a list of many small items.
	longPageQuery struct {
		Cursor string `query:"cursor" maxLength:"500" doc:"Value of next in the page before; opaque"`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Items per page"`
	}
	// executionsQuery asks for one page of executions.
	executionsQuery struct {
		pageQuery
		State workflow.ExecutionState `query:"state" enum:"pending,running,paused,parked,cancelling,compensating,completed,failed,cancelled" doc:"Only this state"`
	}
	// idempotencyHeader makes a POST repeatable.
	idempotencyHeader struct {
		Key string `header:"Idempotency-Key" minLength:"1" maxLength:"200" doc:"The same key with the same request has its effect once and gets the same answer, for 24 hours; with another body it is refused (422). A key belongs to the caller, the route and what its path names: elsewhere it is another key"`
	}
)

// pageOf is a page as a response: its list may be empty, and is always there.
func pageOf[T any](p workflow.Page[T], err error) (*kit.Reply[workflow.Page[T]], error) {
	if p.Items == nil {
		p.Items = []T{}
	}
	return kit.ReplyOf(p, err)
}

// replayed is the value of the header Idempotency-Replayed.
func replayed(yes bool) string {
	if yes {
		return "true"
	}
	return ""
}

// location is the address of a resource.
func location[T ~string](collection string, id T) string {
	return strings.Join([]string{prefix, collection, string(id)}, "/")
}
