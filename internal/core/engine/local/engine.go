// Package local is the engine of one process: executions are streams of an
// event store, driven by single-goroutine state machines. It is not a cluster:
// one process owns a store.
package local

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Options says what an engine works with.
type Options struct {
	Store    eventstore.Store
	Registry *engine.Registry
	// DB holds the list of open executions, so that a start need not read the
	// whole store. Nil: the store is read from its beginning.
	DB *db.DB
	// Observer may be nil.
	Observer engine.Observer
	// Clock is the machine's when nil.
	Clock clock.Clock
	// Logger is silent when nil.
	Logger *slog.Logger
	// DrainTimeout bounds how long Run waits for running steps after its
	// context has ended. Zero means 25 s.
	DrainTimeout time.Duration
	// KeepHot keeps an execution whose next timer is that near in memory with
	// its goroutines. Zero means 50 ms; negative: none is kept.
	KeepHot time.Duration
	// MaxInterruptions is how often a step may be running when the process dies
	// before it counts as failed. Zero means 10.
	MaxInterruptions int
}

// Engine is the local engine.
type Engine struct{ o Options }

var _ engine.Engine = (*Engine)(nil)

// New returns an engine that does nothing until Run is called.
func New(o Options) (*Engine, error) { panic("local: skeleton") }

func (e *Engine) Start(ctx context.Context, s engine.Start) (int64, error) { panic("local: skeleton") }
func (e *Engine) Release(ctx context.Context, ws, ex string, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Cancel(ctx context.Context, ws, ex string, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Pause(ctx context.Context, ws, ex string, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Resume(ctx context.Context, ws, ex string, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Signal(ctx context.Context, ws, ex, name, id string, data json.RawMessage, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Answer(ctx context.Context, ws, ex, path string, a engine.Answer, m eventstore.Meta) (int64, error) {
	panic("local: skeleton")
}
func (e *Engine) Open() []engine.OpenExecution  { panic("local: skeleton") }
func (e *Engine) Run(ctx context.Context) error { panic("local: skeleton") }
func (e *Engine) Ready() <-chan struct{}        { panic("local: skeleton") }
