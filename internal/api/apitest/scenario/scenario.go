// Package scenario runs single requests against a handler of the HTTP API: each
// is data, and every failure is checked for its form. It is for tests only.
package scenario

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

// Case is one request and what must come of it.
type Case struct {
	Name   string // of the subtest, for RunAll
	Do     string // method and target: "POST /api/v1/workflows"
	Token  string // empty: none
	Body   string // empty: none; anything else is sent as JSON
	Header map[string]string

	Status  int
	Headers map[string]string // exact values
	Has     []string          // fragments of the response
	HasNot  []string
}

// RunAll runs each case in a parallel subtest and returns when all are done.
func RunAll(t *testing.T, h http.Handler, cases []Case) {
	t.Helper()
	t.Run("cases", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.Name, func(t *testing.T) {
				t.Parallel()
				Run(t, h, c)
			})
		}
	})
}

// Run sends the request and checks the response.
func Run(t testing.TB, h http.Handler, c Case) *httptest.ResponseRecorder {
	t.Helper()
	w := Send(h, c)
	if w.Code != c.Status {
		t.Errorf("%s: status is %d, want %d: %s", c.Do, w.Code, c.Status, w.Body)
	}
	for name, want := range c.Headers {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: header %s is %q, want %q", c.Do, name, got, want)
		}
	}
	for _, text := range c.Has {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: the response lacks %s: %s", c.Do, text, w.Body)
		}
	}
	for _, text := range c.HasNot {
		if strings.Contains(w.Body.String(), text) {
			t.Errorf("%s: the response has %s: %s", c.Do, text, w.Body)
		}
	}
	if w.Code >= 400 {
		checkProblem(t, w)
	}
	checkLists(t, w)
	return w
}

// Send sends the request and checks nothing.
func Send(h http.Handler, c Case) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(c.Do, " ")
	r := httptest.NewRequest(method, target, nil)
	if c.Body != "" {
		r = httptest.NewRequest(method, target, strings.NewReader(c.Body))
		r.Header.Set("Content-Type", "application/json")
	}
	if c.Token != "" {
		r.Header.Set("Authorization", "Bearer "+c.Token)
	}
	for name, value := range c.Header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// checkProblem holds for every failure, wherever it came from.
func checkProblem(t testing.TB, w *httptest.ResponseRecorder) {
	t.Helper()
	if mediaType := w.Header().Get("Content-Type"); mediaType != "application/problem+json" {
		t.Errorf("the failure is %q, not a problem document", mediaType)
	}
	var p problem.Details
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("the failure is not a problem document: %v: %s", err, w.Body)
	}
	if p.Type == "" || p.Title == "" || p.Code == "" || p.Detail == "" || p.Status != w.Code {
		t.Errorf("the problem is incomplete: %s", w.Body)
	}
	if p.Instance == "" || p.Instance != w.Header().Get("X-Request-Id") {
		t.Errorf("instance %q is not the request ID %q", p.Instance, w.Header().Get("X-Request-Id"))
	}
	if got, want := w.Header().Get("WWW-Authenticate"), challenge(p); got != want {
		t.Errorf("%d %s with the challenge %q, want %q", w.Code, p.Code, got, want)
	}
	if (w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable) && w.Header().Get("Retry-After") == "" {
		t.Errorf("%d without Retry-After", w.Code)
	}
}

// challenge is what RFC 6750 asks for: an error only where there was a token.
func challenge(p problem.Details) string {
	switch {
	case p.Code == "token_missing":
		return "Bearer"
	case p.Status == http.StatusUnauthorized:
		return `Bearer error="invalid_token"`
	case p.Code == "insufficient_scope":
		return `Bearer error="insufficient_scope"`
	}
	return ""
}

// checkLists holds for every document: a list may be empty, and is never null.
func checkLists(t testing.TB, w *httptest.ResponseRecorder) {
	t.Helper()
	for _, name := range []string{"items", "scopes", "buckets", "executions", "errors", "examples", "warnings"} {
		if strings.Contains(w.Body.String(), `"`+name+`":null`) {
			t.Errorf("%s is null: %s", name, w.Body)
		}
	}
}

// Decode reads a response as T.
func Decode[T any](t testing.TB, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}
