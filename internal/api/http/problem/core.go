package problem

import (
	"errors"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// statuses maps what the core may answer to HTTP: no handler chooses the
// status of a failure.
func statuses() map[workflow.ErrorKind]int {
	return map[workflow.ErrorKind]int{
		workflow.KindNotFound:     http.StatusNotFound,
		workflow.KindConflict:     http.StatusConflict,
		workflow.KindPrecondition: http.StatusPreconditionFailed,
		workflow.KindInvalid:      http.StatusUnprocessableEntity,
		workflow.KindUnauthorized: http.StatusUnauthorized,
		workflow.KindForbidden:    http.StatusForbidden,
		workflow.KindTooMany:      http.StatusTooManyRequests,
		workflow.KindUnavailable:  http.StatusServiceUnavailable,
		workflow.KindInternal:     http.StatusInternalServerError,
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
	status, known := statuses()[e.Kind]
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
