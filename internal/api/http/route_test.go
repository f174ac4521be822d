package http_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestResponses(t *testing.T) {
	t.Parallel()
	b := setup(t)
	json := map[string]string{"Content-Type": "application/json"}
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "created", Do: "POST /api/v1/things", Token: writer, Body: good, Status: 201,
			Headers: map[string]string{"Content-Type": "application/json", "Location": "/api/v1/things/1", "X-Absent": ""}, Has: []string{`{"id":"1","name":"lamp"}`}},
		{Name: "no markup is escaped", Do: "GET /alive", Status: 200, Headers: json, Has: []string{`{"id":"<alive>"}`}},
		{Name: "a parameter's default", Do: "GET /api/v1/things", Token: reader, Status: 200, Headers: json, Has: []string{`"limit":5`}},
		{Name: "a parameter", Do: "GET /api/v1/things?limit=7", Token: reader, Status: 200, Has: []string{`"limit":7`}},
		{Name: "another format is asked for", Do: "GET /alive", Header: map[string]string{"Accept": "text/html"}, Status: 200, Headers: json},
	})
	if _, sent := b.run(t, scenario.Case{Do: "POST /api/v1/things", Token: writer, Body: good, Status: 201}).Header()["X-Absent"]; sent {
		t.Error("an empty header is sent")
	}
	w := b.run(t, scenario.Case{Do: "DELETE /api/v1/things/1", Token: writer, Status: 204, Headers: map[string]string{"Content-Type": ""}})
	if w.Body.Len() != 0 {
		t.Errorf("204 with a body: %s", w.Body)
	}
}

// What can be got can be asked about: the same answer, without its body.
func TestHead(t *testing.T) {
	t.Parallel()
	b := setup(t)
	server := httptest.NewServer(b.handler)
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/alive": "200 application/json", "/api/v1/things": "200 application/json", "/api/v1/things/1": "200 application/json",
		"/api/v1/openapi.json": "200 application/openapi+json", "/api/v1/things/broken": "500 application/problem+json",
		"/api/v1/things?limit=x": "422 application/problem+json", "/api/v1/things/1/stream": "200 text/event-stream",
		"/api/v1/things/none/stream": "404 application/problem+json", "/nothing": "404 application/problem+json",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+reader)
		response, err := server.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		if got := fmt.Sprint(response.StatusCode, " ", response.Header.Get("Content-Type")); got != want || len(text) > 0 || err != nil {
			t.Errorf("%s: %s %q %v, want %s", path, got, text, err, want)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
	}
	b.run(t, scenario.Case{Do: "HEAD /api/v1/things", Status: 401})
	b.run(t, scenario.Case{Do: "HEAD /api/v1/things", Token: nothing, Status: 403})
	if b.feed.closed != 1 {
		t.Errorf("%d streams were closed, one was opened", b.feed.closed)
	}
}

// Faults of parameters and body come together.
func TestEveryFaultOfARequest(t *testing.T) {
	t.Parallel()
	b := setup(t)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "query and body", Do: "POST /api/v1/things?x=1", Token: writer, Body: `{"name":"","nme":1}`, Status: 422,
			Has: []string{`"code":"invalid_request"`, `"parameter":"x","code":"unknown_field"`, `"pointer":"/name","code":"out_of_range"`, `"pointer":"/nme","code":"unknown_field"`}},
		{Name: "query", Do: "GET /api/v1/things?limit=11&lmit=1", Token: reader, Status: 422,
			Has: []string{`"parameter":"limit","code":"out_of_range"`, `"parameter":"lmit","code":"unknown_field"`, `did you mean \"limit\"?`}},
		{Name: "path", Do: "GET /api/v1/things/123456789012345678901", Token: reader, Status: 422, Has: []string{`"parameter":"id","code":"out_of_range"`}},
		{Name: "path of a stream", Do: "GET /api/v1/things/123456789012345678901/stream", Token: reader, Status: 422, Has: []string{`"parameter":"id"`}},
		{Name: "no stream", Do: "GET /api/v1/things/none/stream", Token: reader, Status: 404},
		{Name: "the document takes nothing", Do: "GET /api/v1/openapi.json?x=1", Status: 422},
		{Name: "nothing", Do: "POST /api/v1/things", Token: writer, Status: 400, Has: []string{`"code":"body_required"`}},
		{Name: "not JSON", Do: "POST /api/v1/things", Token: writer, Body: "{\n\"name\": x}", Status: 400, Has: []string{`"code":"malformed_json"`, "line 2, column 9"}},
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	b := setup(t)
	secret := []string{"secret"}
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "panic", Do: "GET /api/v1/things/panic", Token: reader, Status: 500, Has: []string{`"code":"internal"`}, HasNot: secret},
		{Name: "an unknown error", Do: "GET /api/v1/things/broken", Token: reader, Status: 500, Has: []string{`"code":"internal"`}, HasNot: secret},
		{Name: "what cannot be encoded", Do: "GET /api/v1/things/unencodable", Token: reader, Status: 500, Has: []string{`"code":"internal"`}},
		{Name: "busy", Do: "GET /api/v1/things/busy", Token: reader, Status: 429, Headers: map[string]string{"Retry-After": "2"}, Has: []string{`"code":"too_many_things"`}},
	})
	contains(t, b.log.String(), `msg="request panicked"`, `panic="the secret reason"`, `msg="request failed"`, `error="the secret reason"`, "error=\"encode the response")
	t.Run("an abandoned response stays one", func(t *testing.T) {
		t.Parallel()
		defer func() {
			if recover() == nil {
				t.Error("the panic that closes a connection was swallowed")
			}
		}()
		scenario.Send(b.handler, scenario.Case{Do: "GET /api/v1/things/abort", Token: reader})
	})
}

// What could not be kept is refused before the process serves anything.
func TestDeclarationsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for name, declare := range map[string]func(*kit.API){
		"a number as a header": func(a *kit.API) {
			type out struct {
				Age int `header:"Age"`
			}
			kit.Handle(a, workflow.Public, kit.Route{Method: "GET", Path: "/x", ID: "x"}, func(context.Context, workflow.Caller, *struct{}) (*out, error) { return nil, nil })
		},
		"a pattern of a parameter": func(a *kit.API) {
			type in struct {
				ID string `path:"id" pattern:"[a-z]+"`
			}
			kit.Handle(a, workflow.Public, kit.Route{Method: "GET", Path: "/x/{id}", ID: "x"}, func(context.Context, workflow.Caller, *in) (*kit.NoContent, error) { return nil, nil })
		},
		"an operation ID twice": func(a *kit.API) {
			for _, path := range []string{"/x", "/y"} {
				kit.Handle(a, workflow.Public, kit.Route{Method: "GET", Path: path, ID: "x"}, func(context.Context, workflow.Caller, *struct{}) (*kit.NoContent, error) { return nil, nil })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it was accepted")
				}
			}()
			declare(kit.New(kit.Options{}))
		})
	}
}
