package http

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Identity says who a token belongs to. *identity.Service is the real one.
type Identity interface {
	// Authenticate returns a *workflow.Error for a token that is not valid.
	Authenticate(ctx context.Context, token string) (workflow.Caller, error)
}

// gate lets callers in.
type gate struct{ identity Identity }

// maxToken bounds what is looked at before anything is computed with it.
const maxToken = 8 << 10

// traceParent is the form of a W3C trace context, version 00.
var traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// admit returns the caller of a request, who holds the permission; the zero
// caller for a public route.
func (g gate) admit(r *http.Request, p workflow.Permission) (workflow.Caller, error) {
	if p == workflow.Public {
		return workflow.Caller{}, nil
	}
	c, err := g.caller(r)
	if err != nil {
		return workflow.Caller{}, err
	}
	return c, c.Require(p)
}

// caller verifies the bearer token of a request.
func (g gate) caller(r *http.Request) (workflow.Caller, error) {
	authorization := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	switch {
	case authorization == "":
		return workflow.Caller{}, workflow.Unauthorized("token_missing", "this request has no token; send the header Authorization: Bearer paw_…")
	case !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken:
		return workflow.Caller{}, workflow.Unauthorized("invalid_token", "the Authorization header is not of the form Bearer paw_…")
	}
	c, err := g.identity.Authenticate(r.Context(), token)
	if err != nil {
		return workflow.Caller{}, err
	}
	if trace := r.Header.Get("traceparent"); traceParent.MatchString(trace) {
		c.TraceParent = trace
	}
	return c, nil
}
