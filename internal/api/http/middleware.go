package http

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"
)

const (
	apiPrefix = "/api/"
	v1        = "/api/v1"
	maxURL    = 8 << 10
)

// requestID returns the id under which the log knows a request.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(keyRequest).(string)
	return id
}

// answer remembers what was answered, for the log and the metrics.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader keeps the first final status.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= http.StatusOK {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write is an implicit 200.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// logged names the request, and says once what became of it. The query stands
// in no log line: nobody can know what somebody puts there.
func (f *face) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := "req_" + uuid.Must(uuid.NewV7()).String()
		w.Header().Set("X-Request-Id", id)
		matched := chi.NewRouteContext()
		ctx := context.WithValue(r.Context(), keyRequest, id)
		ctx = context.WithValue(ctx, chi.RouteCtxKey, matched)
		a := &answer{ResponseWriter: w}
		next.ServeHTTP(a, r.WithContext(ctx))
		route := matched.RoutePattern()
		if route == "" {
			route = "unmatched"
		}
		took := time.Since(start)
		f.Observe(route, a.status, took)
		f.Logger.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request_id", id), slog.String("method", r.Method),
			slog.String("route", route), slog.Int("status", a.status), slog.Duration("took", took))
	})
}

// recovered turns a panic into a 500; the stack goes to the log alone.
func (f *face) recovered(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			f.Logger.ErrorContext(r.Context(), "request panicked", "request_id", requestID(r.Context()), "panic", v, "stack", string(debug.Stack()))
			newProblem(http.StatusInternalServerError, "internal", "an internal error; the server's log tells more under the id in instance").write(w, r)
		}()
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers of every answer of the API.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		if len(r.URL.Path)+len(r.URL.RawQuery) > maxURL {
			newProblem(http.StatusRequestURITooLong, "url_too_long", "the address is longer than 8 KiB").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// noTokenInURL refuses a token in the address, which proxies and browsers
// keep in their logs; also a valid one, so that nobody gets used to it.
func noTokenInURL(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		found := strings.Contains(r.URL.Path, "paw_") || strings.Contains(r.URL.RawQuery, "paw_")
		for name := range r.URL.Query() {
			switch strings.ToLower(name) {
			case "token", "access_token", "api_key", "apikey", "key", "authorization":
				found = true
			}
		}
		if found {
			newProblem(http.StatusBadRequest, "token_in_url", "a token does not belong in an address; send it in the Authorization header, and revoke this one").write(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// canonical lets only one spelling of a path reach the routes. Nothing is
// cleaned or redirected: another spelling is a path that does not exist.
func (f *face) canonical(next http.Handler) http.Handler {
	missing := f.noRoute(http.StatusNotFound)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isCanonical(r) {
			missing(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func isCanonical(r *http.Request) bool {
	p := r.URL.Path
	if r.URL.RawPath != "" || strings.ContainsAny(p, ";\\\x00") || strings.Contains(p, "//") {
		return false
	}
	for segment := range strings.SplitSeq(p, "/") {
		if segment == "." || segment == ".." {
			return false
		}
	}
	// %61 for a: Go keeps RawPath empty when the decoded path has one encoding
	// only, so the raw text is compared as well.
	raw, _, _ := strings.Cut(r.RequestURI, "?")
	return r.RequestURI == "" || !strings.Contains(raw, "%")
}
