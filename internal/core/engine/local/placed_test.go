package local_test

import (
	"context"
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
