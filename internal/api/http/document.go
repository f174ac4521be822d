package http

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// apiVersion is the version of the API, not of the program: a caller without
// a token learns nothing about the build.
const apiVersion = "1.0.0"

// documentConfig sets huma up: strict bodies in, additive documents out, our
// own errors, and none of its pages, which load from foreign hosts.
func documentConfig() huma.Config {
	c := huma.DefaultConfig("pyairtable-workflows", apiVersion)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.AllowAdditionalPropertiesByDefault = true
	c.Transformers = []huma.Transformer{asProblem}
	c.Info.Description = "Durable workflows on Airtable data. Every request but the probes needs the header Authorization: Bearer paw_…; the token alone decides the workspace. Errors are RFC 9457 problems that list every fault. Within v1 changes are additive: ignore fields that you do not know."
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/", Description: "This server"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A service key, or the admin token of the first start"},
	}
	c.Components.Schemas.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]())
	return c
}

// documentAnswer is the OpenAPI document as it is.
type documentAnswer struct {
	ContentType string `header:"Content-Type"`
	Body        []byte
}

// document registers the description of all other routes; it comes last.
func (f *face) document() {
	var text []byte
	handle(f, workflow.Public, route{method: http.MethodGet, path: v1 + "/openapi.json", id: "get-openapi", tag: "Process",
		summary: "Get this document", about: "OpenAPI 3.1."},
		func(context.Context, workflow.Caller, *struct{}) (*documentAnswer, error) {
			return &documentAnswer{ContentType: "application/openapi+json", Body: text}, nil
		})
	d := f.api.OpenAPI()
	operation := d.Paths[v1+"/openapi.json"].Get
	operation.Responses["200"] = &huma.Response{Description: "The document", Content: map[string]*huma.MediaType{
		"application/openapi+json": {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
	}}
	stream := d.Paths[v1+"/executions/{id}/events/stream"].Get
	stream.Responses["200"].Content = map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}
	// huma documents its own error form for itself; ours replaces it.
	delete(d.Components.Schemas.Map(), "ErrorModel")
	delete(d.Components.Schemas.Map(), "ErrorDetail")
	text = encode(d)
}

// encode cannot fail: the document consists of huma's own types.
func encode(d *huma.OpenAPI) []byte {
	raw, err := json.Marshal(d)
	if err != nil {
		panic(fmt.Sprintf("encode the OpenAPI document: %v", err))
	}
	var out bytes.Buffer
	if err := json.Indent(&out, raw, "", "  "); err != nil {
		panic(fmt.Sprintf("indent the OpenAPI document: %v", err))
	}
	out.WriteByte('\n')
	return out.Bytes()
}

// Document returns the OpenAPI document that New serves. Needs no server.
func Document() []byte { return encode(build(Options{}).api.OpenAPI()) }
