package http

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"
)

// face is the API while it is put together: the router, the OpenAPI document
// that grows with every route, and what the handlers need.
type face struct {
	Options
	router chi.Router
	api    huma.API
}

// New returns the handler of the API listener.
func New(o Options) http.Handler {
	return build(o).handler()
}

// build registers every route. The order is that of the reference.
func build(o Options) *face {
	f := &face{Options: o.withDefaults(), router: chi.NewMux()}
	f.api = humachi.New(f.router, documentConfig())
	f.workflows()
	f.lifecycle()
	f.executions()
	f.stream()
	f.kinds()
	f.keys()
	f.health()
	f.document()
	return f
}

// handler puts the outer layers around the routes: what must hold for every
// request, matched or not.
func (f *face) handler() http.Handler {
	f.router.NotFound(f.noRoute(http.StatusNotFound))
	f.router.MethodNotAllowed(f.noRoute(http.StatusMethodNotAllowed))
	origin := http.NewCrossOriginProtection()
	origin.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		newProblem(http.StatusForbidden, "cross_origin", "requests from another website are refused; call the API from your own program").write(w, r)
	}))
	var h http.Handler = f.router
	h = f.canonical(h)
	h = noTokenInURL(h)
	h = origin.Handler(h)
	h = secure(h)
	h = f.prompt(h)
	h = f.recovered(h)
	return f.logged(h)
}

// NewServer returns a server with the limits that no listener should be
// without. It sets no write timeout, because streams stay open. base is the
// parent of every request's context.
func NewServer(base context.Context, h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    32 << 10,
		BaseContext:       func(net.Listener) context.Context { return base },
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
	}
}
