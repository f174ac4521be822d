package http_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
)

// S15: authorisation follows the matched route, so another spelling of a path
// is not a way around it, and not a way to find out what exists.
func TestS15OtherSpellingsOfAPath(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{
		"/api/v1//things", "//api/v1/things", "/api/v1/./things", "/api/v1/x/../things", "/api/v1/%74hings",
		"/api/v1/things/%2e%2e/things", "/api/v1/things;a=b", "/api/v1/things/", "/api/v1/things.", "/api/v1/Things",
		"/api/v1/x/things", "/api/v1/things%2f", "/api/v1/alive/../things", "/api/v1/things%00", "/api/v1/things/a%20b", `/api/v1\things`,
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b.run(t, scenario.Case{Do: "GET " + path, Status: 401, Has: []string{`"code":"token_missing"`}})
			b.run(t, scenario.Case{Do: "GET " + path, Token: "paw_wrong_token", Status: 401})
			b.run(t, scenario.Case{Do: "GET " + path, Token: reader, Status: 404, Has: []string{`"code":"no_such_route"`}})
		})
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	b := setup(t)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "override", Do: "GET /api/v1/things/1", Token: reader, Header: map[string]string{"X-HTTP-Method-Override": "DELETE"}, Status: 200, Has: []string{`"id":"1"`}},
		{Name: "anonymous", Do: "PATCH /api/v1/things/1", Status: 401},
		{Name: "not taken", Do: "PATCH /api/v1/things/1", Token: reader, Status: 405, Headers: map[string]string{"Allow": "GET, HEAD, DELETE"}, Has: []string{`"code":"method_not_allowed"`, "PATCH"}},
		{Name: "not taken either", Do: "DELETE /api/v1/things", Token: reader, Status: 405, Headers: map[string]string{"Allow": "GET, HEAD, POST"}},
		{Name: "not taken by a stream", Do: "POST /api/v1/things/1/stream", Token: reader, Status: 405, Headers: map[string]string{"Allow": "GET, HEAD"}},
		{Name: "no method of HTTP", Do: "BREW /api/v1/things", Token: reader, Status: 405, Headers: map[string]string{"Allow": "GET, HEAD, POST"}},
		{Name: "outside of the API", Do: "PATCH /alive", Status: 405, Headers: map[string]string{"Allow": "GET, HEAD"}},
		{Name: "nothing outside of the API", Do: "GET /nothing", Status: 404},
	})
}

// S9: a token in an address is refused, even a valid one.
func TestS9TokenInTheAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, target := range []string{
		"/api/v1/things?token=" + reader, "/api/v1/things?access_token=x", "/api/v1/things?q=" + reader, "/alive?API_KEY=x", "/api/v1/things/" + reader,
	} {
		b.run(t, scenario.Case{Do: "GET " + target, Token: reader, Status: 400, Has: []string{`"code":"token_in_url"`}, HasNot: []string{reader}})
	}
	if strings.Contains(b.log.String(), reader) {
		t.Error("the log shows the token")
	}
}

// S41: a website cannot make a browser call the API.
func TestS41CrossOrigin(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := "POST /api/v1/things"
	for _, header := range []map[string]string{
		{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}, {"Origin": "https://evil.example"},
	} {
		b.run(t, scenario.Case{Do: post, Token: writer, Body: good, Header: header, Status: 403, Has: []string{`"code":"cross_origin"`}})
	}
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "text", Do: post, Token: writer, Body: good, Header: map[string]string{"Content-Type": "text/plain"}, Status: 415},
		{Name: "form", Do: post, Token: writer, Body: "name=x", Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, Status: 415, Has: []string{"Content-Type: application/json"}},
		{Name: "same origin", Do: post, Token: writer, Body: good, Header: map[string]string{"Sec-Fetch-Site": "same-origin"}, Status: 201},
	})
}

// S42, and no caching of what only one caller may see.
func TestS42SecurityHeaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for do, status := range map[string]int{"GET /alive": 200, "GET /api/v1/things": 401, "GET /nothing": 404, "POST /api/v1/things": 401} {
		b.run(t, scenario.Case{Do: do, Status: status, Headers: map[string]string{
			"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer",
			"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Access-Control-Allow-Origin": "", "Server": "",
		}})
	}
}

func TestAnonymousLearnsNoVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{"/alive", "/nothing", "/api/v1/things"} {
		w := scenario.Send(b.handler, scenario.Case{Do: "GET " + path})
		if strings.Contains(strings.ToLower(w.Body.String()), "version") {
			t.Errorf("%s tells %s", path, w.Body)
		}
	}
}

func TestLengthOfAnAddress(t *testing.T) {
	t.Parallel()
	b := setup(t)
	fits := "/api/v1/things/1?" + strings.Repeat("a", 8<<10-len("/api/v1/things/1"))
	b.run(t, scenario.Case{Do: "GET " + fits, Token: reader, Status: 422})
	b.run(t, scenario.Case{Do: "GET " + fits + "a", Token: reader, Status: 414, Has: []string{`"code":"url_too_long"`}})
}
