package http

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

type requestKey struct{}

// requestID returns the ID that a request has in the log.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// recorder remembers the status of a response for the log and the metrics.
type recorder struct {
	http.ResponseWriter
	status int
}

// WriteHeader keeps the first final status.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 && status >= http.StatusOK {
		r.status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write implies a 200.
func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// logged gives the request an ID and logs its outcome once. It never logs the
// query: callers may put anything there.
func logged(logger *slog.Logger, observe func(string, int, time.Duration), next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := "req_" + uuid.Must(uuid.NewV7()).String()
		w.Header().Set("X-Request-Id", id)
		matched := chi.NewRouteContext()
		ctx := context.WithValue(r.Context(), requestKey{}, id)
		ctx = context.WithValue(ctx, chi.RouteCtxKey, matched)
		rec := &recorder{ResponseWriter: w}
		next.ServeHTTP(rec, r.WithContext(ctx))
		route := matched.RoutePattern()
		if route == "" {
			route = "unmatched"
		}
		took := time.Since(start)
		observe(route, rec.status, took)
		logger.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("request_id", id), slog.String("method", r.Method),
			slog.String("route", route), slog.Int("status", rec.status), slog.Duration("took", took))
	})
}

// recovered turns a panic into a 500; only the log gets the stack.
func recovered(logger *slog.Logger, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			v := recover()
			if v == nil {
				return
			}
			if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
				panic(v)
			}
			id := requestID(r.Context())
			logger.ErrorContext(r.Context(), "request panicked", "request_id", id, "panic", v, "stack", string(debug.Stack()))
			problem.Internal().Write(w, id)
		}()
		next.ServeHTTP(w, r)
	})
}
