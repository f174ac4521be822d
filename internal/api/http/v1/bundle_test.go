package v1_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest"
	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// testBundle is the API on a real core.
type testBundle struct {
	*apitest.Core
	handler http.Handler
	log     *logBuffer
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{Core: apitest.Open(t), log: &logBuffer{}}
	b.handler = b.API(kit.Options{
		Heartbeat: 20 * time.Millisecond, // how soon a stream notices that its key is revoked
		Logger:    slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	return b
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

// run runs one case against the API.
func (b *testBundle) run(t *testing.T, c scenario.Case) *httptest.ResponseRecorder {
	t.Helper()
	return scenario.Run(t, b.handler, c)
}

// workflow makes one and returns its id.
func (b *testBundle) workflow(t *testing.T) workflow.ID {
	t.Helper()
	w := b.run(t, scenario.Case{Do: "POST /api/v1/workflows", Token: b.Admin, Body: good, Status: 201})
	return scenario.Decode[workflow.Definition](t, w).ID
}

const good = `{"name":"Greeter","type":"test_kind","config":{"greeting":"hello"}}`
