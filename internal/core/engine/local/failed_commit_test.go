package local_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// A read-only step does not wait for the append that called it. If that append
// fails, the step was never called: its late result belongs to nobody.
func TestReadsOfAFailedAppendCountForNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		slow := engine.NewStep(reg, "test/slow", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
			time.Sleep(time.Minute)
			return n, nil
		})
		read := engine.NewStep(reg, "test/read", engine.StepOptions[int]{ReadOnly: true}, func(ctx context.Context, n int) (int, error) {
			time.Sleep(10 * time.Second)
			return n, nil
		})
		fn := engine.NewWorkflow(reg, "test/mixed", func(run engine.Run, n int) (int, error) {
			for range 2 {
				if _, err := slow.Do(run, n); err != nil {
					return 0, err
				}
				if _, err := read.Do(run, n); err != nil {
					return 0, err
				}
			}
			return n, nil
		}).Name()
		store, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: o.in(store), Registry: reg})
		start(t, e, "ex_1", fn)
		time.Sleep(55 * time.Second)
		store.Fail(enginetest.ErrDisk)
		time.Sleep(17 * time.Second)
		store.Fail(nil)
		time.Sleep(time.Hour)
		select {
		case s := <-o.of("ex_1"):
			if s != workflow.Completed {
				t.Errorf("it ended %s", s)
			}
		default:
			t.Errorf("it did not end: %+v", open(t, e))
		}
		if err := local.Replay(store, reg, "ws", "ex_1"); err != nil {
			t.Errorf("its journal does not replay: %v", err)
		}
	})
}

// Rows that cannot be attached because the disk is full are no fault of their step.
func TestAttachedRowsWaitForAFullDisk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		var full atomic.Bool
		full.Store(true)
		rows := engine.NewWrite(reg, "test/rows", func(context.Context, db.Tx, engine.WriteInfo, int) error {
			if full.Load() {
				return fmt.Errorf("%w: %w", db.ErrFull, db.ErrRolledBack)
			}
			return nil
		})
		step := engine.NewStep(reg, "test/attach", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
			return n, rows.Attach(ctx, n)
		})
		fn := engine.NewWorkflow(reg, "test/one", func(run engine.Run, n int) (int, error) { return step.Do(run, n) }).Name()
		store, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: o.in(store), Registry: reg})
		start(t, e, "ex_1", fn)
		time.Sleep(time.Minute)
		full.Store(false)
		if s := <-o.of("ex_1"); s != workflow.Completed {
			t.Errorf("it ended %s", s)
		}
	})
}

// A function that panics on the cancel of a waiting step is parked like any
// other that panics.
func TestPanicOnCancelOfAWaitingStepParks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		step := engine.NewStep(reg, "test/fail", engine.StepOptions[int]{}, func(context.Context, int) (int, error) {
			return 0, &failure.Error{Class: failure.RateLimited, Code: "later", Message: "later", RetryAfter: time.Hour}
		})
		fn := engine.NewWorkflow(reg, "test/panics", func(run engine.Run, n int) (int, error) {
			if _, err := step.Do(run, n); err != nil {
				panic("on purpose")
			}
			return n, nil
		}).Name()
		store := enginetest.NewMemory()
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: store, Registry: reg})
		start(t, e, "ex_1", fn)
		time.Sleep(time.Minute)
		if _, err := e.Cancel(t.Context(), "ws", "ex_1", eventstore.Meta{}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if open := open(t, e); len(open) != 1 || open[0].State != workflow.Parked {
			t.Errorf("open: %+v", open)
		}
	})
}

// unreadable is a store whose streams cannot be read for a while.
type unreadable struct {
	eventstore.Store
	broken atomic.Bool
}

func (u *unreadable) ReadStream(ctx context.Context, id eventstore.StreamID, after int64, limit int) ([]eventstore.Event, error) {
	if u.broken.Load() {
		return nil, errors.New("the disk does not answer")
	}
	return u.Store.ReadStream(ctx, id, after, limit)
}

// What is open must be listed even if it cannot be loaded yet: others delete
// what belongs to no open execution.
func TestOpenListsWhatCannotBeLoadedYet(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		fn := engine.NewWorkflow(reg, "test/sleep", func(run engine.Run, n int) (int, error) { return n, run.Sleep(time.Hour) }).Name()
		memory, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { memory.Close() })
		store := &unreadable{Store: memory}
		first, stop := context.WithCancel(t.Context())
		e, err := local.New(local.Options{Store: store, Registry: reg})
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- e.Run(first) }()
		start(t, e, "ex_1", fn)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		store.broken.Store(true)
		e = running(t, local.Options{Store: o.in(store), Registry: reg})
		<-e.Ready()
		if open := open(t, e); len(open) != 1 {
			t.Errorf("open: %+v", open)
		}
		time.Sleep(time.Minute)
		store.broken.Store(false)
		if s := <-o.of("ex_1"); s != workflow.Completed {
			t.Errorf("it ended %s", s)
		}
	})
}

// held is a store that keeps appends back until they are let go.
type held struct {
	eventstore.Store
	mu    sync.Mutex
	hold  bool
	queue []func()
}

func (h *held) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.hold {
		h.Store.Submit(b, done)
		return
	}
	h.queue = append(h.queue, func() { h.Store.Submit(b, done) })
}

func (h *held) keep() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hold = true
}

func (h *held) letGo() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hold = false
	for _, submit := range h.queue {
		submit()
	}
	h.queue = nil
}

// What comes while an end is on its way to the disk waits for it.
func TestACancelDuringAForcedEndLearnsOfTheEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		fn := engine.NewWorkflow(reg, "test/panics", func(run engine.Run, n int) (int, error) {
			if err := run.Sleep(time.Second); err != nil {
				return 0, err
			}
			panic("on purpose")
		}).Name()
		memory := enginetest.NewMemory()
		t.Cleanup(func() { memory.Close() })
		store := &held{Store: memory}
		e := running(t, local.Options{Store: store, Registry: reg})
		start(t, e, "ex_1", fn)
		time.Sleep(time.Minute)
		store.keep()
		first, second := make(chan error, 1), make(chan error, 1)
		cancel := func(result chan error) {
			_, err := e.Cancel(t.Context(), "ws", "ex_1", eventstore.Meta{})
			result <- err
		}
		go cancel(first)
		synctest.Wait()
		go cancel(second)
		synctest.Wait()
		store.letGo()
		if err := <-first; err != nil {
			t.Errorf("the first: %v", err)
		}
		if err := <-second; !errors.Is(err, engine.ErrEnded) {
			t.Errorf("the second: %v", err)
		}
	})
}

// A cancel that was refused has stopped nothing.
func TestARefusedCancelStopsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		step := engine.NewStep(reg, "test/slow", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
			select {
			case <-time.After(30 * time.Second):
				return n, nil
			case <-ctx.Done():
				return 0, ctx.Err()
			}
		})
		fn := engine.NewWorkflow(reg, "test/one", func(run engine.Run, n int) (int, error) { return step.Do(run, n) }).Name()
		store, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: o.in(store), Registry: reg})
		start(t, e, "ex_1", fn)
		synctest.Wait()
		store.Fail(enginetest.ErrDisk)
		if _, err := e.Cancel(t.Context(), "ws", "ex_1", eventstore.Meta{}); !errors.Is(err, enginetest.ErrDisk) {
			t.Errorf("the cancel: %v", err)
		}
		store.Fail(nil)
		if s := <-o.of("ex_1"); s != workflow.Completed {
			t.Errorf("it ended %s", s)
		}
	})
}
