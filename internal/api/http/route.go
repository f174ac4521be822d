package http

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// route describes one operation. Its texts are the reference page.
type route struct {
	method  string
	path    string
	id      string // operation id, the name that generated clients use
	tag     string
	summary string
	about   string
	status  int   // of success; zero means 200, or 204 without a body
	fails   []int // statuses beyond those that follow from the shape
}

// handler answers one operation for a caller. It returns a value or an error
// and never chooses the status of a failure.
type handler[I, O any] func(ctx context.Context, c workflow.Caller, in *I) (*O, error)

// handle adds a route. The permission is not optional: a route without one
// does not compile, and workflow.Public says that anybody may call.
func handle[I, O any](f *face, p workflow.Permission, r route, h handler[I, O]) {
	op := huma.Operation{
		OperationID:     r.id,
		Method:          r.method,
		Path:            r.path,
		Tags:            []string{r.tag},
		Summary:         r.summary,
		Description:     r.about,
		DefaultStatus:   r.status,
		MaxBodyBytes:    maxBody + 1, // readBody has refused more already
		BodyReadTimeout: -1,
		Responses:       f.failures(p, r, hasBody[I]()),
		Middlewares:     huma.Middlewares{f.authenticated(p), f.checkedBody},

		RejectUnknownQueryParameters: true,
	}
	if p != workflow.Public {
		op.Security = []map[string][]string{{"token": {}}}
		op.Extensions = map[string]any{"x-permission": string(p)}
	}
	huma.Register(f.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, callerOf(ctx), in)
		if err != nil {
			return nil, f.failed(ctx, err)
		}
		return out, nil
	})
}

// failed turns any error into a problem and logs what the caller is not told.
func (f *face) failed(ctx context.Context, err error) *ProblemDetails {
	var p *ProblemDetails
	if errors.As(err, &p) {
		return p
	}
	p = problemOf(err)
	if p.Status == http.StatusInternalServerError {
		cause := error(workflow.AsError(err))
		if inner := errors.Unwrap(cause); inner != nil {
			cause = inner
		}
		f.Logger.ErrorContext(ctx, "request failed", "request_id", requestID(ctx), "code", p.Code, "error", cause)
	}
	return p
}

// failures documents the statuses that follow from a route's shape, each as a
// problem, so that no generated client is surprised.
func (f *face) failures(p workflow.Permission, r route, body bool) map[string]*huma.Response {
	statuses := append([]int{}, r.fails...)
	if p != workflow.Public {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(r.path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if body {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	statuses = append(statuses, http.StatusUnprocessableEntity)
	schema := f.api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[ProblemDetails](), true, "ProblemDetails")
	out := map[string]*huma.Response{"default": {
		Description: "Any other failure",
		Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
	}}
	for _, s := range statuses {
		out[strconv.Itoa(s)] = &huma.Response{
			Description: http.StatusText(s),
			Content:     map[string]*huma.MediaType{"application/problem+json": {Schema: schema}},
		}
	}
	return out
}

func hasBody[I any]() bool {
	_, ok := reflect.TypeFor[I]().FieldByName("Body")
	return ok
}
