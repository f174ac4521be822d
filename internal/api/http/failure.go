package http

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// failureLog answers with a failure and logs what the caller is not told.
type failureLog struct{ logger *slog.Logger }

func (l failureLog) write(w http.ResponseWriter, r *http.Request, err error) {
	p := problem.Of(err)
	if p.Status == http.StatusInternalServerError {
		cause := error(workflow.AsError(err))
		if inner := errors.Unwrap(cause); inner != nil {
			cause = inner
		}
		l.logger.ErrorContext(r.Context(), "request failed", "request_id", requestID(r.Context()), "code", p.Code, "error", cause)
	}
	p.Write(w, requestID(r.Context()))
}

// placed puts the faults of an error of the core where they are in the request.
func placed(shape *request.Shape, err error) error {
	var e *workflow.Error
	if !errors.As(err, &e) || len(e.Problems) == 0 {
		return err
	}
	p := problem.Of(err)
	shape.Place(p)
	return p
}
