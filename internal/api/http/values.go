package http

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// object is any JSON object: a configuration or an input, whose fields a kind
// knows and this face does not.
type object struct{ json.RawMessage }

// Schema says that any object is accepted here.
func (object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// raw returns the document, nil for an absent one.
func (o *object) raw() json.RawMessage {
	if o == nil {
		return nil
	}
	return o.RawMessage
}

// Parameters that several operations share. They are exported because huma
// does not look into embedded fields that are not.
type (
	// WorkflowPath names a workflow.
	WorkflowPath struct {
		ID workflow.ID `path:"id" maxLength:"100" doc:"Id of the workflow" example:"wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	}
	// ExecutionPath names an execution.
	ExecutionPath struct {
		ID workflow.ExecutionID `path:"id" maxLength:"100" doc:"Id of the execution" example:"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	}
	// PageQuery asks for one page of a list.
	PageQuery struct {
		Cursor string `query:"cursor" maxLength:"500" doc:"Value of next in the page before; opaque"`
		Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"Items per page"`
	}
	// IdempotencyHeader makes a POST repeatable.
	IdempotencyHeader struct {
		Key string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request has its effect once and gets the same answer; with another request it is refused (422)"`
	}
)

// body is an answer that is a document and nothing else.
type body[T any] struct{ Body T }

func answerOf[T any](v T, err error) (*body[T], error) {
	if err != nil {
		return nil, err
	}
	return &body[T]{Body: v}, nil
}

// none is an answer without a body.
type none struct{}

// etag is the entity tag of a version.
func etag(version int) string { return strconv.Quote(strconv.Itoa(version)) }

// ifMatch returns the version that an If-Match header asks for, zero for any.
// A tag that was never given out matches nothing.
func ifMatch(header string) (int, error) {
	if header == "" || header == "*" {
		return 0, nil
	}
	text, err := strconv.Unquote(header)
	if err == nil {
		var version int
		if version, err = strconv.Atoi(text); err == nil && version > 0 {
			return version, nil
		}
	}
	return 0, &workflow.Error{Kind: workflow.KindPrecondition, Code: "version_changed",
		Message: fmt.Sprintf("If-Match %s is no version of this workflow; send the ETag of your last GET, for example %s", clip(header), etag(3))}
}

// clip keeps a quoted header short.
func clip(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// replayed is the value of Idempotency-Replayed.
func replayed(yes bool) string {
	if yes {
		return "true"
	}
	return ""
}

// location is the address of a new resource.
func location[T ~string](collection string, id T) string {
	return strings.Join([]string{v1, collection, string(id)}, "/")
}
