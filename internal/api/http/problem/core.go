package problem

import (
	"errors"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// statuses maps what the core may answer to HTTP: no handler chooses the
// status of a failure.
func statuses() map[workflow.ErrorCategory]int {
	return map[workflow.ErrorCategory]int{
		workflow.CategoryNotFound:     http.StatusNotFound,
		workflow.CategoryConflict:     http.StatusConflict,
		workflow.CategoryPrecondition: http.StatusPreconditionFailed,
		workflow.CategoryInvalid:      http.StatusUnprocessableEntity,
		workflow.CategoryUnauthorized: http.StatusUnauthorized,
		workflow.CategoryForbidden:    http.StatusForbidden,
		workflow.CategoryTooMany:      http.StatusTooManyRequests,
		workflow.CategoryUnavailable:  http.StatusServiceUnavailable,
		workflow.CategoryInternal:     http.StatusInternalServerError,
	}
}

// Of translates an error. A problem stays what it is, an error of the core
// keeps its code and its faults, and any other error shows nothing of itself.
func Of(err error) *Details {
	var p *Details
	if errors.As(err, &p) {
		return p
	}
	e := workflow.AsError(err)
	status, known := statuses()[e.Category]
	if !known {
		status = http.StatusInternalServerError
	}
	p = New(status, e.Code, e.Message)
	p.RetryAfter = e.RetryAfter
	for _, f := range e.Problems {
		p.Errors = append(p.Errors, Fault{Pointer: f.Pointer, Code: f.Code, Detail: f.Detail})
	}
	return p
}
