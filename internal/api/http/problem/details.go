package problem

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Details is the one form of every failure. Instance is the ID under which
// the server's log says more.
type Details struct {
	Type     string  `json:"type" doc:"Stable name of the kind of problem" example:"urn:paw:problem:invalid"`
	Title    string  `json:"title" example:"Unprocessable Entity"`
	Status   int     `json:"status" example:"422"`
	Code     string  `json:"code" doc:"Stable name of the problem, finer than the status" example:"invalid_config"`
	Detail   string  `json:"detail" doc:"What is wrong and how to put it right"`
	Instance string  `json:"instance" doc:"Id of the request" example:"req_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"`
	Errors   []Fault `json:"errors,omitempty" doc:"Every fault found, not only the first"`

	// RetryAfter is sent as a header in whole seconds, rounded up. Zero means
	// one second for 429 and 503, and no header for any other status.
	RetryAfter time.Duration `json:"-"`
}

// Fault is one fault of a request: in its body at a JSON pointer, or in the
// named parameter.
type Fault struct {
	Pointer   string `json:"pointer" doc:"JSON pointer into the body; empty for the whole body and for parameters" example:"/config/sync_rules/0/source_table"`
	Parameter string `json:"parameter,omitempty" doc:"Query, path or header parameter at fault" example:"limit"`
	Code      string `json:"code" example:"required"`
	Detail    string `json:"detail"`
}

// New returns the problem of a status. An empty code becomes the name of the
// status: not_found for 404.
func New(status int, code, detail string) *Details {
	if code == "" {
		code = strings.ReplaceAll(strings.ToLower(http.StatusText(status)), " ", "_")
	}
	return &Details{
		Type:   "urn:paw:problem:" + strings.ReplaceAll(code, "_", "-"),
		Title:  http.StatusText(status),
		Status: status,
		Code:   code,
		Detail: detail,
	}
}

// Invalid returns the problem of a request that has these faults.
func Invalid(faults ...Fault) *Details {
	p := New(http.StatusUnprocessableEntity, "invalid_request", "the request has faults; errors lists each one with its place")
	p.Errors = faults
	return p
}

// Internal returns the problem that says nothing about its cause.
func Internal() *Details {
	return New(http.StatusInternalServerError, "internal", "an internal error; the server's log says more under the ID in instance")
}

// Error returns the detail, so that a problem can travel as an error.
func (p *Details) Error() string { return p.Detail }

// Write answers with p. instance is the ID of the request.
func (p *Details) Write(w http.ResponseWriter, instance string) {
	p.Instance = instance
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if challenge := p.challenge(); challenge != "" {
		h.Set("WWW-Authenticate", challenge)
	}
	if wait := p.retryAfter(); wait > 0 {
		h.Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	}
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the caller may be gone, and there is nobody else to tell
}

// challenge says how to be let in (RFC 6750, section 3): without an error where
// no token was sent.
func (p *Details) challenge() string {
	switch {
	case p.Code == "insufficient_scope":
		return `Bearer error="insufficient_scope"`
	case p.Status != http.StatusUnauthorized:
		return ""
	case p.Code == "token_missing":
		return "Bearer"
	}
	return `Bearer error="invalid_token"`
}

func (p *Details) retryAfter() time.Duration {
	later := p.Status == http.StatusServiceUnavailable || p.Status == http.StatusTooManyRequests
	if later && p.RetryAfter == 0 {
		return time.Second
	}
	return p.RetryAfter
}
