package http

import (
	"context"
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Route describes one operation. Its texts are the reference page.
type Route struct {
	Method  string
	Path    string // with {name} for each path parameter
	ID      string // operation ID, the name that generated clients use
	Tag     string
	Summary string
	About   string
	Status  int   // of success; zero means 200, or 204 without a body
	Fails   []int // statuses beyond those that follow from the shape
}

// Handler answers one operation for a caller: the zero caller on a public
// route. It returns a value or an error and never chooses the status of a
// failure; errors are translated by problem.Of.
//
// The input is a struct whose fields say what the route takes; see package
// request. The output is a struct: fields with the tag header are headers, left
// out where they are empty, and the field Body is sent as JSON. Without a Body
// the response has none.
type Handler[I, O any] func(ctx context.Context, c workflow.Caller, in *I) (*O, error)

// Handle adds a route. The permission is not optional: a route without one
// does not compile, and workflow.Public says that anyone may call.
//
// It panics on a declaration that could not be kept, so that the process never
// starts with one.
func Handle[I, O any](a *API, p workflow.Permission, r Route, h Handler[I, O]) {
	shape := request.ShapeOf(reflect.TypeFor[I]())
	reply := replyOf(reflect.TypeFor[O]())
	status := r.Status
	if status == 0 {
		status = reply.status()
	}
	op := a.document.operation(p, r, shape)
	op.Responses[strconv.Itoa(status)] = reply.describe(a.document.schemas, status)
	a.add(op, p, func(w http.ResponseWriter, req *http.Request, c workflow.Caller) error {
		in := new(I)
		if refused := shape.Read(w, req, in); refused != nil {
			return refused
		}
		out, err := h(req.Context(), c, in)
		if err != nil {
			return placed(shape, err)
		}
		return reply.write(w, status, reflect.ValueOf(out).Elem())
	})
}

// serve answers an admitted request. Nothing is written when it returns an
// error.
type serve func(w http.ResponseWriter, r *http.Request, c workflow.Caller) error

// add puts an operation behind the gate, into the router and into the document.
func (a *API) add(op *huma.Operation, p workflow.Permission, s serve) {
	a.document.AddOperation(op)
	answer := func(w http.ResponseWriter, r *http.Request) {
		c, err := a.gate.admit(r, p)
		if err == nil {
			err = s(w, r, c)
		}
		if err != nil {
			a.failure.write(w, r, err)
		}
	}
	a.router.MethodFunc(op.Method, op.Path, answer)
	if op.Method == http.MethodGet {
		a.router.MethodFunc(http.MethodHead, op.Path, answer) // the server leaves the body out
	}
}
