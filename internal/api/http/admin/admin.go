// Package admin is the handler of the admin listener, which asks for no token
// and belongs on loopback: /metrics, the probes, and at /docs the reference
// page, which needs no network. Only the probes are on the API's listener too.
package admin

import (
	"embed"
	"net/http"
)

//go:embed reference
var reference embed.FS

// New returns the handler. probes answers /healthz and /readyz, document is the
// OpenAPI document that the reference page shows.
func New(metrics, probes http.Handler, document []byte) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /healthz", probes)
	mux.Handle("GET /readyz", probes)
	mux.Handle("GET /docs", file("index.html", "text/html; charset=utf-8"))
	mux.Handle("GET /docs/reference.js", file("reference.js", "text/javascript; charset=utf-8"))
	mux.Handle("GET /docs/reference.css", file("reference.css", "text/css; charset=utf-8"))
	mux.Handle("GET /docs/openapi.json", text(document, "application/openapi+json"))
	return page(mux)
}

// file serves one embedded file.
func file(name, mediaType string) http.Handler {
	content, err := reference.ReadFile("reference/" + name)
	if err != nil {
		panic("the reference page is not built in: " + err.Error()) // cannot happen: it is embedded above
	}
	return text(content, mediaType)
}

func text(content []byte, mediaType string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", mediaType)
		_, _ = w.Write(content) // the reader may be gone
	})
}

// page sets the headers of everything that a browser may show: own files
// only, no inline script, no frame.
func page(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-cache")
		next.ServeHTTP(w, r)
	})
}
