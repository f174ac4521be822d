package http

import (
	"context"
	"net/http"
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

type contextKey int

const (
	keyRequest contextKey = iota
	keyCaller
)

// callerOf returns who asks; the zero value on public routes.
func callerOf(ctx context.Context) workflow.Caller {
	c, _ := ctx.Value(keyCaller).(workflow.Caller)
	return c
}

// authenticated guards one route: the route that was matched decides, never
// the text of the path.
func (f *face) authenticated(p workflow.Permission) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		if p == workflow.Public {
			next(ctx)
			return
		}
		c, err := f.caller(ctx.Context(), ctx.Header("Authorization"), ctx.Header("traceparent"))
		if err == nil {
			err = c.Require(p)
		}
		if err != nil {
			f.refuse(ctx, f.failed(ctx.Context(), err))
			return
		}
		next(huma.WithValue(ctx, keyCaller, c))
	}
}

// maxToken bounds what is looked at before anything is computed with it.
const maxToken = 8 << 10

// traceParent is the form of a W3C trace context, version 00.
var traceParent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// caller verifies the bearer token of a request.
func (f *face) caller(ctx context.Context, authorization, trace string) (workflow.Caller, error) {
	scheme, token, _ := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	switch {
	case authorization == "":
		return workflow.Caller{}, workflow.Unauthorized("token_missing", "this request has no token; send the header Authorization: Bearer paw_…")
	case !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken:
		return workflow.Caller{}, workflow.Unauthorized("invalid_token", "the Authorization header is not of the form Bearer paw_…")
	}
	c, err := f.Identity.Authenticate(ctx, token)
	if err != nil {
		return workflow.Caller{}, err
	}
	if traceParent.MatchString(trace) {
		c.TraceParent = trace
	}
	return c, nil
}

// refuse answers with p from a middleware of a route.
func (f *face) refuse(ctx huma.Context, p *ProblemDetails) {
	r, w := unwrap(ctx)
	p.write(w, r)
}

// noRoute answers what no route matched. Without a valid token the answer is
// the 401 of any other path, so that nobody can map the API from outside.
func (f *face) noRoute(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, apiPrefix) {
			if _, err := f.caller(r.Context(), r.Header.Get("Authorization"), ""); err != nil {
				f.failed(r.Context(), err).write(w, r)
				return
			}
		}
		if status == http.StatusMethodNotAllowed {
			newProblem(status, "", "this path does not take "+r.Method).write(w, r)
			return
		}
		newProblem(status, "no_such_route", "nothing is at this path; the reference is at /docs of the admin listener").write(w, r)
	}
}
