package local_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// The tests of a real database mostly wait: more of them than processors run at
// a time.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// ends hears of ends.
type ends struct {
	mu    sync.Mutex
	waits map[string]chan workflow.ExecutionState
}

func (o *ends) of(execution string) chan workflow.ExecutionState {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.waits == nil {
		o.waits = map[string]chan workflow.ExecutionState{}
	}
	if o.waits[execution] == nil {
		o.waits[execution] = make(chan workflow.ExecutionState, 1)
	}
	return o.waits[execution]
}

// in returns a store that tells o.
func (o *ends) in(s eventstore.Store) eventstore.Store {
	return &enginetest.Ends{Store: s, Ended: func(_, execution string, s workflow.ExecutionState) { o.of(execution) <- s }}
}

// open lists the open executions.
func open(t testing.TB, e *local.Engine) []engine.OpenExecution {
	t.Helper()
	all, err := e.Open(t.Context(), engine.OpenAfter{}, 100_000)
	if err != nil {
		t.Error(err)
	}
	return all
}

// running starts an engine that stops when the test ends.
func running(t testing.TB, o local.Options) *local.Engine {
	t.Helper()
	e, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	return e
}

func start(t testing.TB, e *local.Engine, id, function string) {
	t.Helper()
	_, err := e.Start(t.Context(), engine.Start{Workspace: "ws", Execution: id, Function: function, Kind: "test", Definition: "wf", Version: 1})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWaitingExecutionsHoldNoGoroutine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		approve := engine.NewSignal[int](reg, "test/approve")
		fn := engine.NewWorkflow(reg, "test/wait", func(run engine.Run, _ int) (int, error) {
			_, err := engine.Map(run, 0, []int{1, 2, 3}, func(run engine.Run, i int) (int, error) {
				if i == 1 {
					return approve.Wait(run, engine.Forever)
				}
				return i, run.Sleep(time.Hour)
			})
			return 0, err
		}).Name()
		store := enginetest.NewMemory()
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: store, Registry: reg})
		<-e.Ready()
		before := runtime.NumGoroutine()
		for i := range 500 {
			start(t, e, fmt.Sprintf("ex_%d", i), fn)
		}
		synctest.Wait()
		if after := runtime.NumGoroutine(); after > before {
			t.Errorf("500 waiting executions hold %d goroutines", after-before)
		}
		if n := len(open(t, e)); n != 500 {
			t.Errorf("%d are open", n)
		}
		for i := range 500 {
			id := fmt.Sprintf("ex_%d", i)
			if _, err := e.Signal(t.Context(), "ws", id, "test/approve", "", []byte("1"), eventstore.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		if n := len(open(t, e)); n != 0 {
			t.Errorf("%d are open after all have woken", n)
		}
	})
}

func TestFullDiskLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		runs := map[string]int{}
		step := engine.NewStep(reg, "test/slow", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
			runs[engine.InStep(ctx).Path]++
			time.Sleep(time.Minute)
			return n, nil
		})
		fn := engine.NewWorkflow(reg, "test/two", func(run engine.Run, n int) (int, error) {
			if _, err := step.Do(run, n); err != nil {
				return 0, err
			}
			return step.Do(run, n)
		}).Name()
		store, o := enginetest.NewMemory(), &ends{}
		t.Cleanup(func() { store.Close() })
		e := running(t, local.Options{Store: o.in(store), Registry: reg})
		start(t, e, "ex_1", fn)
		store.Fail(enginetest.ErrDisk)
		if _, err := e.Start(t.Context(), engine.Start{Workspace: "ws", Execution: "ex_2", Function: fn, Version: 1}); !errors.Is(err, enginetest.ErrDisk) {
			t.Errorf("a start on a full disk gave %v", err)
		}
		if _, err := e.Pause(t.Context(), "ws", "ex_1", eventstore.Meta{}); !errors.Is(err, enginetest.ErrDisk) {
			t.Errorf("a pause on a full disk gave %v", err)
		}
		time.Sleep(10 * time.Minute) // the first result cannot be written
		if _, err := e.Cancel(t.Context(), "ws", "ex_2", eventstore.Meta{}); !errors.Is(err, engine.ErrNotFound) {
			t.Errorf("the refused execution: %v", err)
		}
		store.Fail(nil)
		if s := <-o.of("ex_1"); s != workflow.Completed {
			t.Errorf("it ended %s", s)
		}
		if runs["1"] != 1 || runs["2"] != 1 {
			t.Errorf("the steps ran %v times, want once each", runs)
		}
	})
}

// A start reads the saved list and the events since, not the whole store.
func TestOpenExecutionsAreFoundAgain(t *testing.T) {
	t.Parallel()
	url := "sqlite:" + filepath.Join(t.TempDir(), "open.db")
	reg := engine.NewRegistry()
	fn := engine.NewWorkflow(reg, "test/sleep", func(run engine.Run, n int) (int, error) { return n, run.Sleep(time.Hour) }).Name()
	d, s, err := openStore(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	defer s.Close()
	for life := range 3 {
		e, err := local.New(local.Options{Store: s, DB: d, Registry: reg})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- e.Run(ctx) }()
		<-e.Ready()
		if n := len(open(t, e)); n != life {
			t.Errorf("life %d begins with %d open executions", life, n)
		}
		for _, id := range []string{"ex_a", "ex_b"} {
			start(t, e, fmt.Sprintf("%s%d", id, life), fn)
		}
		if _, err := e.Cancel(t.Context(), "ws", fmt.Sprintf("ex_a%d", life), eventstore.Meta{}); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var listed int
		if err := d.Read().QueryRow(t.Context(), "SELECT count(*) FROM engine_open").Scan(&listed); err != nil || listed != life+1 {
			t.Errorf("life %d leaves %d rows (%v)", life, listed, err)
		}
	}
}

func TestRegistryMistakesAreFound(t *testing.T) {
	t.Parallel()
	reg := engine.NewRegistry()
	noop := func(context.Context, int) (int, error) { return 0, nil }
	engine.NewStep(reg, "test/a", engine.StepOptions[int]{}, noop)
	engine.NewStep(reg, "test/a", engine.StepOptions[int]{}, noop)
	engine.NewStep(reg, "Test.a", engine.StepOptions[int]{}, noop)
	store := enginetest.NewMemory()
	defer store.Close()
	if _, err := local.New(local.Options{Store: store, Registry: reg}); err == nil {
		t.Error("a step registered twice and a bad name were accepted")
	}
}
