package local_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// slow is an engine whose appends can be kept back, in a bubble.
type slow struct {
	*testing.T
	reg    *engine.Registry
	yes    engine.Signal[int]
	memory *enginetest.Memory
	store  *held
	ends   *ends
	engine *local.Engine
}

// withSlowStore runs a test of an engine with a function "test/main".
func withSlowStore(t *testing.T, fn func(*slow, engine.Run, int) (int, error), test func(*slow)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &slow{T: t, reg: engine.NewRegistry(), memory: enginetest.NewMemory(), ends: &ends{}}
		t.Cleanup(func() { s.memory.Close() })
		s.yes = engine.NewSignal[int](s.reg, "test/yes")
		engine.NewWorkflow(s.reg, "test/main", func(run engine.Run, n int) (int, error) { return fn(s, run, n) })
		s.store = &held{Store: s.ends.in(s.memory)}
		s.engine = running(t, local.Options{Store: s.store, Registry: s.reg, KeepHot: -1})
		<-s.engine.Ready()
		test(s)
	})
}

// later calls something in the background, until it waits for the store.
func (s *slow) later(call func() (int64, error)) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := call()
		done <- err
	}()
	synctest.Wait()
	return done
}

func (s *slow) signal(id, data string) <-chan error {
	return s.later(func() (int64, error) {
		return s.engine.Signal(s.Context(), "ws", id, "test/yes", "", []byte(data), eventstore.Meta{})
	})
}

func (s *slow) start(id string, hold bool) <-chan error {
	return s.later(func() (int64, error) {
		return s.engine.Start(s.Context(), engine.Start{Workspace: "ws", Execution: id, Function: "test/main", Version: 1, Input: []byte("0"), Hold: hold})
	})
}

// two adds up two signals in base 10.
func two(s *slow, run engine.Run, _ int) (int, error) {
	first, err := s.yes.Wait(run, engine.Forever)
	if err != nil {
		return 0, err
	}
	second, err := s.yes.Wait(run, engine.Forever)
	return first*10 + second, err
}

// output returns what an execution returned.
func (s *slow) output(id string) string {
	s.Helper()
	if end := <-s.ends.of(id); end != workflow.Completed {
		s.Fatalf("it ended %s", end)
	}
	events, err := s.memory.ReadStream(s.Context(), eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: id}, 0, 1000)
	if err != nil {
		s.Fatal(err)
	}
	out, _ := engine.DecodeEnded(events[len(events)-1].Data)
	return string(out)
}

// What comes to a pending execution while an append of it is on its way builds on
// that, not on what is durable.
func TestTwoSignalsAtATimeForAPendingExecution(t *testing.T) {
	withSlowStore(t, two, func(s *slow) {
		if err := <-s.start("ex_1", true); err != nil {
			s.Fatal(err)
		}
		s.store.keep()
		first, second := s.signal("ex_1", "1"), s.signal("ex_1", "2")
		s.store.letGo()
		if err := errors.Join(<-first, <-second); err != nil {
			s.Error(err)
		}
		if _, err := s.engine.Release(s.Context(), "ws", "ex_1", engine.Release{}); err != nil {
			s.Fatal(err)
		}
		if out := s.output("ex_1"); out != "12" {
			s.Errorf("it took %s", out)
		}
	})
}

// So it is between two generations.
func TestASignalWhileItContinuesIsOnItsWay(t *testing.T) {
	withSlowStore(t, func(s *slow, run engine.Run, n int) (int, error) {
		got, err := s.yes.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		if n = n*10 + got; n < 100 {
			return 0, engine.ContinueAsNew(n)
		}
		return n, nil
	}, func(s *slow) {
		if err := <-s.start("ex_1", false); err != nil {
			s.Fatal(err)
		}
		s.store.keep()
		var sent []<-chan error
		for _, data := range []string{"1", "2", "3"} {
			sent = append(sent, s.signal("ex_1", data))
		}
		s.store.letGo()
		for _, done := range sent {
			if err := <-done; err != nil {
				s.Error(err)
			}
		}
		if out := s.output("ex_1"); out != "123" {
			s.Errorf("it took %s", out)
		}
	})
}

// A start of an execution that exists must not stand in for it.
func TestASignalDuringASecondStartReachesTheFirst(t *testing.T) {
	withSlowStore(t, two, func(s *slow) {
		if err := <-s.start("ex_1", false); err != nil {
			s.Fatal(err)
		}
		synctest.Wait() // it has left memory
		s.store.keep()
		again, first, second := s.start("ex_1", false), s.signal("ex_1", "1"), s.signal("ex_1", "2")
		s.store.letGo()
		if err := <-again; !errors.Is(err, engine.ErrExists) {
			s.Errorf("the second start: %v", err)
		}
		if err := errors.Join(<-first, <-second); err != nil {
			s.Error(err)
		}
		if out := s.output("ex_1"); out != "12" {
			s.Errorf("it took %s", out)
		}
	})
}

func TestASignalDuringAStartThatFails(t *testing.T) {
	withSlowStore(t, two, func(s *slow) {
		s.store.keep()
		start := s.start("ex_1", false)
		signal := s.signal("ex_1", "1")
		s.memory.Fail(enginetest.ErrDisk)
		s.store.letGo()
		if err := <-start; !errors.Is(err, enginetest.ErrDisk) {
			s.Errorf("the start: %v", err)
		}
		if err := <-signal; !errors.Is(err, engine.ErrNotFound) {
			s.Errorf("the signal: %v", err)
		}
		s.memory.Fail(nil)
		if err := <-s.start("ex_1", false); err != nil {
			s.Error(err)
		}
		if err := errors.Join(<-s.signal("ex_1", "3"), <-s.signal("ex_1", "4")); err != nil {
			s.Error(err)
		}
		if out := s.output("ex_1"); out != "34" {
			s.Errorf("it took %s", out)
		}
	})
}

// That a step was interrupted is not forgotten when the append that says so fails.
func TestARecoveryThatCannotBeWrittenIsDoneAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := engine.NewRegistry()
		var runs atomic.Int32
		pay := engine.NewStep(reg, "test/pay", engine.StepOptions[int]{Once: true, Timeout: 24 * time.Hour}, func(ctx context.Context, n int) (int, error) {
			runs.Add(1)
			<-ctx.Done()
			return 0, ctx.Err()
		})
		fn := engine.NewWorkflow(reg, "test/one", func(run engine.Run, n int) (int, error) { return pay.Do(run, n) }).Name()
		store := enginetest.NewMemory()
		t.Cleanup(func() { store.Close() })
		first := &mortal{Store: store}
		e, stop := life(t, local.Options{Store: first, Registry: reg, DrainTimeout: time.Second})
		start(t, e, "ex_1", fn)
		synctest.Wait()
		first.dead.Store(true)
		stop()
		store.Fail(enginetest.ErrDisk)
		e = running(t, local.Options{Store: store, Registry: reg})
		time.Sleep(time.Minute)
		store.Fail(nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		if open := open(t, e); len(open) != 1 || open[0].State != workflow.Parked {
			t.Errorf("open: %+v", open)
		}
		if n := runs.Load(); n != 1 {
			t.Errorf("the step ran %d times", n)
		}
	})
}

// life starts an engine and returns what stops it.
func life(t *testing.T, o local.Options) (*local.Engine, func()) {
	t.Helper()
	e, err := local.New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx) }()
	<-e.Ready()
	return e, func() {
		cancel()
		<-done
	}
}

// What the function needs is loaded before it begins and before it is replayed.
func TestLoad(t *testing.T) {
	t.Parallel()
	permanent := failure.New(failure.Validation, "gone", "the version is gone")
	for name, c := range map[string]struct {
		fails []error // of the loads, in turn
		panic bool
		start error                   // of the start
		state workflow.ExecutionState // "": it does not exist
		code  string
	}{
		"works":             {state: workflow.Completed},
		"without a class":   {fails: []error{errors.New("no connection")}, start: errors.New("no connection")},
		"transient":         {fails: []error{failure.New(failure.Transient, "", "no connection")}, start: errors.New("no connection")},
		"permanent":         {fails: []error{permanent}, state: workflow.Failed, code: "gone"},
		"panics":            {panic: true, state: workflow.Failed, code: engine.CodePanic},
		"fails on a replay": {fails: []error{nil, errors.New("no connection"), errors.New("no connection")}, state: workflow.Completed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				reg, o, store := engine.NewRegistry(), &ends{}, enginetest.NewMemory()
				t.Cleanup(func() { store.Close() })
				loads := 0
				engine.NewLoadedWorkflow[int](reg, "test/main", func(_ context.Context, info engine.Info, in json.RawMessage) (string, error) {
					if c.panic {
						panic("no luck")
					}
					loads++
					if loads <= len(c.fails) && c.fails[loads-1] != nil {
						return "", c.fails[loads-1]
					}
					return info.Execution + string(in), nil
				}, func(run engine.Run, loaded string) (int, error) {
					if loaded != "ex_15" {
						t.Errorf("loaded %s", loaded)
					}
					return 0, run.Sleep(time.Hour)
				})
				e := running(t, local.Options{Store: o.in(store), Registry: reg, KeepHot: -1})
				_, err := e.Start(t.Context(), engine.Start{Workspace: "ws", Execution: "ex_1", Function: "test/main", Version: 1, Input: []byte("5")})
				if (err != nil) != (c.start != nil) {
					t.Fatalf("the start: %v", err)
				}
				if c.state == "" {
					return
				}
				if got := <-o.of("ex_1"); got != c.state {
					t.Errorf("it ended %s", got)
				}
				if c.code == "" {
					return
				}
				events, _ := store.ReadStream(t.Context(), eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: "ex_1"}, 0, 10)
				if _, failed := engine.DecodeEnded(events[len(events)-1].Data); !strings.Contains(string(failed), c.code) {
					t.Errorf("it ended with %s", failed)
				}
			})
		})
	}
}
