package http

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
)

// Options is what the kit needs from the rest of the process.
type Options struct {
	// Identity authenticates callers. Required for routes that are not public.
	Identity Identity
	// Stopping ends every open stream when it ends, so that a server can shut
	// down while someone watches. Nil means never.
	Stopping context.Context
	// Logger gets one line per request, without tokens. Nil means none.
	Logger *slog.Logger
	// Observe is called once per response with the route's template and the
	// status. Nil means that nobody counts.
	Observe func(route string, status int, took time.Duration)
	// Heartbeat is the pause after which a silent stream says that it is alive
	// and checks that its caller's key still is. Zero means 5 s.
	Heartbeat time.Duration
	// BodyTimeout is how long a caller may take to send a body. Zero means 10 s.
	BodyTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Stopping == nil {
		o.Stopping = context.Background()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observe == nil {
		o.Observe = func(string, int, time.Duration) {}
	}
	if o.Heartbeat == 0 {
		o.Heartbeat = 5 * time.Second
	}
	if o.BodyTimeout == 0 {
		o.BodyTimeout = 10 * time.Second
	}
	return o
}

// API is a set of routes while it is put together: Handle, HandleStream and
// HandleDocument add to it, Handler serves it.
type API struct {
	options  Options
	gate     gate
	failure  failureLog
	router   chi.Router
	document document
}

// New returns an API without routes.
func New(o Options) *API {
	o = o.withDefaults()
	return &API{options: o, gate: gate{o.Identity}, failure: failureLog{o.Logger}, router: chi.NewMux(), document: newDocument()}
}

// Tag says what the routes with a tag are about. The reference has the tags in the
// order in which they come.
func (a *API) Tag(name, about string) { a.document.declareTag(name, about) }

// Document returns the OpenAPI document of the routes so far.
func (a *API) Document() []byte { return a.document.text() }

// Handler returns the handler of a listener: the routes inside of what must
// hold for every request, matched or not. Routes are added before it is called.
func (a *API) Handler() http.Handler {
	a.router.NotFound(a.unrouted(noSuchRoute))
	a.router.MethodNotAllowed(a.unrouted(a.methodNotAllowed))
	var h http.Handler = a.router
	h = canonical(h, a.unrouted(noSuchRoute))
	h = noTokenInURL(h)
	h = sameOrigin(h)
	h = secure(h)
	h = request.Deadline(a.options.BodyTimeout, h)
	h = recovered(a.options.Logger, h)
	return logged(a.options.Logger, a.options.Observe, h)
}

// methodNotAllowed answers a method that a path does not have, and says which it
// has.
func (a *API) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if a.router.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allowed = append(allowed, method)
		}
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	refuse(w, r, http.StatusMethodNotAllowed, "", "this path does not support "+r.Method+"; it supports "+w.Header().Get("Allow"))
}

// unrouted answers what no route matched. Below /api/ a caller without a valid
// token gets the 401 of any other path, so that nobody can map the API from
// outside.
func (a *API) unrouted(respond http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if isAPI(r) {
			if _, err := a.gate.caller(r); err != nil {
				a.failure.write(w, r, err)
				return
			}
		}
		respond(w, r)
	}
}
