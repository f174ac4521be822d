package http

import (
	"context"
	"embed"
	"net/http"
)

//go:embed reference
var reference embed.FS

// Admin returns the handler of the admin listener, which asks for no token
// and belongs on loopback: /metrics, the probes, and the reference page at
// /docs, which needs no network. None of it is on the API's listener but the
// probes.
func Admin(metrics http.Handler, ready func(context.Context) error) http.Handler {
	probes := build(Options{Ready: ready}).handler()
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	mux.Handle("GET /healthz", probes)
	mux.Handle("GET /readyz", probes)
	mux.Handle("GET /docs", file("index.html", "text/html; charset=utf-8"))
	mux.Handle("GET /docs/reference.js", file("reference.js", "text/javascript; charset=utf-8"))
	mux.Handle("GET /docs/reference.css", file("reference.css", "text/css; charset=utf-8"))
	document := Document()
	mux.HandleFunc("GET /docs/openapi.json", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		_, _ = w.Write(document) // the reader may be gone
	})
	return page(mux)
}

// file serves one embedded file.
func file(name, kind string) http.Handler {
	text, err := reference.ReadFile("reference/" + name)
	if err != nil {
		panic("the reference page is not built in: " + err.Error()) // cannot happen: embedded above
	}
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(text) // the reader may be gone
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
