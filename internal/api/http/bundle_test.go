package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/sse"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Tokens that the identity of the bundle knows.
const (
	reader  = "paw_reader"
	writer  = "paw_writer"
	nothing = "paw_nothing"
)

// testBundle is an API with one small resource, things, and without a core.
type testBundle struct {
	handler  http.Handler
	identity *identity
	log      *logBuffer
	feed     *feed

	mu   sync.Mutex
	seen []string // route and status of each response
}

func setup(t *testing.T) *testBundle { return setupWith(t, kit.Options{}) }

func setupWith(t *testing.T, o kit.Options) *testBundle {
	t.Helper()
	b := &testBundle{log: &logBuffer{}, feed: &feed{messages: make(chan sse.Message, 10)}, identity: &identity{scopes: map[string][]workflow.Permission{
		reader: {workflow.WorkflowRead, workflow.ExecutionRead}, writer: {workflow.WorkflowWrite}, nothing: nil,
	}}}
	o.Identity, o.Observe = b.identity, b.observe
	o.Logger = slog.New(slog.NewTextHandler(b.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	api := kit.New(o)
	b.mount(api)
	b.handler = api.Handler()
	return b
}

func (b *testBundle) run(t *testing.T, c scenario.Case) *httptest.ResponseRecorder {
	t.Helper()
	return scenario.Run(t, b.handler, c)
}

func (b *testBundle) observe(route string, status int, _ time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, fmt.Sprint(route, " ", status))
}

// identity knows tokens by heart.
type identity struct {
	mu     sync.Mutex
	scopes map[string][]workflow.Permission
}

func (i *identity) Authenticate(_ context.Context, token string) (workflow.Caller, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	scopes, known := i.scopes[token]
	if !known {
		return workflow.Caller{}, workflow.Unauthorized("invalid_token", "the token is not known")
	}
	return workflow.Caller{Workspace: "ws_1", Scopes: scopes}, nil
}

func (i *identity) revoke(token string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.scopes, token)
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

type thing struct {
	ID    string `json:"id"`
	Name  string `json:"name,omitempty"`
	Limit int    `json:"limit,omitempty"`
	Trace string `json:"trace,omitempty"`
}

type thingPath struct {
	ID string `path:"id" maxLength:"20"`
}

type createIn struct {
	Body request.JSON[createThing]
}

type createThing struct {
	_      struct{}          `additionalProperties:"false"`
	Name   string            `json:"name" minLength:"1"`
	Config strictjson.Object `json:"config,omitempty"`
}

type createOut struct {
	Location string `header:"Location"`
	Absent   string `header:"X-Absent"`
	Body     thing
}

type listIn struct {
	Limit int `query:"limit" minimum:"1" maximum:"10" default:"5"`
}

// mount adds the resource.
func (b *testBundle) mount(api *kit.API) {
	kit.Handle(api, workflow.Public, kit.Route{Method: "GET", Path: "/alive", ID: "alive", Tag: "Things"},
		func(context.Context, workflow.Caller, *struct{}) (*kit.Reply[thing], error) {
			return kit.ReplyOf(thing{ID: "<alive>"}, nil)
		})
	kit.Handle(api, workflow.WorkflowWrite, kit.Route{Method: "POST", Path: "/api/v1/things", ID: "create-thing", Tag: "Things", Status: http.StatusCreated},
		func(_ context.Context, _ workflow.Caller, in *createIn) (*createOut, error) {
			return &createOut{Location: "/api/v1/things/1", Body: thing{ID: "1", Name: in.Body.Value.Name}}, nil
		})
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: "GET", Path: "/api/v1/things", ID: "list-things", Tag: "Things"},
		func(_ context.Context, c workflow.Caller, in *listIn) (*kit.Reply[thing], error) {
			return kit.ReplyOf(thing{ID: "all", Limit: in.Limit, Trace: c.TraceParent}, nil)
		})
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: "GET", Path: "/api/v1/things/{id}", ID: "get-thing", Tag: "Things"}, b.get)
	kit.Handle(api, workflow.WorkflowWrite, kit.Route{Method: "DELETE", Path: "/api/v1/things/{id}", ID: "delete-thing", Tag: "Things"},
		func(context.Context, workflow.Caller, *thingPath) (*kit.NoContent, error) {
			return &kit.NoContent{}, nil
		})
	kit.HandleStream(api, workflow.ExecutionRead, kit.Route{Method: "GET", Path: "/api/v1/things/{id}/stream", ID: "stream-thing", Tag: "Things"},
		func(_ context.Context, _ workflow.Caller, in *thingPath) (kit.Stream, error) {
			if in.ID == "none" {
				return nil, workflow.NotFound("thing_not_found", "there is no such thing")
			}
			return b.feed, nil
		})
	kit.HandleDocument(api, kit.Route{Method: "GET", Path: "/api/v1/openapi.json", ID: "get-openapi", Tag: "Things"})
}

// get returns a thing, or fails as its ID says.
func (b *testBundle) get(_ context.Context, _ workflow.Caller, in *thingPath) (*kit.Reply[any], error) {
	switch in.ID {
	case "panic":
		panic("the secret reason")
	case "abort":
		panic(http.ErrAbortHandler)
	case "broken":
		return nil, errors.New("the secret reason")
	case "busy":
		return nil, workflow.TooMany(1500*time.Millisecond, "too_many_things", "wait")
	case "unencodable":
		return kit.ReplyOf(any(func() {}), nil)
	}
	return kit.ReplyOf(any(thing{ID: in.ID}), nil)
}

// feed is a stream that a test fills.
type feed struct {
	messages chan sse.Message
	closed   int
}

func (f *feed) Next(ctx context.Context) (sse.Message, error) {
	select {
	case <-ctx.Done():
		return sse.Message{}, ctx.Err()
	case m, open := <-f.messages:
		switch {
		case !open:
			return m, io.EOF
		case m.Type == "panic":
			panic("while the stream is open")
		}
		return m, nil
	}
}

func (f *feed) Close() { f.closed++ }

const good = `{"name":"lamp"}`

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}
