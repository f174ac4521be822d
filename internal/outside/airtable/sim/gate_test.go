package sim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestOrderOfRefusals(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	noModelBody := `{"error":{"type":"` + noModelType + `","message":"` + noModel + `"}}`
	const notFound, noToken = `{"error":"NOT_FOUND"}`, `{"error":{"type":"AUTHENTICATION_REQUIRED","message":"Authentication required"}}`
	for _, c := range []struct {
		name, token, method, path string
		status                    int
		want                      string
	}{
		{"a malformed base comes before the token", "", "GET", "/v0/nobase/T", 404, notFound},
		{"a malformed record comes before the token", "", "GET", a.at(people) + "/norecord", 404, notFound},
		{"no such route", "patAll", "GET", "/v1/x", 404, notFound},
		{"no such method", "patAll", "PATCH", "/v0/meta/bases", 404, notFound},
		{"an empty table", "patAll", "GET", "/v0/" + a.base + "//", 404, notFound},
		{"no token", "", "GET", a.at(people), 401, noToken},
		{"an unknown token", "patX", "GET", a.at(people), 401, noToken},
		{"an unknown base", "patAll", "GET", "/v0/appAAAAAAAAAAAAAA/T", 403, noModelBody},
		{"an unknown table", "patAll", "GET", a.at("Nope"), 403, noModelBody},
		{"a table in another case", "patAll", "GET", a.at("people"), 403, noModelBody},
		{"an unknown base of the schema", "patAll", "GET", "/v0/meta/bases/appAAAAAAAAAAAAAA/tables", 403, noModelBody},
		{"a missing scope to write", "patRead", "POST", a.at(people), 403, noModelBody},
		{"a missing scope to read", "patNone", "GET", a.at(people), 403, noModelBody},
		{"a missing scope for the schema", "patRead", "POST", "/v0/meta/bases", 403, noModelBody},
	} {
		t.Run(c.name, func(t *testing.T) {
			a.with(t, c.token).fails(c.method, c.path, nil, c.status, c.want)
		})
	}
	a.with(t, "patRead").ok("GET", a.at(people), nil)
}

func TestLongURLs(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	status, text, header := a.call("GET", a.at(people)+"?filterByFormula="+strings.Repeat("1", 16_000), nil)
	if status != 414 || text != "Request-URI Too Large" || header.Get("Date") == "" {
		t.Errorf("got %d %s", status, text)
	}
	query := a.at(people) + "?filterByFormula=1&x="
	rest := strings.Repeat("x", 16_000-len("https://example.com"+query)-1)
	a.ok("GET", query+rest, nil)
	if status, _, _ := a.call("GET", query+rest+"x", nil); status != 414 {
		t.Errorf("a URL of 16,000 characters is a %d", status)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.fails("POST", a.at(people), strings.Repeat("x", maxBody+1), 413, `{"error":{"type":"REQUEST_TOO_LARGE","message":"Request body is too large"}}`)
	send := func(method string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, a.at(people), strings.NewReader(`{"fields":{}}`))
		request.Header.Set("Authorization", "Bearer patAll")
		request.Header.Set("Content-Type", "text/plain")
		out := httptest.NewRecorder()
		a.sim.Handler().ServeHTTP(out, request)
		return out
	}
	if out := send("GET"); out.Code != 200 {
		t.Errorf("the body of a GET matters: %d %s", out.Code, out.Body)
	}
	if out := send("DELETE"); !strings.Contains(out.Body.String(), "INVALID_RECORDS") {
		t.Errorf("the body of a DELETE matters: %d %s", out.Code, out.Body)
	}
	if out := send("POST"); out.Code != 422 || out.Body.String() != `{"error":{"type":"INVALID_REQUEST_BODY","message":"Could not parse request body"}}` {
		t.Errorf("got %d %s", out.Code, out.Body)
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	for _, path := range []string{a.at(people), a.at("Nope"), "/nowhere"} {
		_, _, header := a.call("GET", path, nil)
		if got := header.Get("Date"); got != "Mon, 06 May 2024 07:08:09 GMT" {
			t.Errorf("%s: Date is %q", path, got)
		}
		if got := header.Get("Content-Type"); got != "application/json; charset=utf-8" {
			t.Errorf("%s: Content-Type is %q", path, got)
		}
	}
}

func TestTableNamesMayHoldAnything(t *testing.T) {
	t.Parallel()
	a := setup(t)
	a.crm()
	name := "a/b ü%?&#"
	a.ok("POST", "/v0/meta/bases/"+a.base+"/tables", obj{"name": name, "fields": list{obj{"name": "Name", "type": "singleLineText"}}})
	a.create(name, obj{"Name": "x"})
	if got := a.names(name); got != "x" {
		t.Errorf("got %q", got)
	}
}

func TestWhoami(t *testing.T) {
	t.Parallel()
	a := setup(t)
	got := a.ok("GET", "/v0/meta/whoami", nil)
	if !wire.IsID(got["id"].(string), "usr") || got["email"] == nil || got["scopes"] != nil {
		t.Errorf("got %v", got)
	}
	a.token = "patRead"
	if other := a.ok("GET", "/v0/meta/whoami", nil); other["id"] == got["id"] || other["email"] != nil {
		t.Errorf("got %v", other)
	}
}

func TestRateLimitOfABase(t *testing.T) {
	t.Parallel()
	a := setup(t, func(c *Config) { c.NoRateLimit = false })
	people, _ := a.crm() // two calls to the base: the second is the table
	a.clock.pass(10 * time.Second)
	for range 5 {
		a.ok("GET", a.at(people), nil)
	}
	const limited = `{"errors":[{"error":"RATE_LIMIT_REACHED","message":"Rate limit exceeded. Please try again later"}]}`
	a.fails("GET", a.at(people), nil, 429, limited)
	a.token = "patRead"
	a.fails("GET", "/v0/meta/bases/"+a.base+"/tables", nil, 429, limited) // all tokens and the schema share it
	a.ok("GET", "/v0/meta/bases", nil)                                    // calls that concern no base go on
	a.clock.pass(29 * time.Second)
	a.fails("GET", a.at(people), nil, 429, limited)
	a.clock.pass(time.Second)
	a.ok("GET", a.at(people), nil)
	if got := a.ok("GET", "/_sim/stats", nil)["rate_limited"]; got != 3.0 {
		t.Errorf("counted %v refusals", got)
	}
}

func TestSteadyCallsBelowTheRateAreNeverRefused(t *testing.T) {
	t.Parallel()
	a := setup(t, func(c *Config) { c.NoRateLimit = false })
	people, _ := a.crm()
	for range 200 {
		a.clock.pass(time.Second / 5)
		a.ok("GET", a.at(people), nil)
	}
}

func TestRateLimitOfAToken(t *testing.T) {
	t.Parallel()
	a := setup(t, func(c *Config) { c.NoRateLimit = false })
	for range 50 {
		a.ok("GET", "/v0/meta/whoami", nil)
	}
	if status, _, _ := a.call("GET", "/v0/meta/whoami", nil); status != 429 {
		t.Errorf("the 51st call is a %d", status)
	}
	a.token = "patRead"
	a.ok("GET", "/v0/meta/whoami", nil)
}

func TestSpeedScalesRatesPenaltiesAndExpiries(t *testing.T) {
	t.Parallel()
	a := setup(t, func(c *Config) { c.NoRateLimit, c.Speed = false, 10 })
	people, _ := a.crm()
	a.create(people, obj{"Name": "Ann"}, obj{"Name": "Bob"})
	a.clock.pass(time.Second)
	var offset string
	for range 50 {
		offset = a.ok("GET", a.at(people)+"?pageSize=1", nil)["offset"].(string)
	}
	if status, _, _ := a.call("GET", a.at(people), nil); status != 429 {
		t.Errorf("the 51st call is a %d", status)
	}
	a.clock.pass(3 * time.Second)
	a.ok("GET", a.at(people)+"?offset="+offset, nil)
	a.clock.pass(31 * time.Second)
	a.fails("GET", a.at(people)+"?offset="+offset, nil, 422, `{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}`)
	got := a.ok("GET", a.at(people), nil)["records"].(list)[0].(obj)["createdTime"]
	if got != "2024-05-06T07:08:09.000Z" {
		t.Errorf("speed touched a timestamp: %v", got)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	plan := obj{"faults": list{
		obj{"method": "POST", "path": "/v0/app*/" + people, "nth": 2, "fault": "bad_gateway"},
		obj{"operation": "get_schema", "times": 2, "fault": "unavailable", "retry_after": 7},
		obj{"method": "DELETE", "times": -1, "fault": "delay", "delay_ms": 1},
	}}
	a.ok("PUT", "/_sim/faults", plan)
	id := a.create(people, obj{"Name": "first"})[0]
	status, text, header := a.call("POST", a.at(people), obj{"fields": obj{"Name": "second"}})
	if status != 502 || !strings.HasPrefix(text, "<html>") || header.Get("Content-Type") != "text/html; charset=utf-8" || header.Get("Date") == "" {
		t.Errorf("got %d %s %v", status, text, header)
	}
	a.create(people, obj{"Name": "third"})
	if got := a.names(people, "view", "Grid view"); got != "first,third" {
		t.Errorf("got %s", got)
	}
	schema := "/v0/meta/bases/" + a.base + "/tables"
	for range 2 {
		status, text, header = a.call("GET", schema, nil)
		if status != 503 || header.Get("Retry-After") != "7" || !strings.Contains(text, "RETRIABLE_ERROR") {
			t.Errorf("got %d %s %v", status, text, header)
		}
	}
	a.ok("GET", schema, nil)
	a.ok("DELETE", a.at(people)+"/"+id, nil)
	seen := a.ok("GET", "/_sim/faults", nil)["faults"].(list)
	for i, want := range [][2]float64{{3, 1}, {3, 2}, {1, 1}} {
		if f := seen[i].(obj); f["seen"] != want[0] || f["met"] != want[1] {
			t.Errorf("fault %d: seen %v, met %v", i, f["seen"], f["met"])
		}
	}
	a.ok("DELETE", "/_sim/faults", nil)
	a.ok("POST", a.at(people), obj{"fields": obj{}})
}

func TestDroppedResponsesHaveHadTheirEffect(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	server := httptest.NewServer(a.sim.Handler())
	defer server.Close()
	a.ok("PUT", "/_sim/faults", obj{"faults": list{obj{"operation": "create_records", "fault": "drop", "times": 2}}})
	send := func(body string) error {
		request, err := http.NewRequestWithContext(t.Context(), "POST", server.URL+a.at(people), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer patAll")
		request.Header.Set("Content-Type", "application/json")
		response, err := server.Client().Do(request)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}
	if err := send(`{"fields":{"Name":"x"}}`); err == nil {
		t.Error("the response came")
	}
	if err := send(`{"fields":{"Nope":"x"}}`); err == nil {
		t.Error("the response of a refused call came")
	}
	if got := a.names(people); got != "x" {
		t.Errorf("the effect is %q", got)
	}
	if err := send(`{"fields":{"Name":"y"}}`); err != nil {
		t.Errorf("the third call: %v", err)
	}
}

func TestRevokedTokenAndQuota(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.ok("PUT", "/_sim/faults", obj{"revoked_tokens": list{"patRead"}, "quota_remaining": 2})
	a.token = "patRead"
	a.failsWith("GET", a.at(people), nil, 401, "AUTHENTICATION_REQUIRED", "Authentication required")
	a.token = "patAll"
	a.create(people, obj{"Name": "x"})
	a.ok("GET", a.at(people), nil)
	const message = "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month."
	a.fails("GET", a.at(people), nil, 429, `{"errors":[{"error":"PUBLIC_API_BILLING_LIMIT_EXCEEDED","message":"`+message+`"}]}`)
	a.ok("GET", "/v0/meta/bases/"+a.base+"/tables", nil)
	a.ok("PUT", "/_sim/faults", obj{"quota_remaining": 0, "singular_429": true})
	a.failsWith("POST", a.at(people), obj{"fields": obj{}}, 429, "PUBLIC_API_BILLING_LIMIT_EXCEEDED", message)
	a.ok("DELETE", "/_sim/faults", nil)
	a.ok("GET", a.at(people), nil)
}

func TestStatistics(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.ok("DELETE", "/_sim/stats", nil)
	a.create(people, obj{"Name": "x"})
	a.ok("GET", a.at(people), nil)
	a.ok("POST", a.at(people)+"/listRecords", obj{})
	a.call("GET", a.at("Nope"), nil)
	want := obj{"total": 4.0, "calls": obj{"POST create_records": 1.0, "GET list_records": 2.0, "POST list_records": 1.0},
		"statuses": obj{"200": 3.0, "403": 1.0}, "rate_limited": 0.0, "rate_limited_by_base": obj{}}
	if diff := cmp.Diff(want, a.ok("GET", "/_sim/stats", nil)); diff != "" {
		t.Error(diff)
	}
}

func TestAdminRefusals(t *testing.T) {
	t.Parallel()
	a := setup(t)
	for body, want := range map[string]string{
		`{"faults":[{"fault":"explode"}]}`:       `faults[0].fault is "explode"`,
		`{"faults":[{"fault":"drop","nth":-1}]}`: "negative",
		`{"quota_remaining":-1}`:                 "quota_remaining is negative",
		`{"fault":[]}`:                           "unknown field",
		`nonsense`:                               "invalid character",
	} {
		if status, text, _ := a.call("PUT", "/_sim/faults", body); status != 400 || !strings.Contains(text, want) && !strings.Contains(strings.ReplaceAll(text, `\"`, `"`), want) {
			t.Errorf("%s: got %d %s", body, status, text)
		}
	}
	if status, _, _ := a.call("POST", "/_sim/faults", nil); status != 404 {
		t.Errorf("got %d", status)
	}
	request := httptest.NewRequest("GET", "/_sim/faults", nil) // comes from 192.0.2.1
	out := httptest.NewRecorder()
	a.sim.Handler().ServeHTTP(out, request)
	if out.Code != http.StatusForbidden {
		t.Errorf("a caller from elsewhere got %d", out.Code)
	}
}
