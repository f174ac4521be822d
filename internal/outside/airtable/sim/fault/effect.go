package fault

import (
	"context"
	"net/http"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Effect is what happens to one call. The zero value is nothing.
type Effect struct {
	typ        Type
	retryAfter int
	delay      time.Duration
}

// effect is what the rule does to a call that it meets.
func (r *Rule) effect() Effect {
	return Effect{typ: r.Fault, retryAfter: r.RetryAfter, delay: time.Duration(r.DelayMS) * time.Millisecond}
}

// Wait lets the time of a delay pass, unless the caller goes away first. Other effects do not wait.
func (e Effect) Wait(ctx context.Context) {
	if e.typ != Delay {
		return
	}
	timer := time.NewTimer(e.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Refusal is the response that is given instead of serving the call, or nil.
func (e Effect) Refusal() *wire.Error {
	switch e.typ {
	case BadGateway:
		return &wire.Error{Status: http.StatusBadGateway, Shape: wire.Text,
			Message: "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"}
	case Unavailable:
		return &wire.Error{Status: http.StatusServiceUnavailable, Type: "RETRIABLE_ERROR", RetryAfter: e.retryAfter,
			Message: "Server encountered an error while processing your request, and it is safe to retry the request"}
	}
	return nil
}

// DropsResponse reports whether the connection is cut once the call has been served.
func (e Effect) DropsResponse() bool { return e.typ == Drop }
