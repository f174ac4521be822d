package http

import (
	"context"
	"log/slog"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/identity"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Identity says who a token belongs to and manages service keys;
// *identity.Service is the one.
type Identity interface {
	Authenticate(ctx context.Context, token string) (workflow.Caller, error)
	CreateKey(ctx context.Context, c workflow.Caller, r identity.CreateKeyRequest) (workflow.Key, string, error)
	ListKeys(ctx context.Context, c workflow.Caller) ([]workflow.Key, error)
	RevokeKey(ctx context.Context, c workflow.Caller, id workflow.KeyID) error
}

// Options is what the API needs from the rest of the process.
type Options struct {
	// Orchestrator does the work. Required.
	Orchestrator *orchestrator.Service
	// Identity authenticates callers. Required.
	Identity Identity
	// Ready returns nil while requests can be served, and an error that says
	// why not before recovery has ended and from the first moment of a stop.
	// Nil means always ready.
	Ready func(context.Context) error
	// Stopping ends every open stream when it ends, so that a server can shut
	// down although somebody watches. Nil means never.
	Stopping context.Context
	// Logger gets one line per request, without tokens. Nil means none.
	Logger *slog.Logger
	// Observe is called once per answered request with the route's template.
	// Nil means nobody counts.
	Observe func(route string, code int, d time.Duration)
	// Heartbeat is the pause after which a silent stream says that it lives,
	// and looks whether its caller's key still does. Zero means 5 s.
	Heartbeat time.Duration
	// BodyTimeout is how long a caller may take to send a body. Zero means 10 s.
	BodyTimeout time.Duration
}

func (o Options) withDefaults() Options {
	if o.Ready == nil {
		o.Ready = func(context.Context) error { return nil }
	}
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
		o.BodyTimeout = bodyTimeout
	}
	return o
}
