package http

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// apiVersion is the version of the API, not of the program: a caller without
// a token learns nothing about the build.
const apiVersion = "1.0.0"

// document is the OpenAPI document while routes are added. It is all that huma
// is used for: no request and no response passes through it.
type document struct {
	*huma.OpenAPI
	schemas huma.Registry
}

func newDocument() document {
	c := huma.DefaultConfig("pyairtable-workflows", apiVersion)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", "" // its pages load from other hosts
	c.CreateHooks = nil
	c.AllowAdditionalPropertiesByDefault = true
	c.Info.Description = "Durable workflows on Airtable data. Every request but the probes needs the header Authorization: Bearer paw_…; the token alone decides the workspace. Errors are RFC 9457 problems that list every fault. Within v1 changes are additive: ignore fields that you do not know. In a body, null stands for an optional field that is absent. Every GET is answered to HEAD as well, without the body."
	c.Info.Contact = &huma.Contact{Name: "pyairtable-workflows", URL: "https://github.com/pyairtable/pyairtable-workflows/issues"}
	c.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	c.Servers = []*huma.Server{{URL: "/", Description: "This server"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "A service key, or the admin token of the first start"},
	}
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	schemas.RegisterTypeAlias(reflect.TypeFor[json.RawMessage](), reflect.TypeFor[any]())
	schemas.RegisterTypeAlias(reflect.TypeFor[strictjson.Object](), reflect.TypeFor[anyObject]())
	schemas.RegisterTypeAlias(reflect.TypeFor[request.Version](), reflect.TypeFor[version]())
	schemas.RegisterTypeAlias(reflect.TypeFor[workflow.Permission](), reflect.TypeFor[permission]())
	c.Components.Schemas = schemas
	return document{huma.NewAPI(c, nil).OpenAPI(), schemas}
}

// anyObject describes strictjson.Object.
type anyObject struct{}

// Schema says that any object is accepted.
func (anyObject) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// version describes request.Version.
type version struct{}

// Schema says that a number or "latest" is accepted.
func (version) Schema(huma.Registry) *huma.Schema {
	least := 1.0
	return &huma.Schema{OneOf: []*huma.Schema{{Type: huma.TypeInteger, Minimum: &least}, {Type: huma.TypeString, Enum: []any{"latest"}}}}
}

// permission describes workflow.Permission.
type permission struct{}

// Schema lists the permissions that a key can have.
func (permission) Schema(huma.Registry) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString}
	for _, p := range workflow.Permissions() {
		s.Enum = append(s.Enum, string(p))
	}
	return s
}

// schemaName names the schema of a type as the type, without its package.
func schemaName(t reflect.Type, hint string) string {
	if t == reflect.TypeFor[problem.Details]() {
		return "ProblemDetails"
	}
	return huma.DefaultSchemaNamer(t, hint)
}

// operation describes what a route takes, who may call it and how it fails.
func (d document) operation(p workflow.Permission, r Route, shape *request.Shape) *huma.Operation {
	op := &huma.Operation{
		OperationID: r.ID,
		Method:      r.Method,
		Path:        r.Path,
		Tags:        []string{r.Tag},
		Summary:     r.Summary,
		Description: r.About,
		Responses:   failures(d.schemas, p, r, shape),
		Security:    []map[string][]string{}, // none
	}
	d.declareTag(r.Tag, "")
	if p != workflow.Public {
		op.Security = []map[string][]string{{"token": {}}}
		op.Extensions = map[string]any{"x-permission": string(p)}
	}
	for _, param := range shape.Parameters {
		op.Parameters = append(op.Parameters, parameterDoc(d.schemas, param))
	}
	if shape.Body != nil {
		schema := huma.SchemaFromField(d.schemas, *shape.Body, "")
		refineBody(d.schemas, *shape.Body, schema)
		op.RequestBody = &huma.RequestBody{Required: shape.BodyRequired(), Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	return op
}

// declareTag adds a tag to the document's own list, where it is new.
func (d document) declareTag(name, about string) {
	if name != "" && !slices.ContainsFunc(d.Tags, func(t *huma.Tag) bool { return t.Name == name }) {
		d.Tags = append(d.Tags, &huma.Tag{Name: name, Description: about})
	}
}

func parameterDoc(schemas huma.Registry, p request.Parameter) *huma.Param {
	schema := huma.SchemaFromField(schemas, p.Field, "")
	out := &huma.Param{Name: p.Name, In: string(p.In), Required: p.Required(), Schema: schema,
		Description: schema.Description} // some tools show only this one
	if p.In == request.Query {
		out.Explode = new(bool)
	}
	return out
}

// failures documents the statuses that follow from a route's shape, each as a
// problem, so that no generated client is surprised.
func failures(schemas huma.Registry, p workflow.Permission, r Route, shape *request.Shape) map[string]*huma.Response {
	statuses := append([]int{http.StatusUnprocessableEntity}, r.Fails...)
	if p != workflow.Public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if shape.Body != nil || slices.ContainsFunc(shape.Parameters, func(p request.Parameter) bool { return p.In != request.Path }) {
		statuses = append(statuses, http.StatusBadRequest) // a body that cannot be read, a parameter that is repeated
	}
	if shape.Body != nil {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	content := map[string]*huma.MediaType{"application/problem+json": {Schema: schemas.Schema(reflect.TypeFor[problem.Details](), true, "")}}
	out := map[string]*huma.Response{"default": {Description: "Any other failure", Content: content}}
	for _, s := range statuses {
		out[strconv.Itoa(s)] = &huma.Response{Description: http.StatusText(s), Content: content}
	}
	return out
}

// text encodes the document, which cannot fail: it consists of huma's own types.
func (d document) text() []byte {
	for _, s := range d.schemas.Map() {
		present(s)
	}
	raw, err := json.Marshal(d.OpenAPI)
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
