package admin

import (
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func says(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, text+" "+r.URL.Path) })
}

func TestListener(t *testing.T) {
	t.Parallel()
	listener := New(says("metrics"), says("probe"), []byte(`{"openapi":"3.1.0"}`))
	for path, want := range map[string]struct {
		status          int
		mediaType, text string
	}{
		"/metrics":            {200, "text/plain; charset=utf-8", "metrics /metrics"},
		"/healthz":            {200, "text/plain; charset=utf-8", "probe /healthz"},
		"/readyz":             {200, "text/plain; charset=utf-8", "probe /readyz"},
		"/docs":               {200, "text/html; charset=utf-8", "reference.js"},
		"/docs/reference.js":  {200, "text/javascript; charset=utf-8", "render"},
		"/docs/reference.css": {200, "text/css; charset=utf-8", "body"},
		"/docs/openapi.json":  {200, "application/openapi+json", `{"openapi":"3.1.0"}`},
		"/api/v1/workflows":   {404, "text/plain; charset=utf-8", "not found"},
		"/debug/pprof/":       {404, "text/plain; charset=utf-8", "not found"},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			w := httptest.NewRecorder()
			listener.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			if w.Code != want.status || w.Header().Get("Content-Type") != want.mediaType || !strings.Contains(w.Body.String(), want.text) {
				t.Errorf("%d %s %.80s", w.Code, w.Header().Get("Content-Type"), w.Body)
			}
			for name, value := range map[string]string{
				"Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
				"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-cache",
			} {
				if got := w.Header().Get(name); got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
		})
	}
}

func TestOnlyReads(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	New(says("metrics"), says("probe"), nil).ServeHTTP(w, httptest.NewRequest("POST", "/metrics", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST is answered with %d", w.Code)
	}
	if allow := w.Header().Get("Allow"); allow != "GET, HEAD" {
		t.Errorf("Allow is %q", allow)
	}
	for _, path := range []string{"/metrics", "/healthz", "/readyz", "/docs", "/docs/openapi.json"} {
		w := httptest.NewRecorder()
		New(says("metrics"), says("probe"), nil).ServeHTTP(w, httptest.NewRequest("HEAD", path, nil))
		if w.Code != http.StatusOK {
			t.Errorf("HEAD %s is answered with %d", path, w.Code)
		}
	}
}

// The page must work without network: it names no other host.
func TestReferencePageHasNoForeignURL(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9.-]+\.[a-z]{2,}|@import|src=["']?data:`)
	if !foreign.MatchString(`<script src="//cdn.example.com/x.js">`) {
		t.Fatal("the check itself finds nothing")
	}
	found := 0
	err := fs.WalkDir(reference, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		text, err := reference.ReadFile(path)
		if hit := foreign.Find(text); hit != nil {
			t.Errorf("%s reaches for %s", path, hit)
		}
		return err
	})
	if err != nil || found != 3 {
		t.Fatalf("%d files, error %v; want the three files of the page", found, err)
	}
}
