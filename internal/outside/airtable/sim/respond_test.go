package sim

import (
	"compress/gzip"
	"io"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
)

func TestETags(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	for path, want := range map[string]string{
		a.at(people):                 `W/"e-Ie9BMcnPw/lLTv0zffrNa5YPoAs"`,
		"/nowhere":                   `W/"15-tcRCab2ZDkTZ4I9Oh2TI8Kt8AAg"`,
		a.at(people) + "?pageSize=0": "422",
		a.at("Nope"):                 "",
	} {
		_, text, header := a.call("GET", path, nil)
		if want == "422" {
			want = etag([]byte(text))
		}
		if got := header.Get("ETag"); got != want {
			t.Errorf("%s: ETag of %s is %q", path, text, got)
		}
	}
}

func TestAnyPageInABrowserMayCall(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	const methods = "DELETE,GET,OPTIONS,PATCH,POST,PUT"
	for _, c := range []struct{ token, method, path string }{
		{"", "OPTIONS", a.at(people)}, {"", "OPTIONS", "/v0/appXXXXXXXXXXXXXX/T/recXXXXXXXXXXXXXX"},
		{"", "OPTIONS", "/v0/meta/bases"}, {"patAll", "GET", a.at(people)}, {"", "GET", a.at(people)},
	} {
		status, _, header := a.with(t, c.token).call(c.method, c.path, nil)
		if c.method == "OPTIONS" && status != 200 {
			t.Errorf("%s: %d", c.path, status)
		}
		for name, want := range map[string]string{
			"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": methods, "Vary": "Accept-Encoding",
			"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s %s: %s is %q", c.method, c.path, name, got)
			}
		}
		if got := header.Get("Access-Control-Allow-Headers"); !strings.Contains(got, "authorization") || !strings.Contains(got, "x-airtable-user-agent") {
			t.Errorf("%s %s: allowed headers are %q", c.method, c.path, got)
		}
	}
}

func TestAPreflightCostsNothing(t *testing.T) {
	t.Parallel()
	a := setup(t, func(c *Config) { c.NoRateLimit = false })
	a.ok("PUT", "/_sim/faults", obj{"quota_remaining": 0, "faults": list{obj{"fault": "unavailable", "times": -1}}})
	for range 60 {
		if status, text, _ := a.call("OPTIONS", "/v0/appXXXXXXXXXXXXXX/T", nil); status != 200 || text != "" {
			t.Fatalf("got %d %s", status, text)
		}
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, obj{"Notes": strings.Repeat("long ", 1000)})
	get := func(path, accept string) *httptest.ResponseRecorder {
		request := httptest.NewRequest("GET", path, nil)
		request.Header.Set("Authorization", "Bearer patAll")
		request.Header.Set("Accept-Encoding", accept)
		out := httptest.NewRecorder()
		a.sim.Handler().ServeHTTP(out, request)
		return out
	}
	plain := get(a.at(people), "identity")
	for accept, zipped := range map[string]bool{
		"gzip": true, "deflate, gzip;q=0.5": true, "*": true, "GZIP ; q=1": true, "gzip;q=0": false, "br": false, "": false,
	} {
		out := get(a.at(people), accept)
		if got := out.Header().Get("Content-Encoding") == "gzip"; got != zipped {
			t.Errorf("%q: compressed %v", accept, got)
		}
		if out.Header().Get("ETag") != plain.Header().Get("ETag") {
			t.Errorf("%q: another ETag", accept)
		}
		if !zipped {
			continue
		}
		reader, err := gzip.NewReader(out.Body)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(reader); err != nil || string(text) != plain.Body.String() {
			t.Errorf("%q: %v, got %d bytes", accept, err, len(text))
		}
		if got := out.Header().Get("Airtable-Uncompressed-Content-Length"); got != strconv.Itoa(plain.Body.Len()) {
			t.Errorf("%q: uncompressed length %s", accept, got)
		}
	}
	if out := get("/v0/meta/whoami", "gzip"); out.Header().Get("Content-Encoding") != "" {
		t.Error("a short answer is compressed")
	}
}
