package v1_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/admin"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
)

// S15: authorisation follows the matched route, so another spelling of a path
// is no way around it, and no way to find out what exists.
func TestS15OtherSpellingsOfAPath(t *testing.T) {
	b := setup(t)
	spellings := []string{
		"/api/v1//workflows", "//api/v1/workflows", "/api/v1/./workflows", "/api/v1/x/../workflows", "/api/v1/%77orkflows",
		"/api/v1/workflows/%2e%2e/workflows", "/api/v1/workflows;a=b", "/api/v1/workflows/", "/api/v1/workflows.", "/api/v1/Workflows",
		"/api/v1/x/workflows", "/api/v1/workflows%2f", "/api/v1/healthz/../workflows", "/api/v1/workflows%00", `/api/v1\workflows`,
	}
	for _, path := range spellings {
		t.Run(path, func(t *testing.T) {
			b.run(t, scenario{do: "GET " + path, status: 401, has: []string{`"code":"token_missing"`}})
			b.run(t, scenario{do: "GET " + path, token: "paw_wrong_token", status: 401})
			b.run(t, scenario{do: "GET " + path, token: b.Admin, status: 404, has: []string{`"code":"no_such_route"`}})
		})
	}
	t.Run("method override", func(t *testing.T) {
		id := b.workflow(t)
		b.run(t, scenario{do: "GET /api/v1/workflows/" + string(id), token: b.Admin, header: map[string]string{"X-HTTP-Method-Override": "DELETE"}, status: 200, has: []string{`"state":"active"`}})
		b.run(t, scenario{do: "PATCH /api/v1/workflows/" + string(id), status: 401})
		b.run(t, scenario{do: "PATCH /api/v1/workflows/" + string(id), token: b.Admin, status: 405, has: []string{`"code":"method_not_allowed"`}})
	})
}

// S9: a token in an address is refused, also a good one.
func TestS9TokenInTheAddress(t *testing.T) {
	b := setup(t)
	for _, target := range []string{
		"/api/v1/workflows?token=" + b.Admin, "/api/v1/workflows?access_token=x", "/api/v1/workflows?q=" + b.Admin, "/healthz?API_KEY=x", "/api/v1/workflows/" + b.Admin,
	} {
		b.run(t, scenario{do: "GET " + target, token: b.Admin, status: 400, has: []string{`"code":"token_in_url"`}, hasNot: []string{b.Admin}})
	}
	if strings.Contains(b.log.String(), b.Admin) {
		t.Error("the log shows the token")
	}
}

// S41: a website cannot make a browser call the API.
func TestS41CrossOrigin(t *testing.T) {
	b := setup(t)
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}, {"Origin": "https://evil.example"},
	} {
		b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, header: header, status: 403, has: []string{`"code":"cross_origin"`}})
	}
	b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, header: map[string]string{"Content-Type": "text/plain"}, status: 415})
	b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: "name=x", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, has: []string{"Content-Type: application/json"}})
	b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, header: map[string]string{"Sec-Fetch-Site": "same-origin"}, status: 201})
}

// S42, and no caching of what only one caller may see.
func TestS42SecurityHeaders(t *testing.T) {
	b := setup(t)
	for _, do := range []string{"GET /healthz", "GET /api/v1/workflows", "GET /nothing", "POST /api/v1/workflows"} {
		w := b.send(scenario{do: do})
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", do, name, got, want)
			}
		}
	}
}

// S45: what is for operators is not on the API's listener.
func TestS45OnlyTheAdminListener(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/metrics", "/debug/pprof/", "/docs", "/docs/openapi.json", "/"} {
		b.run(t, scenario{do: "GET " + path, status: 404})
		b.run(t, scenario{do: "GET " + path, token: b.Admin, status: 404})
	}
	metrics := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("paw_up 1")) })
	listener := admin.New(metrics, v1.Probes(nil), v1.Document())
	for path, want := range map[string]string{
		"/metrics": "paw_up 1", "/healthz": `"ok"`, "/readyz": `"ready"`, "/docs": "reference.js", "/docs/reference.js": "render", "/docs/reference.css": "body", "/docs/openapi.json": `"openapi": "3.1`,
	} {
		w := httptest.NewRecorder()
		listener.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s of the admin listener: %d %.80s", path, w.Code, w.Body)
		}
		if csp := w.Header().Get("Content-Security-Policy"); strings.HasPrefix(path, "/docs") && !strings.Contains(csp, "default-src 'self'; object-src 'none'; base-uri 'none'") {
			t.Errorf("%s has the policy %q", path, csp)
		}
	}
	w := httptest.NewRecorder()
	listener.ServeHTTP(w, httptest.NewRequest("GET", "/api/v1/workflows", nil))
	if w.Code != 404 {
		t.Errorf("the API is on the admin listener: %d", w.Code)
	}
}

func TestAnonymousLearnsNoVersion(t *testing.T) {
	b := setup(t)
	for _, path := range []string{"/healthz", "/readyz", "/nothing", "/api/v1/workflows"} {
		w := b.send(scenario{do: "GET " + path})
		if strings.Contains(strings.ToLower(w.Body.String()), "version") || w.Header().Get("Server") != "" {
			t.Errorf("%s tells %s %v", path, w.Body, w.Header())
		}
	}
}

func TestProbes(t *testing.T) {
	b := setup(t)
	b.run(t, scenario{do: "GET /healthz", status: 200, has: []string{`"status":"ok"`}})
	b.run(t, scenario{do: "GET /readyz", status: 200, has: []string{`"status":"ready"`}})
	b.run(t, scenario{do: "GET /api/v1/openapi.json", status: 200, headers: map[string]string{"Content-Type": "application/openapi+json"}, has: []string{`"openapi": "3.1`}})
}

// Limits hold before anything is decoded.
func TestLimitsOfARequest(t *testing.T) {
	b := setup(t)
	post := "POST /api/v1/workflows"
	big := `{"name":"x","type":"test_kind","config":{"greeting":"` + strings.Repeat("a", 1<<20) + `"}}`
	deep := `{"name":"x","type":"test_kind","config":{"greeting":` + strings.Repeat("[", 70) + strings.Repeat("]", 70) + `}}`
	for _, s := range []scenario{
		{name: "anonymous, before the body is read", do: post, body: big, status: 401},
		{name: "too large", do: post, token: b.Admin, body: big, status: 413, has: []string{`"code":"body_too_large"`}},
		{name: "too deep", do: post, token: b.Admin, body: deep, status: 422, has: []string{`"code":"too_deep"`}},
		{name: "key twice", do: post, token: b.Admin, body: `{"name":"x","type":"test_kind","config":{"greeting":"a","greeting":"b"}}`, status: 422, has: []string{`"pointer":"/config/greeting"`, `"code":"duplicate_key"`}},
		{name: "no JSON", do: post, token: b.Admin, body: "{\n\"name\": x}", status: 400, has: []string{`"code":"malformed_json"`, "line 2, column 9"}},
		{name: "nothing", do: post, token: b.Admin, status: 400, has: []string{`"code":"body_required"`}},
		{name: "long address", do: "GET /api/v1/workflows?cursor=" + strings.Repeat("a", 9000), token: b.Admin, status: 414},
		{name: "unknown query parameter", do: "GET /api/v1/workflows?limt=5", token: b.Admin, status: 422, has: []string{`"parameter":"limt"`, `"code":"unknown_field"`}},
		{name: "parameter out of range", do: "GET /api/v1/workflows?limit=1000", token: b.Admin, status: 422, has: []string{`"parameter":"limit"`, `"code":"out_of_range"`}},
		{name: "cursor of nobody", do: "GET /api/v1/workflows?cursor=abc", token: b.Admin, status: 422},
		{name: "cursor of events of nobody", do: "GET /api/v1/executions/ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e/events?cursor=abc", token: b.Admin, status: 422, has: []string{`"parameter":"cursor"`}},
	} {
		t.Run(s.name, func(t *testing.T) { b.run(t, s) })
	}
}

// Nobody holds a connection by never finishing a body, with a token or without.
func TestUnfinishedBodyIsNotWaitedFor(t *testing.T) {
	b := setup(t)
	server := httptest.NewServer(b.serve(kit.Options{BodyTimeout: 20 * time.Millisecond}))
	t.Cleanup(server.Close)
	for name, c := range map[string]struct {
		line, token string
		status      int
	}{
		"with a token":          {"POST /api/v1/workflows", b.Admin, 408},
		"without one":           {"POST /api/v1/workflows", "none", 401},
		"on a read":             {"GET /api/v1/workflows", b.Admin, 408},
		"where no route is":     {"POST /nothing", "none", 404},
		"where no body belongs": {"GET /healthz", "none", 408},
	} {
		t.Run(name, func(t *testing.T) {
			conn, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
			fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", c.line, c.token)
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatalf("no answer while the body is unfinished: %v", err)
			}
			if answer.StatusCode != c.status || !answer.Close {
				t.Errorf("status %d, closed %v; want %d and a closed connection", answer.StatusCode, answer.Close, c.status)
			}
		})
	}
}

func TestEveryRequestIsLoggedAndCounted(t *testing.T) {
	b := setup(t)
	id := b.workflow(t)
	w := b.run(t, scenario{do: "GET /api/v1/workflows/" + string(id), token: b.Admin, status: 200})
	b.run(t, scenario{do: "GET /api/v1/nothing?q=private", token: b.Admin, status: 404})
	want := []string{"/api/v1/workflows 201", "/api/v1/workflows/{id} 200", "unmatched 404"}
	if got := strings.Join(b.seen, ", "); got != strings.Join(want, ", ") {
		t.Errorf("observed %s, want %v", got, want)
	}
	line := "request_id=" + w.Header().Get("X-Request-Id") + " method=GET route=/api/v1/workflows/{id} status=200"
	if log := b.log.String(); !strings.Contains(log, line) || strings.Contains(log, b.Admin) || strings.Contains(log, "private") {
		t.Errorf("the log lacks %s or tells too much:\n%s", line, log)
	}
}
