// Package local is the engine of one process. Each execution is a stream of an
// event store and a state machine that one goroutine at a time drives: an
// input comes, the workflow function runs until all its branches block
// (local/machine), and the input with the commands it caused becomes one atomic
// append (local/journal). Acting on commands follows the commit. Executions that
// wait are rows of a table (local/openset), not goroutines. It is not a cluster:
// one process owns a store.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/activation"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/history"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Name is what execution.created calls this engine.
const Name = "local"

// Options says what an engine works with.
type Options struct {
	Store    eventstore.Store
	Registry *engine.Registry
	// DB holds the table of open executions, so that a start need not read the
	// whole store and waiting costs no memory. Nil: the store is read from its
	// beginning, and the table is memory.
	DB *db.DB
	// Places bounds how many executions are at work. Nil: nothing does.
	Places engine.Places
	// Observer hears progress. Nil: no one does.
	Observer engine.Observer
	// Meter counts what becomes durable. Nil: no one does.
	Meter engine.Meter
	// Clock is the machine's when nil.
	Clock clock.Clock
	// Logger is silent when nil.
	Logger *slog.Logger
	// DrainTimeout bounds how long Run waits for running steps after its
	// context has ended. Zero means 25 s.
	DrainTimeout time.Duration
	// KeepHot keeps an execution whose next timer is that near in memory with
	// its goroutines, and on its place. Zero means 50 ms; negative: none is kept.
	KeepHot time.Duration
	// MaxInterruptions is how often the process may end while one step is in
	// progress before the step counts as failed. Zero means 10. A process that
	// is killed from outside counts too: no one can tell the difference.
	MaxInterruptions int
	// LongHistory is where Run.HistoryLong begins to be true. Zero means
	// engine.LongHistory; anything else is for tests, because an execution must be
	// replayed with the number that it began with.
	LongHistory int
	// Chance draws the jitter of retries, uniform in [0, 1). Nil means
	// math/rand.
	Chance func() float64
}

// withDefaults fills in what is zero.
func (o Options) withDefaults() Options {
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
	if o.Places == nil {
		o.Places = everywhere{}
	}
	return o
}

// nobody is the observer when there is none.
type nobody struct{}

func (nobody) Progress(engine.Info, engine.Progress) {}

// everywhere is Places without a bound.
type everywhere struct{}

func (everywhere) Acquire(_ engine.OpenExecution, granted func()) { granted() }
func (everywhere) Release(string, string)                         {}

// Engine is the local engine.
type Engine struct {
	options Options
	store   eventstore.Store
	clock   clock.Clock
	log     *slog.Logger
	open    *openset.Set
	ready   chan struct{}
	done    chan struct{} // Run has ended

	host activation.Host // of all executions

	steps     context.Context // of all step functions
	stopSteps context.CancelCauseFunc

	mu         sync.Mutex
	executions map[openset.Key]*execution      // in memory: at work, or woken soon
	parents    map[openset.Key][]engine.Parent // who waits for a child

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
	o = o.withDefaults()
	e := &Engine{options: o, store: o.Store, clock: o.Clock, log: o.Logger, open: openset.New(o.DB), ready: make(chan struct{}),
		done: make(chan struct{}), idle: make(chan struct{}, 1), executions: map[openset.Key]*execution{}, parents: map[openset.Key][]engine.Parent{}}
	e.steps, e.stopSteps = context.WithCancelCause(context.Background())
	e.host = activation.Host{Engine: Name, Registry: o.Registry, Read: e.read, Log: o.Logger, Progress: o.Observer.Progress, Chance: o.Chance,
		MaxInterruptions: o.MaxInterruptions, LongHistory: o.LongHistory, Context: e.steps, Stopping: e.stopping, IsAwaited: e.isAwaited}
	return e, nil
}

// read returns the records of an execution's last generation.
func (e *Engine) read(workspace, execution string, from int64) ([]journal.Entry, error) {
	return history.Read(context.WithoutCancel(e.steps), e.store, history.Stream(workspace, execution), from)
}

// Name returns the name that executions of this engine bear.
func (e *Engine) Name() string { return Name }

// Ready is closed when the open executions have been taken over.
func (e *Engine) Ready() <-chan struct{} { return e.ready }

// now is the time in the store's precision.
func (e *Engine) now() time.Time { return e.clock.Now().UTC().Truncate(time.Microsecond) }

// enter counts someone who works; it reports false when the engine stops.
func (e *Engine) enter() bool {
	e.active.Add(1)
	if e.draining.Load() {
		e.leave()
		return false
	}
	return true
}

// leave is the end of what enter or a submit began.
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

// begin runs an attempt on a goroutine of its own, which drain waits for.
func (e *Engine) begin(x *execution, at *attempt.Attempt) {
	e.active.Add(1)
	go func() {
		defer e.leave()
		at.Run(attempt.World{Steps: e.steps, Clock: e.clock, Save: func(at *attempt.Attempt, data json.RawMessage) {
			x.post(activation.Input{Kind: activation.Checkpoint, Attempt: at, Data: data})
		}})
		if !e.closed.Load() {
			x.post(activation.Input{Kind: activation.StepEnded, Attempt: at})
		}
	}()
}

// inMemory returns an execution that is in memory, or nil.
func (e *Engine) inMemory(k openset.Key) *execution {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.executions[k]
}

// deliver brings an input to an execution, which is brought back into memory for
// it. Whether it exists is found out when it is loaded.
func (e *Engine) deliver(k openset.Key, in activation.Input) {
	for {
		e.mu.Lock()
		x := e.executions[k]
		if x == nil {
			x = newExecution(e, k)
			e.executions[k] = x
		}
		e.mu.Unlock()
		if x.post(in) {
			return
		}
	}
}

// forget takes an execution out of memory.
func (e *Engine) forget(x *execution) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.executions[x.key] == x {
		delete(e.executions, x.key)
	}
}

// Replay feeds the journal of an execution to the workflow functions of a
// registry without acting on anything, and reports the first difference (I5).
// Corpora of old journals are checked with it against new builds.
func Replay(store eventstore.Store, registry *engine.Registry, workspace, execution string) error {
	e, err := New(Options{Store: store, Registry: registry})
	if err != nil {
		return err
	}
	s := newExecution(e, openset.Key{Workspace: workspace, Execution: execution}).state
	why, err := s.Load()
	if err != nil {
		return fmt.Errorf("replay %s: %w", execution, err)
	}
	s.Unload()
	if why != nil {
		return errors.New(activation.AsError(why).Message)
	}
	return nil
}
