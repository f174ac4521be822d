// Package local is the engine of one process. Each execution is a stream of an
// event store and a state machine that one goroutine at a time drives: an
// input comes, the workflow function runs until all its branches block, and
// the input with the commands it caused becomes one atomic append. Acting on
// commands follows the commit. It is not a cluster: one process owns a store.
package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
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
	// Observer hears what happens. Nil: nobody does.
	Observer engine.Observer
	// Meter counts what becomes durable. Nil: nobody does.
	Meter engine.Meter
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
	// MaxInterruptions is how often the process may end while one step is in
	// progress before the step counts as failed. Zero means 10. A process that
	// is killed from outside counts too: nobody can tell the difference.
	MaxInterruptions int
	// Chance draws the jitter of retries, uniform in [0, 1). Nil means
	// math/rand.
	Chance func() float64
}

// Engine is the local engine.
type Engine struct {
	o     Options
	store eventstore.Store
	clock clock.Clock
	log   *slog.Logger
	open  *openSet
	ready chan struct{}
	done  chan struct{} // Run has ended

	steps     context.Context // of all step functions
	stopSteps context.CancelCauseFunc

	mu    sync.Mutex
	execs map[key]*exec

	active   atomic.Int64  // goroutines and commits at work
	idle     chan struct{} // gets a value when active drops to zero while draining
	draining atomic.Bool
	closed   atomic.Bool
}

var _ engine.Engine = (*Engine)(nil)

// New returns an engine that does nothing until Run is called. It fails if the
// registry has mistakes.
func New(o Options) (*Engine, error) {
	if o.Store == nil || o.Registry == nil {
		return nil, errors.New("the engine needs a store and a registry")
	}
	if err := o.Registry.Err(); err != nil {
		return nil, fmt.Errorf("register steps and workflow functions: %w", err)
	}
	if o.DrainTimeout == 0 {
		o.DrainTimeout = 25 * time.Second
	}
	if o.KeepHot == 0 {
		o.KeepHot = 50 * time.Millisecond
	}
	if o.MaxInterruptions == 0 {
		o.MaxInterruptions = 10
	}
	if o.Chance == nil {
		o.Chance = rand.Float64
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Observer == nil {
		o.Observer = nobody{}
	}
	e := &Engine{o: o, store: o.Store, clock: o.Clock, log: o.Logger, open: newOpenSet(o.DB), ready: make(chan struct{}),
		done: make(chan struct{}), idle: make(chan struct{}, 1), execs: map[key]*exec{}}
	e.steps, e.stopSteps = context.WithCancelCause(context.Background())
	return e, nil
}

// nobody is the observer when there is none.
type nobody struct{}

func (nobody) Ended(string, string, string, engine.State) {}
func (nobody) Progress(string, string, engine.Progress)   {}

// Ready is closed when the open executions have been recovered.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// Open lists the executions that have not ended.
func (e *Engine) Open() []engine.OpenExecution {
	e.mu.Lock()
	all := make([]*exec, 0, len(e.execs))
	for _, x := range e.execs {
		all = append(all, x)
	}
	e.mu.Unlock()
	open := make([]engine.OpenExecution, 0, len(all))
	for _, x := range all {
		x.mu.Lock()
		if !x.gone && x.state != "" {
			open = append(open, engine.OpenExecution{Workspace: x.key.workspace, Execution: x.key.execution, Definition: x.definition, State: x.state})
		}
		x.mu.Unlock()
	}
	return open
}

// begin runs an attempt on a goroutine of its own, which drain waits for.
func (e *Engine) begin(at *attempt) {
	e.active.Add(1)
	go at.run()
}

// enter counts somebody who works; it reports false when the engine stops.
func (e *Engine) enter() bool {
	e.active.Add(1)
	if e.draining.Load() {
		e.leave()
		return false
	}
	return true
}

// leave is the end of what enter, begin or a submit began.
func (e *Engine) leave() {
	if e.active.Add(-1) == 0 && e.draining.Load() {
		select {
		case e.idle <- struct{}{}:
		default:
		}
	}
}

// stopping reports whether no new work may begin.
func (e *Engine) stopping() bool { return e.draining.Load() }

func (e *Engine) forget(x *exec) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.execs[x.key] == x {
		delete(e.execs, x.key)
	}
}
