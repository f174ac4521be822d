package http

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// HandleDocument adds the route of the OpenAPI document. It comes last: the
// document describes the routes that are there by then, itself included.
func HandleDocument(a *API, r Route) {
	shape := request.ShapeOf(reflect.TypeFor[struct{}]())
	op := a.document.operation(workflow.Public, r, shape)
	op.Responses["200"] = &huma.Response{Description: "The document", Content: map[string]*huma.MediaType{
		"application/openapi+json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
	}}
	var text []byte
	a.add(op, workflow.Public, func(w http.ResponseWriter, req *http.Request, _ workflow.Caller) error {
		if refused := shape.Read(w, req, &struct{}{}); refused != nil {
			return refused
		}
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(text) // the caller may be gone
		return nil
	})
	text = a.Document()
}
