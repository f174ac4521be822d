package http

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// bodyTimeout bounds how long a caller may take to send a body.
const bodyTimeout = 10 * time.Second

// unwrap returns the request and the writer beneath huma's context.
func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) {
	return humachi.Unwrap(ctx)
}

// checkedBody reads the whole body and refuses what must not reach a decoder:
// too much, no JSON, a key twice, too deep. It runs after authentication.
func (f *face) checkedBody(ctx huma.Context, next func(huma.Context)) {
	r, w := unwrap(ctx)
	if r.Body == nil || r.Body == http.NoBody {
		next(ctx)
		return
	}
	body, p := readBody(w, r)
	if p == nil && len(body) > 0 {
		p = refuseBody(r, body)
	}
	if p != nil {
		p.write(w, r)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	next(ctx)
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, *ProblemDetails) {
	control := http.NewResponseController(w)
	// A recorder in a test knows no deadline; a connection always does.
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	// The deadline must not outlive the body: it would end the request's
	// context while the handler works.
	_ = control.SetReadDeadline(time.Time{})
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, newProblem(http.StatusRequestEntityTooLarge, "body_too_large", "the body is larger than 1 MiB; send less")
	case err != nil:
		return nil, newProblem(http.StatusRequestTimeout, "body_incomplete", "the body did not arrive completely in time; send it again")
	}
	return body, nil
}

func refuseBody(r *http.Request, body []byte) *ProblemDetails {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return newProblem(http.StatusUnsupportedMediaType, "unsupported_media_type", "this API takes JSON only; send the header Content-Type: application/json")
	}
	faults, wellFormed := checkJSON(body)
	switch {
	case !wellFormed:
		p := newProblem(http.StatusBadRequest, "malformed_json", faults[0].Detail)
		p.Errors = faults
		return p
	case len(faults) > 0:
		p := newProblem(http.StatusUnprocessableEntity, "invalid_request", "the request has faults; each stands in errors with its place")
		p.Errors = faults
		return p
	}
	return nil
}
