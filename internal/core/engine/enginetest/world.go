package enginetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// payment registers a Once step and a workflow around it.
func (h *H) payment(fn func(context.Context, int) (int, error)) string {
	return h.paymentWithin(h.d(1000), fn)
}

// paymentWithin is payment for a step with a timeout.
func (h *H) paymentWithin(timeout time.Duration, fn func(context.Context, int) (int, error)) string {
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true, Timeout: timeout}, fn)
	return h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := pay.Do(run, n)
		var e *engine.Error
		if errors.As(err, &e) && e.Code == engine.CodeGivenUp {
			return -1, nil
		}
		return out, err
	})
}

// family registers a child that runs body, and a parent that calls it once.
func (h *H) family(body func(engine.Run, int) (int, error)) (parent string, child engine.Workflow[int, int]) {
	child = engine.NewWorkflow(h.reg, "test/child", body)
	return h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := child.Do(run, "", n)
		if err != nil {
			h.note("%s", "parent:"+engine.AsError(err).Code)
			return 0, err
		}
		return out + 1, nil
	}), child
}

var errToken = failure.New(failure.Auth, "token_revoked", "the token was revoked; give the workflow a new one")

// twoSteps registers a workflow of a step that waits at the gate and one after it.
func (h *H) twoSteps(g *gate) string {
	a := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("a")
		return n, g.wait(ctx)
	})
	b := h.noting("b")
	return h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := a.Do(run, n); err != nil {
			return 0, err
		}
		return b.Do(run, n)
	})
}

// keyed registers a step that notes its name and key, and fails while broken
// says so.
func (h *H) keyed(name string, broken *bool) engine.Step[int, int] {
	return h.step("test/"+name, engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("%s:%s", name, engine.InStep(ctx).Key)
		if broken != nil && *broken {
			return 0, errTrip
		}
		return n + 1, nil
	})
}

// forget drops what was noted so far.
func (h *H) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = nil
}

// inTurn runs steps one after the other, each with the result of the one before.
func inTurn(run engine.Run, n int, steps ...engine.Step[int, int]) (int, error) {
	for _, s := range steps {
		var err error
		if n, err = s.Do(run, n); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// quick repeats almost at once.
func quick(attempts int) engine.Retry {
	p := engine.Policy{Base: time.Millisecond, Cap: 2 * time.Millisecond, Attempts: attempts}
	return engine.Retry{Transient: p, Conflict: p, UnknownOutcome: p, RateLimited: engine.Policy{Base: time.Millisecond, Cap: 2 * time.Millisecond}}
}

// failing registers a step that fails with the errors in turn and then returns
// its input.
func (h *H) failing(o engine.StepOptions[int], errs ...error) engine.Step[int, int] {
	tries := 0
	return h.step("test/failing", o, func(ctx context.Context, n int) (int, error) {
		h.note("try%d", engine.InStep(ctx).Attempt)
		if tries++; tries <= len(errs) {
			return 0, errs[tries-1]
		}
		return n, nil
	})
}

// down is a failure that passes after a while.
func (h *H) down(after time.Duration) error {
	return &failure.Error{Class: failure.Transient, Code: "down", Message: "down", RetryAfter: after}
}

// booking registers an undoable step that notes what it does; do and undo
// decide about failures.
func (h *H) booking(do, undo func(ctx context.Context, n int) error) engine.Undoable[int, int] {
	return engine.NewUndoable(h.reg, "test/book", engine.StepOptions[int]{Retry: quick(2)}, func(ctx context.Context, n int) (int, error) {
		if err := do(ctx, n); err != nil {
			return 0, err
		}
		h.note("do%d", n)
		return n * 100, nil
	}, func(ctx context.Context, u engine.Undo[int, int]) error {
		if err := undo(ctx, u.In); err != nil {
			return err
		}
		if u.Out == nil {
			h.note("undo%d?", u.In)
			return nil
		}
		if *u.Out != u.In*100 {
			h.Errorf("undo of %d got the result %d", u.In, *u.Out)
		}
		h.note("undo%d", u.In)
		return nil
	})
}

func never(context.Context, int) error { return nil }

var errTrip = failure.New(failure.Validation, "trip", "the trip is off")

// gate is a step that waits until it is let through or its context ends.
type gate struct {
	once sync.Once
	open chan struct{}
}

func newGate() *gate { return &gate{open: make(chan struct{})} }

func (g *gate) release() { g.once.Do(func() { close(g.open) }) }

func (g *gate) wait(ctx context.Context) error {
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// step registers a step on integers.
func (h *H) step(name string, o engine.StepOptions[int], fn func(context.Context, int) (int, error)) engine.Step[int, int] {
	return engine.NewStep(h.reg, name, o, fn)
}

// noting registers a step that notes its name and input and returns the input.
func (h *H) noting(name string) engine.Step[int, int] {
	return h.step("test/"+name, engine.StepOptions[int]{}, func(_ context.Context, n int) (int, error) {
		h.note("%s%d", name, n)
		return n, nil
	})
}

// gated registers a step that notes its name and input, waits at the gate, and
// returns its input.
func (h *H) gated(name string, g *gate) engine.Step[int, int] {
	return h.step("test/"+name, engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("%s%d", name, n)
		return n, g.wait(ctx)
	})
}

// workflow registers a workflow function on integers and returns its name.
func (h *H) workflow(fn func(engine.Run, int) (int, error)) string {
	return engine.NewWorkflow(h.reg, "test/main", fn).Name()
}
