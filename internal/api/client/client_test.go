package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func server(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return New(s.URL+"/", "paw_test")
}

func TestFailureBecomesATypedError(t *testing.T) {
	t.Parallel()
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer paw_test" {
			t.Errorf("Authorization is %q", r.Header.Get("Authorization"))
		}
		w.Header().Set("Content-Type", "application/problem+json")
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(422)
		fmt.Fprint(w, `{"code":"invalid_config","detail":"two faults","instance":"req_1","errors":[{"pointer":"/config/x","code":"required","detail":"x is missing"},{"pointer":"","parameter":"limit","code":"out_of_range","detail":"too big"}]}`)
	})
	_, err := c.Workflow(t.Context(), "wf_1")
	want := &Error{Status: 422, Code: "invalid_config", Detail: "two faults", RequestID: "req_1", RetryAfter: 7 * time.Second, Faults: []Fault{
		{Pointer: "/config/x", Code: "required", Detail: "x is missing"}, {Parameter: "limit", Code: "out_of_range", Detail: "too big"}}}
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("error is %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if text := err.Error(); text != "two faults\n  /config/x: x is missing\n  parameter limit: too big" {
		t.Errorf("text is %q", text)
	}
	if !errors.Is(err, &Error{Code: "invalid_config"}) || errors.Is(err, &Error{Status: 404}) {
		t.Error("does not match by code and status")
	}
}

func TestAnotherProgramAtTheAddress(t *testing.T) {
	t.Parallel()
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			http.Error(w, "<html>", http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, "<html>hello</html>")
	})
	if _, err := c.Workflow(t.Context(), "wf_1"); err == nil || !strings.Contains(err.Error(), "is "+c.base+" the address of pyairtable-workflows?") {
		t.Errorf("error is %v", err)
	}
	var refused *Error
	if err := c.DeleteWorkflow(t.Context(), "wf_1"); !errors.As(err, &refused) || refused.Status != 502 {
		t.Errorf("error is %v", err)
	}
}

func TestServerDown(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	var down *UnreachableError
	if err := New(s.URL, "t").Ready(t.Context()); !errors.As(err, &down) || !strings.Contains(err.Error(), s.URL) || !strings.Contains(err.Error(), "serve") {
		t.Errorf("error is %v", err)
	}
	if err := New("not an address", "t").Ready(t.Context()); !errors.As(err, &down) {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := New(s.URL, "t").Ready(ctx); !errors.Is(err, context.Canceled) || errors.As(err, &down) {
		t.Errorf("error is %v, want the context's own", err)
	}
}

// A redirect must not carry the token somewhere else.
func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	t.Cleanup(elsewhere.Close)
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := c.Workflow(t.Context(), "wf_1"); err == nil {
		t.Error("no error")
	}
}

func TestRequestsAsTheServerWantsThem(t *testing.T) {
	t.Parallel()
	var got []string
	c := server(t, func(w http.ResponseWriter, r *http.Request) {
		var body json.RawMessage
		_ = json.NewDecoder(r.Body).Decode(&body)
		got = append(got, fmt.Sprintf("%s %s %s key=%s match=%s", r.Method, r.URL.RequestURI(), body, r.Header.Get("Idempotency-Key"), r.Header.Get("If-Match")))
		fmt.Fprint(w, `{}`)
	})
	ctx := t.Context()
	_, e1 := c.CreateWorkflow(ctx, Document{Name: "n", Type: "k", Config: json.RawMessage(`{"a":1}`)}, "once")
	_, e2 := c.UpdateWorkflow(ctx, "wf_1", Document{Name: "n", Config: json.RawMessage(`{}`)}, 3)
	_, e13 := c.UpdateWorkflow(ctx, "wf_1", Document{}, 1)
	_, e14 := c.UpdateWorkflow(ctx, "wf_1", Document{}, 0)
	_, e3 := c.Execute(ctx, "wf_1", Start{Input: json.RawMessage(`{"mode":"full"}`)}, "k")
	_, e4 := c.Execute(ctx, "../x?y", Start{}, "")
	_, e5 := c.Executions(ctx, "wf_1", List{State: "failed", Limit: 5})
	_, e6 := c.CancelExecution(ctx, "ex_1")
	_, e7 := c.CreateKey(ctx, "n", nil, 30)
	_, e8 := c.Workflows(ctx, List{Type: "k", State: "paused", Cursor: "a&b", Limit: 1})
	_, e9 := c.Executions(ctx, "", List{})
	_, e10 := c.Steps(ctx, "ex_1", List{Cursor: "c"})
	_, e11 := c.Events(ctx, "ex_1", List{Limit: 7})
	_, e12 := c.AnswerExecution(ctx, "ex_1", Answer{Path: "1", Verdict: "done"})
	_, e15 := c.Execute(ctx, "wf_1", Start{Version: Latest, Priority: -1}, "")
	_, e16 := c.RedriveExecution(ctx, "ex_1", Start{}, "k")
	_, e17 := c.RedriveExecution(ctx, "ex_1", Start{Version: 3, Input: json.RawMessage(`{}`)}, "")
	_, e18 := c.DiscardExecution(ctx, "ex_1")
	_, e19 := c.AnswerExecution(ctx, "ex_1", Answer{Path: "1", Generation: 2, Verdict: "fail"})
	if err := errors.Join(e1, e2, e3, e4, e5, e6, e7, e8, e9, e10, e11, e12, e13, e14, e15, e16, e17, e18, e19, c.Ready(ctx), c.RevokeKey(ctx, "key_1")); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`POST /api/v1/workflows {"name":"n","type":"k","config":{"a":1}} key=once match=`,
		`PUT /api/v1/workflows/wf_1 {"name":"n","config":{}} key= match="3"`,
		`PUT /api/v1/workflows/wf_1 {"name":"","config":null} key= match="1"`,
		`PUT /api/v1/workflows/wf_1 {"name":"","config":null} key= match=`,
		`POST /api/v1/workflows/wf_1/execute {"input":{"mode":"full"}} key=k match=`,
		`POST /api/v1/workflows/..%2Fx%3Fy/execute  key= match=`,
		`GET /api/v1/workflows/wf_1/executions?limit=5&state=failed  key= match=`,
		`POST /api/v1/executions/ex_1/cancel  key= match=`,
		`POST /api/v1/keys {"name":"n","scopes":null,"expires_in_days":30} key= match=`,
		`GET /api/v1/workflows?cursor=a%26b&limit=1&state=paused&type=k  key= match=`,
		`GET /api/v1/executions  key= match=`,
		`GET /api/v1/executions/ex_1/steps?cursor=c  key= match=`,
		`GET /api/v1/executions/ex_1/events?limit=7  key= match=`,
		`POST /api/v1/executions/ex_1/answer {"path":"1","verdict":"done"} key= match=`,
		`POST /api/v1/workflows/wf_1/execute {"version":"latest","priority":-1} key= match=`,
		`POST /api/v1/executions/ex_1/redrive  key=k match=`,
		`POST /api/v1/executions/ex_1/redrive {"version":3,"input":{}} key= match=`,
		`POST /api/v1/executions/ex_1/discard  key= match=`,
		`POST /api/v1/executions/ex_1/answer {"path":"1","generation":2,"verdict":"fail"} key= match=`,
		`GET /readyz  key= match=`,
		`DELETE /api/v1/keys/key_1  key= match=`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
