// Package attempt runs one try of a step and judges what came of it. It knows no
// execution and no store: who called the step, and what becomes durable of it, is
// its owner's business (engine/local).
package attempt

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Attempt is one try of a step.
type Attempt struct {
	Info       engine.Info
	Call       engine.Call
	Input      json.RawMessage
	Used       engine.Used // before this attempt
	Since      int64       // first attempt, in microseconds since 1970
	Unknown    bool        // an earlier attempt may have had its effect
	Died       int         // attempts that ended with their process
	Checkpoint json.RawMessage

	// Void: no one waits for its outcome any more. It is the owner's.
	Void bool

	// The outcome, once Run has returned.
	Out      json.RawMessage
	Err      error
	Events   []engine.EncodedEvent
	Writes   []engine.AttachedWrite
	Duration time.Duration

	unwritten int // how often its rows could not be written

	mu      sync.Mutex
	aborted bool
	begun   bool
	cancel  context.CancelCauseFunc
}

// World is what attempts run in.
type World struct {
	// Steps is the context of all step functions.
	Steps context.Context
	Clock clock.Clock
	// Save keeps a checkpoint of a running attempt.
	Save func(*Attempt, json.RawMessage)
}

// Number counts attempts from 1, with those that died with their process and
// without rate limits.
func (at *Attempt) Number() int { return at.Used.Attempts + at.Died + 1 }

// Abort cancels the attempt's context; its outcome is still awaited. One that has
// not begun does not begin.
func (at *Attempt) Abort() {
	at.mu.Lock()
	defer at.mu.Unlock()
	at.aborted = true
	if at.cancel != nil {
		at.cancel(engine.ErrCancelled)
	}
}

func (at *Attempt) wasAborted() bool {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.aborted
}

// Run executes the attempt. It blocks as long as the step function does.
func (at *Attempt) Run(w World) {
	ctx, cancel := context.WithCancelCause(w.Steps)
	defer cancel(nil)
	ctx, stop := context.WithTimeoutCause(ctx, at.Call.Timeout, errTimeout)
	defer stop()
	at.mu.Lock()
	at.cancel, at.begun = cancel, !at.aborted
	begun := at.begun
	at.mu.Unlock()
	if begun {
		at.execute(ctx, w)
	} else {
		at.Err = engine.ErrCancelled
	}
}

var errTimeout = errors.New("the step's time is up")

// execute calls the step function.
func (at *Attempt) execute(ctx context.Context, w World) {
	left := &engine.Attempt{Info: engine.StepInfo{Info: at.Info, Step: at.Call.Step.Name, Path: at.Call.Path, Key: at.Call.Key, Attempt: at.Number(), Label: at.Call.Label},
		Checkpoint: at.Checkpoint, Save: at.saver(w)}
	began := w.Clock.Now()
	at.Out, at.Err = guarded(engine.WithAttempt(ctx, left), at.Call.Step, at.Input)
	at.Duration = w.Clock.Now().Sub(began)
	if at.Err != nil {
		at.Err = at.classify(ctx, at.Err)
	}
	if at.Out, at.Err = left.Outcome(at.Out, at.Err); at.Err != nil {
		return
	}
	at.Events, at.Writes = left.Left()
}

// checkpointEvery bounds how often a step's checkpoint is written.
const checkpointEvery = time.Second

// saver returns what keeps the checkpoints of this attempt: the newest, at most
// once in checkpointEvery.
func (at *Attempt) saver(w World) func(json.RawMessage) {
	var mu sync.Mutex
	var last time.Time
	return func(data json.RawMessage) {
		mu.Lock() // a step may have goroutines
		defer mu.Unlock()
		now := w.Clock.Now()
		if !last.IsZero() && now.Sub(last) < checkpointEvery {
			return
		}
		last = now
		w.Save(at, data)
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
func (at *Attempt) classify(ctx context.Context, err error) error {
	var f *failure.Error
	var e *engine.Error
	if errors.As(err, &f) || errors.As(err, &e) || !errors.Is(context.Cause(ctx), errTimeout) {
		return err
	}
	class := failure.UnknownOutcome
	if at.Call.Step.ReadOnly {
		class = failure.Transient
	}
	return failure.Wrap(err, class, engine.CodeTimeout, "no result within %s: %v", at.Call.Timeout, err)
}

// maxUnwritten is how often rows that a step has attached may be impossible to
// write before the step counts as failed.
const maxUnwritten = 3

// Unwritten counts that the rows which the attempt has attached could not be
// written; if they never can be, the attempt has failed.
func (at *Attempt) Unwritten(cause error) {
	if at.unwritten++; at.unwritten >= maxUnwritten {
		at.Err = failure.Wrap(cause, failure.Fatal, engine.CodeAttach, "its rows cannot be written: %v", cause)
	}
}
