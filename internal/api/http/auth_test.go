package http_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
)

func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	authorization := func(value string) map[string]string { return map[string]string{"Authorization": value} }
	do := "GET /api/v1/things"
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anyone on a public route", Do: "GET /alive", Status: 200},
		{Name: "a wrong token on a public route", Do: "GET /alive", Token: "paw_wrong", Status: 200},
		{Name: "no token", Do: do, Status: 401, Has: []string{`"code":"token_missing"`}},
		{Name: "a wrong token", Do: do, Token: "paw_wrong", Status: 401, Has: []string{`"code":"invalid_token"`}},
		{Name: "another scheme", Do: do, Header: authorization("Basic " + reader), Status: 401, Has: []string{`"code":"invalid_token"`, "Bearer paw_"}},
		{Name: "the scheme alone", Do: do, Header: authorization("Bearer "), Status: 401, Has: []string{`"code":"invalid_token"`}},
		{Name: "no scheme", Do: do, Header: authorization(reader), Status: 401, Has: []string{`"code":"invalid_token"`}},
		{Name: "a long token", Do: do, Token: strings.Repeat("x", 8<<10+1), Status: 401, Has: []string{"not of the form"}},
		{Name: "the scheme in lower case", Do: do, Header: authorization("bearer " + reader), Status: 200},
		{Name: "two spaces", Do: do, Header: authorization("Bearer  " + reader), Status: 200},
		{Name: "no scope", Do: do, Token: nothing, Status: 403, Has: []string{`"code":"insufficient_scope"`, "workflows:read"}},
		{Name: "another scope", Do: do, Token: writer, Status: 403},
		{Name: "no scope, before the body is read", Do: "POST /api/v1/things", Token: reader, Body: strings.Repeat("x", 2<<20), Status: 403},
		{Name: "no scope, before the parameters are read", Do: do + "?limit=x", Token: nothing, Status: 403},
		{Name: "no token for a stream", Do: "GET /api/v1/things/1/stream", Status: 401},
		{Name: "no scope for a stream", Do: "GET /api/v1/things/1/stream", Token: writer, Status: 403},
		{Name: "the document is public", Do: "GET /api/v1/openapi.json", Status: 200, Headers: map[string]string{"Content-Type": "application/openapi+json"}, Has: []string{`"openapi": "3.1`, `"operationId": "get-openapi"`}},
	})
}

// A trace context is passed on only in its exact form: it is stored.
func TestTraceContext(t *testing.T) {
	t.Parallel()
	b := setup(t)
	trace := "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, c := range []struct{ sent, kept string }{
		{trace, trace}, {strings.ToUpper(trace), ""}, {trace + "x", ""}, {"x" + trace, ""}, {"01" + trace[2:], ""}, {"", ""},
	} {
		w := b.run(t, scenario.Case{Do: "GET /api/v1/things", Token: reader, Header: map[string]string{"traceparent": c.sent}, Status: 200})
		if got := scenario.Decode[thing](t, w).Trace; got != c.kept {
			t.Errorf("%q became %q, want %q", c.sent, got, c.kept)
		}
	}
}
