package local_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
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
)

// failsAfter is a store of which only so many more streams can be read.
type failsAfter struct {
	eventstore.Store
	on   atomic.Bool
	left atomic.Int64
}

func (f *failsAfter) ReadStream(ctx context.Context, id eventstore.StreamID, after int64, limit int) ([]eventstore.Event, error) {
	if f.on.Load() && f.left.Add(-1) < 0 {
		return nil, errors.New("the disk does not answer")
	}
	return f.Store.ReadStream(ctx, id, after, limit)
}

// A function that could not go on is loaded again when it is resumed. If the store
// cannot be read then, the resume fails, and nothing else.
func TestAResumeThatCannotReadFailsAlone(t *testing.T) {
	for reads := range int64(4) {
		t.Run(fmt.Sprint(reads), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				reg := engine.NewRegistry()
				var mended atomic.Bool
				fn := engine.NewWorkflow(reg, "test/panics", func(run engine.Run, n int) (int, error) {
					if err := run.Sleep(time.Second); err != nil {
						return 0, err
					}
					if !mended.Load() {
						panic("on purpose")
					}
					return n, nil
				}).Name()
				memory, o := enginetest.NewMemory(), &ends{}
				t.Cleanup(func() { memory.Close() })
				store := &failsAfter{Store: memory}
				e := running(t, local.Options{Store: o.in(store), Registry: reg})
				start(t, e, "ex_1", fn)
				time.Sleep(time.Minute)
				mended.Store(true)
				store.left.Store(reads)
				store.on.Store(true)
				_, err := e.Resume(t.Context(), "ws", "ex_1", eventstore.Meta{})
				if reads < 3 && err == nil {
					t.Error("the resume did not fail")
				}
				time.Sleep(time.Minute)
				store.on.Store(false)
				time.Sleep(time.Minute)
				if reads < 3 {
					if _, err := e.Resume(t.Context(), "ws", "ex_1", eventstore.Meta{}); err != nil {
						t.Error(err)
					}
				}
				if s := <-o.of("ex_1"); s != workflow.Completed {
					t.Errorf("it ended %s", s)
				}
			})
		})
	}
}

// A child that a function asks for in the turn that loads it is started once.
func TestAChildOfAFunctionThatWasJustLoadedIsStartedOnce(t *testing.T) {
	t.Parallel()
	reg := engine.NewRegistry()
	yes := engine.NewSignal[int](reg, "test/yes")
	child := engine.NewWorkflow(reg, "test/child", func(run engine.Run, n int) (int, error) { return n, nil })
	fn := engine.NewWorkflow(reg, "test/main", func(run engine.Run, n int) (int, error) {
		if _, err := yes.Wait(run, time.Hour); err != nil {
			return 0, err
		}
		_, err := engine.Map(run, 0, make([]int, 10), func(run engine.Run, n int) (int, error) { return child.Do(run, "", n) })
		return n, err
	}).Name()
	d, store, err := openStore(t.Context(), sqliteURL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close(); d.Close() })
	o := &ends{}
	var log strings.Builder
	var mu sync.Mutex
	e := running(t, local.Options{Store: o.in(store), DB: d, Registry: reg, KeepHot: -1, Logger: slog.New(slog.NewTextHandler(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return log.Write(p)
	}), nil))})
	start(t, e, "ex_1", fn)
	for n, _ := e.InMemory(); n > 0; n, _ = e.InMemory() {
		runtime.Gosched()
	}
	if _, err := e.Signal(t.Context(), "ws", "ex_1", "test/yes", "", []byte("1"), eventstore.Meta{}); err != nil {
		t.Fatal(err)
	}
	if s := <-o.of("ex_1"); s != workflow.Completed {
		t.Errorf("it ended %s", s)
	}
	mu.Lock()
	defer mu.Unlock()
	if strings.Contains(log.String(), "could not be started") {
		t.Error(log.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// counting is a store that counts the events that are read of streams.
type counting struct {
	eventstore.Store
	read atomic.Int64
}

func (c *counting) ReadStream(ctx context.Context, id eventstore.StreamID, after int64, limit int) ([]eventstore.Event, error) {
	events, err := c.Store.ReadStream(ctx, id, after, limit)
	c.read.Add(int64(len(events)))
	return events, err
}

// What has ended refuses everything at the same cost, however long its history.
func TestARefusalAfterTheEndReadsNoHistory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		fn := engine.NewWorkflow(reg, "test/main", func(run engine.Run, n int) (int, error) {
			for range 50 {
				if err := run.Sleep(time.Second); err != nil {
					return 0, err
				}
			}
			return n, nil
		}).Name()
		memory, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { memory.Close() })
		store := &counting{Store: o.in(memory)}
		e := running(t, local.Options{Store: store, Registry: reg})
		start(t, e, "ex_1", fn)
		if s := <-o.of("ex_1"); s != workflow.Completed {
			t.Errorf("it ended %s", s)
		}
		time.Sleep(time.Minute)
		before := store.read.Load()
		for name, call := range map[string]func() (int64, error){
			"pause":  func() (int64, error) { return e.Pause(t.Context(), "ws", "ex_1", eventstore.Meta{}) },
			"resume": func() (int64, error) { return e.Resume(t.Context(), "ws", "ex_1", eventstore.Meta{}) },
			"cancel": func() (int64, error) { return e.Cancel(t.Context(), "ws", "ex_1", eventstore.Meta{}) },
		} {
			if _, err := call(); !errors.Is(err, engine.ErrEnded) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := store.read.Load() - before; n > 3 {
			t.Errorf("%d events were read for three refusals", n)
		}
	})
}
