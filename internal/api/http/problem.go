package http

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// ProblemDetails is the one form of every error (RFC 9457). Instance is the id under
// which the server's log tells more.
type ProblemDetails struct {
	Type     string  `json:"type" doc:"Stable name of the kind of problem" example:"urn:paw:problem:invalid"`
	Title    string  `json:"title" example:"Unprocessable Entity"`
	Status   int     `json:"status" example:"422"`
	Code     string  `json:"code" doc:"Stable name of the problem, finer than the status" example:"invalid_config"`
	Detail   string  `json:"detail" doc:"What is wrong and how to put it right"`
	Instance string  `json:"instance" doc:"Id of the request" example:"req_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	Errors   []Fault `json:"errors,omitempty" doc:"Every fault found, not only the first"`

	retryAfter time.Duration
	challenge  bool // 401: say how to authenticate
}

// Fault is one fault of a request: in its body at a JSON pointer, or in the
// parameter named.
type Fault struct {
	Pointer   string `json:"pointer" doc:"JSON pointer into the body; empty for the whole body and for parameters" example:"/config/sync_rules/0/source_table"`
	Parameter string `json:"parameter,omitempty" doc:"Query, path or header parameter at fault" example:"limit"`
	Code      string `json:"code" example:"required"`
	Detail    string `json:"detail"`
}

// statuses maps what the core may answer to HTTP; no handler chooses the
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

// problemOf translates an error of the core. What is not one shows nothing of
// itself.
func problemOf(err error) *ProblemDetails {
	e := workflow.AsError(err)
	status, known := statuses()[e.Kind]
	if !known {
		status = http.StatusInternalServerError
	}
	p := newProblem(status, e.Code, e.Message)
	p.retryAfter = e.RetryAfter
	for _, f := range e.Problems {
		p.Errors = append(p.Errors, Fault{Pointer: f.Pointer, Code: f.Code, Detail: f.Detail})
	}
	return p
}

func newProblem(status int, code, detail string) *ProblemDetails {
	if code == "" {
		code = defaultCode(status)
	}
	return &ProblemDetails{
		Type:      "urn:paw:problem:" + strings.ReplaceAll(code, "_", "-"),
		Title:     http.StatusText(status),
		Status:    status,
		Code:      code,
		Detail:    detail,
		challenge: status == http.StatusUnauthorized,
	}
}

// defaultCode names a problem that nobody named: not_found for 404.
func defaultCode(status int) string {
	return strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
}

// Error returns the detail; ProblemDetails is an error for huma.
func (p *ProblemDetails) Error() string { return p.Detail }

// GetStatus returns the HTTP status.
func (p *ProblemDetails) GetStatus() int { return p.Status }

// ContentType names the media type of RFC 9457.
func (p *ProblemDetails) ContentType(string) string { return "application/problem+json" }

// GetHeaders returns the headers that belong to the status.
func (p *ProblemDetails) GetHeaders() http.Header {
	h := http.Header{}
	if p.challenge {
		h.Set("WWW-Authenticate", `Bearer error="invalid_token"`)
	}
	if p.retryAfter == 0 && (p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests) {
		p.retryAfter = time.Second
	}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds()))))
	}
	return h
}

// write answers with p outside of huma: from a plain middleware.
func (p *ProblemDetails) write(w http.ResponseWriter, r *http.Request) {
	p.Instance = requestID(r.Context())
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may be gone; nobody else is to be told
}

// asProblem is huma's hook before an answer is written: its own error form
// becomes ours, and every problem gets the id of its request.
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	var p *ProblemDetails
	switch e := v.(type) {
	case *ProblemDetails:
		p = e
	case *huma.ErrorModel:
		p = fromHuma(e)
	default:
		return v, nil
	}
	p.Instance = requestID(ctx.Context())
	for name, values := range p.GetHeaders() {
		ctx.SetHeader(name, values[0])
	}
	return p, nil
}
