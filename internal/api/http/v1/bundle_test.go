package v1_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// testBundle is the API on a real core.
type testBundle struct {
	*apitest.Core
	handler http.Handler
	log     *logBuffer

	mu   sync.Mutex
	seen []string // route and code of each answer
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{Core: apitest.Open(t), log: &logBuffer{}}
	b.handler = b.serve(kit.Options{
		Heartbeat: 20 * time.Millisecond,
		Logger:    slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Observe:   b.observe,
	})
	return b
}

// serve returns the whole API on the core of the bundle.
func (b *testBundle) serve(o kit.Options) http.Handler {
	o.Identity = b.Identity
	api := kit.New(o)
	v1.Mount(api, v1.Services{Orchestrator: b.Orchestrator, Keys: b.Identity})
	return api.Handler()
}

func (b *testBundle) observe(route string, code int, _ time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, fmt.Sprint(route, " ", code))
}

// logBuffer is written by handlers and read by tests.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// scenario is one request and what must come of it.
type scenario struct {
	name   string
	do     string // "POST /api/v1/workflows"
	token  string // empty: none
	body   string
	header map[string]string

	status  int
	headers map[string]string // exact values
	has     []string          // fragments of the answer
	hasNot  []string
}

func (b *testBundle) run(t *testing.T, s scenario) *httptest.ResponseRecorder {
	t.Helper()
	w := b.send(s)
	if w.Code != s.status {
		t.Errorf("status is %d, want %d: %s", w.Code, s.status, w.Body)
	}
	for name, want := range s.headers {
		if got := w.Header().Get(name); got != want {
			t.Errorf("header %s is %q, want %q", name, got, want)
		}
	}
	for _, text := range s.has {
		if !strings.Contains(w.Body.String(), text) {
			t.Errorf("the answer lacks %s: %s", text, w.Body)
		}
	}
	for _, text := range s.hasNot {
		if strings.Contains(w.Body.String(), text) {
			t.Errorf("the answer has %s: %s", text, w.Body)
		}
	}
	if w.Code >= 400 {
		checkProblem(t, w)
	}
	return w
}

func (b *testBundle) send(s scenario) *httptest.ResponseRecorder {
	method, target, _ := strings.Cut(s.do, " ")
	r := httptest.NewRequest(method, target, strings.NewReader(s.body))
	if s.body == "" {
		r = httptest.NewRequest(method, target, nil)
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if s.token != "" {
		r.Header.Set("Authorization", "Bearer "+s.token)
	}
	for name, value := range s.header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	return w
}

// checkProblem holds for every failure, wherever it came from.
func checkProblem(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if ct := w.Header().Get("Content-Type"); ct != "application/problem+json" {
		t.Errorf("the failure is %q and no problem", ct)
	}
	var p problem.Details
	d := json.NewDecoder(bytes.NewReader(w.Body.Bytes()))
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		t.Fatalf("the failure is not in its form: %v: %s", err, w.Body)
	}
	if p.Type == "" || p.Title == "" || p.Code == "" || p.Detail == "" || p.Status != w.Code {
		t.Errorf("the problem is incomplete: %s", w.Body)
	}
	if p.Instance == "" || p.Instance != w.Header().Get("X-Request-Id") {
		t.Errorf("instance %q is not the request id %q", p.Instance, w.Header().Get("X-Request-Id"))
	}
	if w.Code == 401 && w.Header().Get("WWW-Authenticate") != `Bearer error="invalid_token"` {
		t.Errorf("401 with the challenge %q", w.Header().Get("WWW-Authenticate"))
	}
	if (w.Code == 429 || w.Code == 503) && w.Header().Get("Retry-After") == "" {
		t.Errorf("%d without Retry-After", w.Code)
	}
}

// decoded reads an answer as T.
func decoded[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return v
}

// workflow makes one and returns its id.
func (b *testBundle) workflow(t *testing.T) workflow.ID {
	t.Helper()
	w := b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, status: 201})
	return decoded[workflow.Definition](t, w).ID
}

const good = `{"name":"Greeter","type":"test_kind","config":{"greeting":"hello"}}`
