package problem_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestOfAnError(t *testing.T) {
	t.Parallel()
	core := func(category workflow.ErrorCategory) error {
		return fmt.Errorf("start it: %w", &workflow.Error{Category: category, Code: "some_code", Message: "because"})
	}
	for name, c := range map[string]struct {
		err    error
		status int
		code   string
		detail string
	}{
		"not found":         {core(workflow.CategoryNotFound), 404, "some_code", "because"},
		"conflict":          {core(workflow.CategoryConflict), 409, "some_code", "because"},
		"precondition":      {core(workflow.CategoryPrecondition), 412, "some_code", "because"},
		"invalid":           {core(workflow.CategoryInvalid), 422, "some_code", "because"},
		"unauthorized":      {core(workflow.CategoryUnauthorized), 401, "some_code", "because"},
		"forbidden":         {core(workflow.CategoryForbidden), 403, "some_code", "because"},
		"too many":          {core(workflow.CategoryTooMany), 429, "some_code", "because"},
		"unavailable":       {core(workflow.CategoryUnavailable), 503, "some_code", "because"},
		"internal":          {core(workflow.CategoryInternal), 500, "some_code", "because"},
		"a category unseen": {core("new_kind"), 500, "some_code", "because"},
		"any other":         {errors.New("the secret"), 500, "internal", "an internal error; the server's log tells more"},
		"a problem":         {fmt.Errorf("read it: %w", problem.New(418, "teapot", "short and stout")), 418, "teapot", "short and stout"},
		"no code":           {problem.New(405, "", "not taken"), 405, "method_not_allowed", "not taken"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := problem.Of(c.err)
			if p.Status != c.status || p.Code != c.code || p.Detail != c.detail || p.Error() != c.detail {
				t.Errorf("%+v", p)
			}
		})
	}
}

func TestFaultsOfTheCoreAreKept(t *testing.T) {
	t.Parallel()
	p := problem.Of(&workflow.Error{Category: workflow.CategoryInvalid, Code: "invalid_config", Problems: []workflow.Problem{
		{Pointer: "/a", Code: "required", Detail: "a is missing"}, {Pointer: "/b/0", Code: "unknown_table", Detail: "no such table"},
	}})
	want := []problem.Fault{{Pointer: "/a", Code: "required", Detail: "a is missing"}, {Pointer: "/b/0", Code: "unknown_table", Detail: "no such table"}}
	if diff := cmp.Diff(want, p.Errors); diff != "" {
		t.Error(diff)
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	busy := func(status int, after time.Duration) *problem.Details {
		p := problem.New(status, "busy", "wait")
		p.RetryAfter = after
		return p
	}
	for name, c := range map[string]struct {
		p                *problem.Details
		retry, challenge string
		body             string
	}{
		"plain": {p: problem.New(404, "no_such_route", "nothing is here"),
			body: `{"type":"urn:paw:problem:no-such-route","title":"Not Found","status":404,"code":"no_such_route","detail":"nothing is here","instance":"req_1"}`},
		"faults": {p: problem.Invalid(problem.Fault{Pointer: "/a", Code: "required", Detail: "is missing"}, problem.Fault{Parameter: "limit", Code: "invalid", Detail: "is not a number"}),
			body: `{"type":"urn:paw:problem:invalid-request","title":"Unprocessable Entity","status":422,"code":"invalid_request","detail":"the request has faults; errors lists each one with its place","instance":"req_1",` +
				`"errors":[{"pointer":"/a","code":"required","detail":"is missing"},{"pointer":"","parameter":"limit","code":"invalid","detail":"is not a number"}]}`},
		"internal": {p: problem.Internal(),
			body: `{"type":"urn:paw:problem:internal","title":"Internal Server Error","status":500,"code":"internal","detail":"an internal error; the server's log says more under the ID in instance","instance":"req_1"}`},
		"no token":             {p: problem.New(401, "token_missing", "none"), challenge: "Bearer"},
		"another token":        {p: problem.New(401, "invalid_token", "expired"), challenge: `Bearer error="invalid_token"`},
		"no scope":             {p: problem.New(403, "insufficient_scope", "more"), challenge: `Bearer error="insufficient_scope"`},
		"another website":      {p: problem.New(403, "cross_origin", "no")},
		"too many":             {p: busy(429, 0), retry: "1"},
		"unavailable":          {p: busy(503, 0), retry: "1"},
		"a second and a bit":   {p: busy(503, 1001*time.Millisecond), retry: "2"},
		"a conflict that ends": {p: busy(409, 3*time.Second), retry: "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			c.p.Write(w, "req_1")
			if w.Code != c.p.Status || w.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%d %s", w.Code, w.Header().Get("Content-Type"))
			}
			if got := w.Header().Get("Retry-After"); got != c.retry {
				t.Errorf("Retry-After is %q, want %q", got, c.retry)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != c.challenge {
				t.Errorf("WWW-Authenticate is %q, want %q", got, c.challenge)
			}
			if c.body != "" && w.Body.String() != c.body+"\n" {
				t.Errorf("the document is %s", w.Body)
			}
		})
	}
}
