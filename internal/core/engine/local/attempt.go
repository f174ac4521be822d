package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// attempt is one try of a step, on a goroutine of its own.
type attempt struct {
	x          *execution
	info       engine.Info
	call       engine.Call
	input      json.RawMessage
	used       engine.Used // before this attempt
	since      int64       // first attempt, µs
	unknown    bool        // an earlier attempt may have had its effect
	broken     int         // how often the process ended in the middle of the step
	checkpoint json.RawMessage

	mu      sync.Mutex
	aborted bool
	begun   bool
	cancel  context.CancelCauseFunc

	void bool // the append that called it failed: no one waits for its outcome; the owner's

	// The outcome; read once the attempt was posted.
	out      json.RawMessage
	err      error
	events   []engine.EncodedEvent
	writes   []engine.AttachedWrite
	duration time.Duration
	attaches int // how often its attached writes failed
}

var (
	errTimeout  = errors.New("the step's time is up")
	errStopping = errors.New("the engine is stopping")
)

// number counts attempts from 1, with those that died with their process and
// without rate limits.
func (at *attempt) number() int { return at.used.Attempts + at.broken + 1 }

// abort cancels the attempt's context; its outcome is still awaited.
func (at *attempt) abort() {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.aborted = true
	if at.cancel != nil {
		at.cancel(engine.ErrCancelled)
	}
}

func (at *attempt) wasAborted() bool {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.aborted
}

// run executes the attempt and brings its outcome.
func (at *attempt) run() {
	e := at.x.engine
	defer e.leave()
	ctx, cancel := context.WithCancelCause(e.steps)
	defer cancel(nil)
	ctx, stop := context.WithTimeoutCause(ctx, at.call.Timeout, errTimeout)
	defer stop()
	at.mu.Lock()
	at.cancel, at.begun = cancel, !at.aborted
	begun := at.begun
	at.mu.Unlock()
	if begun {
		at.execute(ctx)
	} else {
		at.err = engine.ErrCancelled
	}
	if !e.closed.Load() {
		at.x.post(input{typ: inStep, attempt: at})
	}
}

// execute calls the step function.
func (at *attempt) execute(ctx context.Context) {
	clock, step := at.x.engine.clock, at.call.Step
	left := &engine.Attempt{Info: engine.StepInfo{Info: at.info, Step: step.Name, Path: at.call.Path, Key: at.call.Key, Attempt: at.number(), Label: at.call.Label},
		Checkpoint: at.checkpoint, Save: at.saver()}
	began := clock.Now()
	at.out, at.err = guarded(engine.WithAttempt(ctx, left), step, at.input)
	at.duration = clock.Now().Sub(began)
	if at.err != nil {
		at.err = at.classify(ctx, at.err)
		return
	}
	at.events, at.writes = left.Left()
}

// checkpointEvery bounds how often a step's checkpoint is written.
const checkpointEvery = time.Second

// saver returns what keeps the checkpoints of this attempt: the newest, at most
// once in checkpointEvery.
func (at *attempt) saver() func(json.RawMessage) {
	var mu sync.Mutex
	var last time.Time
	return func(data json.RawMessage) {
		mu.Lock() // a step may have goroutines
		defer mu.Unlock()
		now := at.x.engine.clock.Now()
		if !last.IsZero() && now.Sub(last) < checkpointEvery {
			return
		}
		last = now
		at.x.post(input{typ: inCheckpoint, attempt: at, data: data})
	}
}

// guarded turns a panic of the step into an error.
func guarded(ctx context.Context, step *engine.StepSpec, in json.RawMessage) (out json.RawMessage, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = failure.Wrap(fmt.Errorf("%s", debug.Stack()), failure.Fatal, engine.CodePanic, "the step panicked: %v", p)
		}
	}()
	return step.Call(ctx, in)
}

// classify gives errors a class that their step left without one because its
// time was up: every timeout is an unknown outcome, unless the step only reads.
func (at *attempt) classify(ctx context.Context, err error) error {
	var f *failure.Error
	var e *engine.Error
	if errors.As(err, &f) || errors.As(err, &e) || !errors.Is(context.Cause(ctx), errTimeout) {
		return err
	}
	class := failure.UnknownOutcome
	if at.call.Step.ReadOnly {
		class = failure.Transient
	}
	return failure.Wrap(err, class, engine.CodeTimeout, "no result within %s: %v", at.call.Timeout, err)
}
