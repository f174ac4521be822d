package orchestrator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// onePlace makes the process work on one execution at a time.
func onePlace(b *bench) { b.limits.MaxConcurrent = 1 }

// rest brings an execution of a workflow to rest: it has begun and has nothing to
// do.
type rest struct {
	input string
	bring func(b *bench, x workflow.ExecutionID)
	wake  func(b *bench, x workflow.ExecutionID)
}

func (b *bench) resume(x workflow.ExecutionID) {
	b.t.Helper()
	_, err := b.ResumeExecution(b.t.Context(), admin, x)
	b.must(err)
}

// rests are the ways to wait.
var rests = map[string]rest{
	"sleeping": {input: `{"keep":true,"sleep":"30ms"}`},
	"waiting": {
		input: `{"keep":true,"wait":true}`,
		bring: func(b *bench, x workflow.ExecutionID) { b.until(x, engine.EventWaiting) },
		wake: func(b *bench, x workflow.ExecutionID) {
			_, err := b.engine.Signal(b.t.Context(), string(admin.Workspace), string(x), "fake/go", "1", json.RawMessage(`1`), eventstore.Meta{})
			b.must(err)
		},
	},
	"paused": {
		input: `{"keep":true,"gate":true}`,
		bring: func(b *bench, x workflow.ExecutionID) {
			<-b.kind.entered
			_, err := b.PauseExecution(b.t.Context(), admin, x)
			b.must(err)
			b.kind.gate <- struct{}{}
		},
		wake: (*bench).resume,
	},
	"parked": {
		input: `{"keep":true,"reauth":true}`,
		bring: func(b *bench, x workflow.ExecutionID) { b.until(x, engine.EventParked) },
		wake:  func(b *bench, x workflow.ExecutionID) { close(b.kind.allowed); b.resume(x) },
	},
}

// Whoever waits holds no place, and keeps the lane of its workflow unless the kind
// frees it.
func TestWaitingHoldsNoPlace(t *testing.T) {
	t.Parallel()
	for name, r := range rests {
		for _, frees := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, lane freed %v", name, frees), func(t *testing.T) {
				t.Parallel()
				b := open(t, oneLane, onePlace, func(b *bench) { b.kind.freesLane = frees })
				d, other := b.create(`{}`), b.create(`{}`)
				x := b.execute(d.ID, r.input)
				if r.bring != nil {
					r.bring(b, x.ID)
				}
				b.ends(b.execute(other.ID, `{}`).ID, workflow.Completed) // on the only place
				next := b.execute(d.ID, `{}`)
				if frees {
					b.ends(next.ID, workflow.Completed)
				} else if r.wake != nil && b.shown(next.ID).State != workflow.Pending {
					t.Error("the lane is free")
				}
				if r.wake != nil {
					r.wake(b, x.ID)
				}
				b.ends(x.ID, workflow.Completed)
				b.ends(next.ID, workflow.Completed)
				b.untilUsage(0, 0, 0)
				b.archive(d.ID)
			})
		}
	}
}

// One whose lane was freed goes on only when it has the lane again.
func TestAFreedLaneIsTakenAgain(t *testing.T) {
	t.Parallel()
	b := open(t, oneLane, func(b *bench) { b.kind.freesLane = true })
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"keep":true,"wait":true}`)
	b.until(x.ID, engine.EventWaiting)
	next := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	behind := b.execute(d.ID, `{"gate":true}`)
	rests["waiting"].wake(b, x.ID)
	b.untilUsage(1, 1, 1)
	wants(t, b.Archive(t.Context(), admin, d.ID), workflow.CategoryConflict, "executions_open")
	b.restart()
	if got := <-b.kind.entered; got != string(next.ID) { // it was at work, and so takes the lane again
		t.Fatalf("%s goes on, want %s", got, next.ID)
	}
	b.letThrough(1)
	b.ends(x.ID, workflow.Completed)
	b.ends(next.ID, workflow.Completed)
	if got := <-b.kind.entered; got != string(behind.ID) {
		t.Errorf("%s comes last, want %s", got, behind.ID)
	}
	b.letThrough(1)
	b.ends(behind.ID, workflow.Completed)
	b.untilUsage(0, 0, 0)
}

// Ten thousand pending executions cost rows and little memory, and run in order.
// The test is alone in its process: it looks at the heap.
func TestTenThousandPending(t *testing.T) { //nolint:paralleltest // it measures
	const many = 10_000
	b := open(t, oneLane)
	d := b.create(`{}`)
	first := b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	before := heap()
	ids := make([]workflow.ExecutionID, many)
	var starters sync.WaitGroup
	for part := range 50 {
		starters.Go(func() {
			for i := part; i < many; i += 50 {
				started, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID})
				b.check(err)
				ids[i] = started.Execution.ID
			}
		})
	}
	starters.Wait()
	b.must(b.CaughtUp(t.Context()))
	if each := (heap() - before) / many; each > 1500 {
		t.Errorf("a pending execution costs %d bytes", each)
	}
	if n := runtime.NumGoroutine(); n > 100 {
		t.Errorf("%d goroutines", n)
	}
	slices.Sort(ids)
	b.letThrough(1)
	b.ends(first.ID, workflow.Completed)
	b.ends(ids[many-1], workflow.Completed)
	b.untilUsage(0, 0, 0)
	if got := b.startedInOrder(); !slices.Equal(got[1:], ids) {
		t.Errorf("%d executions ran, not in the order of their starts", len(got))
	}
}

// heap is the memory in use.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// startedInOrder lists the executions in the order in which they began.
func (b *bench) startedInOrder() []workflow.ExecutionID {
	b.t.Helper()
	var out []workflow.ExecutionID
	for after := int64(0); ; {
		events, err := b.store.ReadAll(b.t.Context(), after, 1000, eventstore.Filter{StreamType: engine.StreamType})
		b.must(err)
		if len(events) == 0 {
			return out
		}
		for _, e := range events {
			after = e.Position
			if e.Type == engine.EventStarted {
				out = append(out, workflow.ExecutionID(e.Stream.ID))
			}
		}
	}
}

// A restart in the middle of everything: counts are right, nothing is started
// twice, and the order is kept.
func TestARestartInTheMiddle(t *testing.T) {
	t.Parallel()
	onBothWith(t, func(b *bench) { oneLane(b); b.limits.MaxConcurrent = 3 }, func(t *testing.T, b *bench) {
		ctx := t.Context()
		var open []workflow.Execution
		definitions := map[string]workflow.ID{}
		for _, name := range []string{"waiting", "paused", "parked"} {
			definitions[name] = b.create(`{}`).ID
			x := b.execute(definitions[name], rests[name].input)
			rests[name].bring(b, x.ID)
			open = append(open, x)
		}
		busy := b.create(`{}`).ID
		atGate := b.execute(busy, `{"gate":true}`)
		<-b.kind.entered
		var queue []workflow.ExecutionID
		for i := range 100 { // more than are held in memory
			x := b.executeAs(orchestrator.ExecuteRequest{Workflow: busy, Priority: i % 3, Input: json.RawMessage(`{"steps":1}`)})
			queue = append(queue, x.ID)
		}
		behind := map[string]workflow.ExecutionID{}
		for name, id := range definitions {
			behind[name] = b.execute(id, `{"steps":1}`).ID
		}
		gone := b.execute(busy, `{"steps":1}`).ID
		_, err := b.CancelExecution(ctx, admin, gone)
		b.must(err)
		b.kind.done()
		for range 2 {
			b.restart()
			if got := <-b.kind.entered; got != string(atGate.ID) {
				t.Fatalf("%s is at the gate", got)
			}
			b.untilUsage(1, 0, len(queue)+len(behind))
			for name, id := range definitions {
				if n := orchestrator.Places(b.Service, admin.Workspace, id); n != 2 {
					t.Errorf("the workflow of the %s one has %d open", name, n)
				}
				if x := b.shown(behind[name]); x.State != workflow.Pending {
					t.Errorf("the one behind the %s one is %s", name, x.State)
				}
			}
		}
		b.letThrough(1)
		for _, id := range queue {
			b.ends(id, workflow.Completed)
		}
		started := b.startedInOrder()
		started = started[slices.Index(started, atGate.ID)+1:]
		if got, want := order(started, queue), byPriority(queue); !slices.Equal(got, want) {
			t.Errorf("the order is %v, want %v", got, want)
		}
		for name := range definitions {
			rests[name].wake(b, open[slices.Index([]string{"waiting", "paused", "parked"}, name)].ID)
			b.ends(behind[name], workflow.Completed)
		}
		for _, x := range open {
			b.ends(x.ID, workflow.Completed)
		}
		b.untilUsage(0, 0, 0)
		effects := b.kind.done()
		slices.Sort(effects)
		if n := len(slices.Compact(slices.Clone(effects))); n != len(effects) || n != len(queue)+len(behind) {
			t.Errorf("%d effects, %d of them once", len(effects), n)
		}
		all := b.startedInOrder()
		slices.Sort(all)
		if n := len(slices.Compact(slices.Clone(all))); n != len(all) || slices.Contains(all, gone) {
			t.Errorf("%d starts of %d executions", len(all), n)
		}
	})
}

// order returns the indexes in queue of those of a list that are in it.
func order(list, queue []workflow.ExecutionID) []int {
	var out []int
	for _, id := range list {
		if i := slices.Index(queue, id); i >= 0 {
			out = append(out, i)
		}
	}
	return out
}

// byPriority returns the indexes of a queue whose i-th has the priority i % 3.
func byPriority(queue []workflow.ExecutionID) []int {
	var out []int
	for priority := 2; priority >= 0; priority-- {
		for i := range queue {
			if i%3 == priority {
				out = append(out, i)
			}
		}
	}
	return out
}

// What has ended before a restart, a moment ago or long ago, does not count as
// freeing a lane.
func TestARestartCountsWhatIsOpen(t *testing.T) {
	t.Parallel()
	onBothWith(t, oneLane, func(t *testing.T, b *bench) {
		d := b.create(`{}`)
		for range 30 {
			b.ends(b.execute(d.ID, `{}`).ID, workflow.Completed)
		}
		for range 5 {
			b.restart()
			running := b.execute(d.ID, `{"gate":true}`)
			<-b.kind.entered
			if waiting := b.execute(d.ID, `{}`); waiting.State != workflow.Pending {
				t.Fatalf("a second one is %s in a lane of one", waiting.State)
			} else {
				b.letThrough(1)
				b.ends(running.ID, workflow.Completed)
				b.ends(waiting.ID, workflow.Completed)
			}
			b.untilUsage(0, 0, 0)
		}
		b.archive(d.ID)
	})
}

// A pending execution that is paused takes its turn and stands still at its
// beginning; so it does after a restart.
func TestAPausedPendingExecution(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restarted %v", restart), func(t *testing.T) {
			t.Parallel()
			b := open(t, oneLane)
			ctx := t.Context()
			d := b.create(`{}`)
			first, rest := b.queued(d.ID, orchestrator.ExecuteRequest{}, orchestrator.ExecuteRequest{})
			paused, err := b.PauseExecution(ctx, admin, rest[0].ID)
			b.must(err)
			if paused.State != workflow.Paused {
				t.Errorf("paused it is %s", paused.State)
			}
			if restart {
				b.restart()
				<-b.kind.entered
			}
			b.untilUsage(1, 0, 2)
			b.letThrough(1)
			b.ends(first.ID, workflow.Completed)
			b.until(rest[0].ID, engine.EventStarted)
			if got := b.shown(rest[0].ID); got.State != workflow.Paused || b.shown(rest[1].ID).State != workflow.Pending {
				t.Errorf("its turn has come, and it is %s", got.State)
			}
			b.resume(rest[0].ID)
			b.ends(rest[0].ID, workflow.Completed)
			b.ends(rest[1].ID, workflow.Completed)
			b.untilUsage(0, 0, 0)
			b.archive(d.ID)
		})
	}
}

// A pause of the workflow keeps everything that is pending from beginning, also
// what was about to.
func TestAPauseIsNotOvertaken(t *testing.T) {
	t.Parallel()
	b := open(t, func(b *bench) { b.kind.concurrency = 10; b.limits.MaxConcurrent = 10 })
	ctx := t.Context()
	d := b.create(`{}`)
	for range 10 {
		b.execute(d.ID, `{"gate":true}`)
		<-b.kind.entered
	}
	for range 100 {
		b.execute(d.ID, `{"steps":1}`)
	}
	b.letThrough(10)
	_, err := b.PauseWorkflow(ctx, admin, d.ID)
	b.must(err)
	for atWork := 1; atWork > 0; atWork, _, _ = orchestrator.Usage(b.Service) {
		runtime.Gosched()
	}
	running, err := b.Executions(ctx, admin, query.ExecutionsRequest{Workflow: d.ID, State: workflow.Running})
	b.must(err)
	if len(running.Items) != 0 {
		t.Errorf("%d run in a paused workflow", len(running.Items))
	}
	n := len(b.startedInOrder())
	b.restart()
	other := b.create(`{}`)
	for range 10 {
		b.execute(other.ID, `{"gate":true}`)
		<-b.kind.entered
	}
	last := b.execute(other.ID, `{}`) // the paused ones are before it in line
	b.letThrough(10)
	b.ends(last.ID, workflow.Completed)
	if again := len(b.startedInOrder()); again != n+11 {
		t.Errorf("a restart has started %d in a paused workflow", again-n-11)
	}
	_, err = b.ResumeWorkflow(ctx, admin, d.ID)
	b.must(err)
	b.untilUsage(0, 0, 0)
	b.archive(d.ID)
}

// What a build cannot run waits for one that can: without a retry every second,
// and no one has to start it again.
func TestPendingExecutionsOfAnUnknownKindWait(t *testing.T) {
	t.Parallel()
	b := open(t, onePlace, func(b *bench) { b.log = &logBuffer{} })
	running := b.execute(b.create(`{}`).ID, `{"gate":true}`)
	<-b.kind.entered
	waiting := b.execute(b.create(`{}`).ID, `{"steps":1}`)
	b.noKinds = true
	b.restart()
	held := "wait for a build that knows their type"
	for !strings.Contains(b.log.String(), held) {
		runtime.Gosched()
	}
	if got := b.shown(waiting.ID); got.State != workflow.Pending {
		t.Errorf("it is %s", got.State)
	}
	if log := b.log.String(); strings.Count(log, held) != 1 || strings.Contains(log, "could not be released") {
		t.Errorf("the log says:\n%s", log)
	}
	b.noKinds = false
	b.restart()
	close(b.kind.gate)
	b.ends(running.ID, workflow.Completed)
	b.ends(waiting.ID, workflow.Completed)
}

// unreadable is an engine whose pending executions cannot be read so many times.
type unreadable struct {
	engine.Engine
	times atomic.Int32
}

func (u *unreadable) Pending(ctx context.Context, workspace, definition string, limit int) ([]engine.OpenExecution, error) {
	if u.times.Add(-1) >= 0 {
		return nil, errors.New("the disk is gone")
	}
	return u.Engine.Pending(ctx, workspace, definition, limit)
}

// A read that fails says nothing of who waits.
func TestPendingExecutionsThatCannotBeReadAreReadAgain(t *testing.T) {
	t.Parallel()
	u := &unreadable{}
	b := open(t, oneLane, func(b *bench) {
		b.log = &logBuffer{}
		b.around = func(e engine.Engine) engine.Engine { u.Engine = e; return u }
	})
	first, rest := b.queued(b.create(`{}`).ID, orchestrator.ExecuteRequest{Input: []byte(`{}`)}, orchestrator.ExecuteRequest{Input: []byte(`{}`)})
	u.times.Store(1)
	b.restart()
	close(b.kind.gate)
	b.ends(first.ID, workflow.Completed)
	for _, x := range rest {
		b.ends(x.ID, workflow.Completed)
	}
	if !strings.Contains(b.log.String(), "pending executions could not be read and are read again") {
		t.Error("the log does not say that they could not be read")
	}
	b.untilUsage(0, 0, 0)
}
