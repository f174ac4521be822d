package local_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// places is a bound on executions at work that counts.
type places struct {
	*testing.T
	mu      sync.Mutex
	most    int
	held    map[string]int // by execution
	peak    int
	queue   []waiter
	asked   []string // of whom, in which state
	working map[string]int
	busiest int // executions whose steps ran at a time
}

type waiter struct {
	execution string
	granted   func()
}

func newPlaces(t *testing.T, most int) *places {
	return &places{T: t, most: most, held: map[string]int{}, working: map[string]int{}}
}

func (p *places) taken() (n int) {
	for _, count := range p.held {
		n += count
	}
	return n
}

// take is what a caller of Start or Release does; it takes a place that there is
// room for.
func (p *places) take(execution string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[execution]++
	p.peak = max(p.peak, p.taken())
}

func (p *places) Acquire(o engine.OpenExecution, granted func()) {
	p.mu.Lock()
	p.asked = append(p.asked, o.Execution+":"+string(o.State))
	if p.taken() >= p.most {
		p.queue = append(p.queue, waiter{o.Execution, granted})
		p.mu.Unlock()
		return
	}
	p.held[o.Execution]++
	p.peak = max(p.peak, p.taken())
	p.mu.Unlock()
	granted()
}

func (p *places) Release(_, execution string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held[execution]--; p.held[execution] < 0 {
		p.Errorf("%s gives back a place that it does not have", execution)
	}
	if p.held[execution] == 0 {
		delete(p.held, execution)
	}
	if len(p.queue) > 0 && p.taken() < p.most {
		next := p.queue[0]
		p.queue = p.queue[1:]
		p.held[next.execution]++
		go next.granted()
	}
}

// works notes that a step of an execution runs, until the result is called.
func (p *places) works(ctx context.Context) func() {
	execution := engine.InStep(ctx).Execution
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held[execution] != 1 {
		p.Errorf("a step of %s runs on %d places", execution, p.held[execution])
	}
	p.working[execution]++
	p.busiest = max(p.busiest, len(p.working))
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.working[execution]--; p.working[execution] == 0 {
			delete(p.working, execution)
		}
	}
}

// holds compares who has a place.
func (p *places) holds(want ...string) {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	got := slices.Sorted(maps.Keys(p.held))
	if !slices.Equal(got, want) || p.taken() != len(want) {
		p.Errorf("places are held by %v, want %v", p.held, want)
	}
}

func (p *places) waiting() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.queue)
}

// placed is an engine with bounded places, in a bubble.
type placed struct {
	*testing.T
	places *places
	reg    *engine.Registry
	store  *enginetest.Memory
	engine *local.Engine
	yes    engine.Signal[int]
	second engine.Step[int, int] // takes a second
	block  chan struct{}         // lets the step "test/block" end
	parks  engine.Step[int, int] // parks, the first time
	later  engine.Step[int, int] // fails, the first time, for an hour
	stops  engine.Step[int, int] // "test/block"
}

// withPlaces runs a test of functions that only end when it says so.
func withPlaces(t *testing.T, most int, fns map[string]func(*placed, engine.Run) (int, error), test func(*placed)) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &placed{T: t, places: newPlaces(t, most), reg: engine.NewRegistry(), store: enginetest.NewMemory(), block: make(chan struct{})}
		t.Cleanup(func() { p.store.Close() })
		p.yes = engine.NewSignal[int](p.reg, "test/yes")
		p.second = p.step("test/second", func(ctx context.Context) error { time.Sleep(time.Second); return nil })
		p.stops = p.step("test/block", func(ctx context.Context) error {
			select {
			case <-p.block:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		p.parks = p.step("test/parks", p.failsOnce(failure.New(failure.Auth, "", "no token")))
		p.later = p.step("test/later", p.failsOnce(&failure.Error{Class: failure.Transient, Message: "down", RetryAfter: time.Hour}))
		for name, fn := range fns {
			engine.NewWorkflow(p.reg, "test/"+name, func(run engine.Run, _ int) (int, error) { return fn(p, run) })
		}
		p.engine = running(t, local.Options{Store: p.store, Registry: p.reg, Places: p.places})
		<-p.engine.Ready()
		test(p)
	})
}

// failsOnce fails the first time.
func (p *placed) failsOnce(err error) func(context.Context) error {
	var first atomic.Bool
	return func(context.Context) error {
		if first.CompareAndSwap(false, true) {
			return err
		}
		return nil
	}
}

func (p *placed) step(name string, do func(context.Context) error) engine.Step[int, int] {
	return engine.NewStep(p.reg, name, engine.StepOptions[int]{Timeout: time.Hour}, func(ctx context.Context, n int) (int, error) {
		defer p.places.works(ctx)()
		return n, do(ctx)
	})
}

// start starts an execution of a function of its name, on a place.
func (p *placed) start(id string) {
	p.Helper()
	p.places.take(id)
	name, _, _ := strings.Cut(id, "-")
	_, err := p.engine.Start(p.Context(), engine.Start{Workspace: "ws", Execution: id, Function: "test/" + name, Version: 1})
	if err != nil {
		p.Fatal(err)
	}
	synctest.Wait()
}

func (p *placed) signal(id string) {
	p.Helper()
	p.ok(p.engine.Signal(p.Context(), "ws", id, "test/yes", "", []byte("1"), eventstore.Meta{}))
	synctest.Wait()
}

func (p *placed) cancel(id string) {
	p.Helper()
	p.ok(p.engine.Cancel(p.Context(), "ws", id, eventstore.Meta{}))
	synctest.Wait()
}

func (p *placed) ok(_ int64, err error) {
	p.Helper()
	if err != nil {
		p.Fatal(err)
	}
}

// state returns the state of an execution, "" when it has ended.
func (p *placed) state(id string) workflow.ExecutionState {
	p.Helper()
	for _, o := range open(p, p.engine) {
		if o.Execution == id {
			return o.State
		}
	}
	return ""
}

func TestNeverMoreAtWorkThanPlaces(t *testing.T) {
	withPlaces(t, 3, map[string]func(*placed, engine.Run) (int, error){
		"many": func(p *placed, run engine.Run) (int, error) {
			for range 3 {
				if err := run.Sleep(time.Minute); err != nil {
					return 0, err
				}
				if _, err := engine.Map(run, 2, []int{0, 1, 2}, func(run engine.Run, i int) (int, error) { return p.second.Do(run, i) }); err != nil {
					return 0, err
				}
				if _, err := p.yes.Wait(run, 10*time.Minute); err != nil && !errors.Is(err, engine.ErrDeadline) {
					return 0, err
				}
			}
			return 0, nil
		},
	}, func(p *placed) {
		for i := range 20 {
			p.start(fmt.Sprintf("many-%d", i)) // sleeps at once
			p.places.holds()
		}
		time.Sleep(2 * time.Minute)
		for i := range 20 {
			p.signal(fmt.Sprintf("many-%d", i))
		}
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		if n := len(open(p, p.engine)); n != 0 {
			p.Errorf("%d have not ended", n)
		}
		p.places.holds()
		if p.places.peak != 3 || p.places.busiest != 3 {
			p.Errorf("at most %d places were held and %d executions at work, want 3", p.places.peak, p.places.busiest)
		}
	})
}

func TestWhatWaitsHoldsNoPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"sleeps": func(p *placed, run engine.Run) (int, error) { return 0, run.Sleep(time.Hour) },
		"waits":  func(p *placed, run engine.Run) (int, error) { return p.yes.Wait(run, engine.Forever) },
		"parks":  func(p *placed, run engine.Run) (int, error) { return p.parks.Do(run, 0) },
		"blocks": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.stops.Do(run, 0); err != nil {
				return 0, err
			}
			return p.second.Do(run, 0)
		},
		"retries": func(p *placed, run engine.Run) (int, error) { return p.later.Do(run, 0) },
		"panics":  func(p *placed, run engine.Run) (int, error) { panic("no luck") },
	}, func(p *placed) {
		for _, id := range []string{"sleeps", "waits", "parks", "retries", "panics"} {
			p.start(id)
			p.places.holds()
		}
		p.start("blocks")
		p.places.holds("blocks")
		p.ok(p.engine.Pause(p.Context(), "ws", "blocks", eventstore.Meta{}))
		p.places.holds("blocks") // its step may end
		close(p.block)
		synctest.Wait()
		p.places.holds()
		if s := p.state("blocks"); s != workflow.Paused {
			p.Errorf("it is %s", s)
		}
		p.ok(p.engine.Resume(p.Context(), "ws", "blocks", eventstore.Meta{}))
		synctest.Wait()
		p.places.holds("blocks")
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()
	})
}

func TestAWakeWaitsForAPlaceWithoutItsFunction(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"blocks": func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"sleeps": func(p *placed, run engine.Run) (int, error) {
			if err := run.Sleep(time.Minute); err != nil {
				return 0, err
			}
			return p.second.Do(run, 0)
		},
	}, func(p *placed) {
		for i := range 10 {
			p.start(fmt.Sprintf("sleeps-%d", i))
		}
		p.start("blocks")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		p.places.holds("blocks")
		if n := p.places.waiting(); n != 10 {
			p.Errorf("%d wait for a place", n)
		}
		if executions, machines := p.engine.InMemory(); executions != 11 || machines != 1 {
			p.Errorf("%d executions in memory, %d with their function", executions, machines)
		}
		close(p.block)
		time.Sleep(5 * time.Second) // one after the other, a second each
		synctest.Wait()
		if n := len(open(p, p.engine)); n < 4 || n > 6 {
			p.Errorf("%d are open", n)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()
		if p.places.busiest != 1 {
			p.Errorf("%d were at work", p.places.busiest)
		}
	})
}

// However an execution ends, its place is given back once.
func TestAnEndGivesThePlaceBackOnce(t *testing.T) {
	ends := map[string]func(*placed, engine.Run) (int, error){
		"completes": func(p *placed, run engine.Run) (int, error) { return p.second.Do(run, 0) },
		"immediate": func(p *placed, run engine.Run) (int, error) { return 0, nil },
		"fails":     func(p *placed, run engine.Run) (int, error) { return 0, errors.New("off") },
		"blocks":    func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"panics":    func(p *placed, run engine.Run) (int, error) { panic("no luck") },
		"continues": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.second.Do(run, 0); err != nil || run.Info().Generation == 3 {
				return 0, err
			}
			return 0, engine.ContinueAsNew(0)
		},
	}
	withPlaces(t, 2, ends, func(p *placed) {
		for id := range ends {
			p.start(id)
			if id == "blocks" || id == "panics" {
				p.cancel(id)
			}
			time.Sleep(time.Minute)
			synctest.Wait()
			p.places.holds()
		}
		p.start("blocks-drained") // its place is the process's, which ends
	})
}

func TestReleaseAndItsPlace(t *testing.T) {
	withPlaces(t, 2, map[string]func(*placed, engine.Run) (int, error){
		"held": func(p *placed, run engine.Run) (int, error) { return p.second.Do(run, 0) },
	}, func(p *placed) {
		hold := func(id string) {
			p.ok(p.engine.Start(p.Context(), engine.Start{Workspace: "ws", Execution: id, Function: "test/held", Version: 1, Hold: true}))
			p.places.holds()
		}
		hold("ex_1")
		p.places.take("ex_1")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_1", engine.Release{}))
		p.places.take("ex_1") // a second time: the place is one too many
		p.ok(p.engine.Release(p.Context(), "ws", "ex_1", engine.Release{}))
		p.places.holds("ex_1")
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds()

		hold("ex_2")
		p.places.take("ex_2")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{Refused: &engine.Error{Code: engine.CodeInvalidInput}}))
		synctest.Wait()
		p.places.holds()

		hold("ex_3")
		p.cancel("ex_3")
		p.places.take("ex_3")
		if _, err := p.engine.Release(p.Context(), "ws", "ex_3", engine.Release{}); !errors.Is(err, engine.ErrEnded) {
			p.Errorf("a release of one that has ended: %v", err)
		}
		p.places.holds("ex_3") // still the caller's
		p.places.Release("ws", "ex_3")
	})
}

// A caller whose Start or Release fails still has the place.
func TestAFailedStartLeavesThePlaceToItsCaller(t *testing.T) {
	withPlaces(t, 5, map[string]func(*placed, engine.Run) (int, error){
		"once": func(p *placed, run engine.Run) (int, error) { return p.yes.Wait(run, engine.Forever) },
	}, func(p *placed) {
		s := engine.Start{Workspace: "ws", Execution: "ex_1", Function: "test/once", Version: 1}
		p.places.take("ex_1")
		p.store.Fail(enginetest.ErrDisk)
		if _, err := p.engine.Start(p.Context(), s); !errors.Is(err, enginetest.ErrDisk) {
			p.Errorf("a start on a full disk: %v", err)
		}
		p.places.holds("ex_1")
		p.store.Fail(nil)
		p.ok(p.engine.Start(p.Context(), s))
		synctest.Wait()
		p.places.holds()
		p.places.take("ex_1")
		if _, err := p.engine.Start(p.Context(), s); !errors.Is(err, engine.ErrExists) {
			p.Errorf("a second start: %v", err)
		}
		p.places.holds("ex_1")
		p.places.Release("ws", "ex_1")

		s.Execution, s.Hold = "ex_2", true
		p.ok(p.engine.Start(p.Context(), s))
		p.places.take("ex_2")
		p.store.Fail(enginetest.ErrDisk)
		if _, err := p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{}); !errors.Is(err, enginetest.ErrDisk) {
			p.Errorf("a release on a full disk: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		p.places.holds("ex_2")
		p.store.Fail(nil)
		time.Sleep(time.Minute)
		p.places.holds("ex_2")
		p.ok(p.engine.Release(p.Context(), "ws", "ex_2", engine.Release{}))
		synctest.Wait()
		p.places.holds()
	})
}

func TestACancelReachesWhatWaitsForAPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){
		"blocks": func(p *placed, run engine.Run) (int, error) { return p.stops.Do(run, 0) },
		"waits": func(p *placed, run engine.Run) (int, error) {
			if _, err := p.yes.Wait(run, engine.Forever); err != nil {
				return 0, err
			}
			n, err := p.second.Do(run, 0)
			if !errors.Is(err, engine.ErrCancelled) {
				p.Errorf("the step that never began gave %v", err)
			}
			var e *engine.Error
			if errors.As(err, &e) && e.Unknown {
				p.Error("it may have happened, it says")
			}
			return n, err
		},
		"sleeps": func(p *placed, run engine.Run) (int, error) { return 0, run.Sleep(time.Minute) },
	}, func(p *placed) {
		p.start("waits")
		p.start("sleeps")
		p.start("blocks")
		p.signal("waits") // calls its step, which waits for a place
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if n := p.places.waiting(); n != 2 {
			p.Fatalf("%d wait for a place", n)
		}
		p.cancel("waits")
		p.cancel("sleeps")
		if n := len(open(p, p.engine)); n != 1 {
			p.Errorf("%d are open after the cancel", n)
		}
		close(p.block) // the places that were asked for come too late
		synctest.Wait()
		p.places.holds()
		if n := p.places.waiting(); n != 0 {
			p.Errorf("%d wait for a place", n)
		}
	})
}

func TestAChildAsksForItsPlace(t *testing.T) {
	withPlaces(t, 1, map[string]func(*placed, engine.Run) (int, error){}, func(p *placed) {
		child := engine.NewWorkflow(p.reg, "test/child", func(run engine.Run, n int) (int, error) {
			for range 2 {
				if _, err := p.second.Do(run, n); err != nil {
					return 0, err
				}
				if err := run.Sleep(time.Minute); err != nil {
					return 0, err
				}
			}
			return n, nil
		})
		engine.NewWorkflow(p.reg, "test/parent", func(run engine.Run, _ int) (int, error) {
			_, err := engine.Map(run, 0, []int{1, 2, 3}, func(run engine.Run, i int) (int, error) { return child.Do(run, fmt.Sprint("c", i), i) })
			return 0, err
		})
		p.start("parent")
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(open(p, p.engine)); n != 0 {
			p.Errorf("%d are open", n)
		}
		p.places.holds()
		firsts := 0
		for _, asked := range p.places.asked {
			if strings.HasSuffix(asked, ":") {
				firsts++
			}
		}
		if firsts != 3 || len(p.places.asked) < 6 {
			p.Errorf("asked: %v, want the first place of each child without a state", p.places.asked)
		}
		if p.places.busiest != 1 {
			p.Errorf("%d were at work", p.places.busiest)
		}
	})
}
