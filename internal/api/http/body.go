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

// prompt gives every body a deadline before anything looks at the request.
// Without it a caller without a token could hold a connection for ever: the
// server reads what is left of a body before it answers 401. Only readBody
// lifts the deadline; the server itself sets a new one for the next request.
func (f *face) prompt(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			// A recorder in a test knows no deadline; a connection always does.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(f.BodyTimeout))
		}
		next.ServeHTTP(w, r)
	})
}

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
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err == nil {
		// The deadline must not outlive the body: it would end the request's
		// context while the handler works. While bytes are missing it stays,
		// since the server waits for them before it answers.
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{})
	}
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
