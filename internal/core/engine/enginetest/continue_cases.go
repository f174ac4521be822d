package enginetest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var continueCases = []Case{
	{Name: "continue/Generations", Run: continueGenerations},
	{Name: "continue/KeysHaveTheGeneration", Run: continueKeys},
	{Name: "continue/UnreadSignalsGoAlong", Run: continueSignals},
	{Name: "continue/SeenSignalsAreKnown", Run: continueSeen},
	{Name: "continue/NoSignalIsLost", Run: continueRace},
	{Name: "continue/ACancelGoesAlong", Run: continueCancelled},
	{Name: "continue/KilledInBetween", Atomic: true, Run: continueKilled},
	{Name: "continue/SignalledInBetween", Atomic: true, Run: continueSignalled},
	{Name: "continue/PausedInBetween", Atomic: true, Run: continuePaused},
	{Name: "continue/StoppedInBetween", Run: continueStopped},
	{Name: "continue/AnAnswerForAnOldGenerationIsRefused", Run: continueAnswer},
	{Name: "continue/RefusedInsideASaga", Run: continueSaga},
	{Name: "continue/ATooLargeInputFails", Run: continueTooLarge},
	{Name: "continue/AWrappedOneIsAFailure", Run: continueWrapped},
	{Name: "continue/HistoryIsLongAtTheSameCall", Run: continueLong},
	{Name: "continue/DomainEventsMakeHistoryLong", Run: continueEvents},
}

// counting registers a workflow that runs the step with its input and continues
// with one less, down to zero.
func (h *H) counting(step engine.Step[int, int]) string {
	return h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err != nil {
			return 0, err
		}
		if n > 0 {
			return 0, engine.ContinueAsNew(n - 1)
		}
		return run.Info().Generation, nil
	})
}

func continueGenerations(h *H) {
	fn := h.counting(h.noting("a"))
	h.boot()
	id := h.start(fn, 2)
	h.wantOutput(id, 3)
	h.wantNoted("a2 a1 a0")
	if got, want := h.types(id), "created"+strings.Repeat(" started step_started step_completed continued", 2)+" started step_started step_completed completed"; got != want {
		h.Errorf("events: %s\nwant:   %s", got, want)
	}
	for _, of := range []string{engine.EventStarted, engine.EventStepStarted, engine.EventStepCompleted} {
		for i, p := range h.all(id, of) {
			if max(p.Generation, 1) != i+1 || p.Path != "" && p.Path != "1" {
				h.Errorf("%s %d: %+v", of, i+1, p)
			}
		}
	}
	for i, p := range h.all(id, engine.EventContinued) {
		if p.Generation != i+2 {
			h.Errorf("continued %d: %+v", i+1, p)
		}
	}
	if p := h.all(id, engine.EventStarted)[2]; p.Version != 3 {
		h.Errorf("the last generation began with version %d", p.Version)
	}
}

func continueKeys(h *H) {
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		info := engine.InStep(ctx)
		h.note("%s@%d", info.Key, info.Generation)
		return n, nil
	})
	draws := map[string]bool{}
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		draws[run.UUID()] = true
		if _, err := step.Do(run, n); err != nil || n == 0 {
			return n, err
		}
		return 0, engine.ContinueAsNew(n - 1)
	})
	h.boot()
	h.wantOutput(h.start(fn, 1), 0)
	h.wantNoted("ex_1/1/1@1 ex_1/2/1@2")
	if len(draws) != 2 {
		h.Errorf("two generations drew %v", draws)
	}
}

// collecting registers a workflow that takes one signal in each generation, and
// adds it to its input in base 10, until it has two digits.
func (h *H) collecting(pause int) string {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	return h.workflow(func(run engine.Run, n int) (int, error) {
		if err := run.Sleep(h.d(pause)); err != nil {
			return 0, err
		}
		got, err := approve.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		if n = n*10 + got; n < 10 {
			return 0, engine.ContinueAsNew(n)
		}
		return n, nil
	})
}

func continueSignals(h *H) {
	fn := h.collecting(5)
	h.boot()
	id := h.start(fn, 0)
	h.send(id, "test/approve", "s1", 1)
	h.send(id, "test/approve", "s2", 2)
	h.has(id, engine.EventContinued, 1)
	h.restart()
	h.wantOutput(id, 12)
}

func continueSeen(h *H) {
	fn := h.collecting(0)
	h.boot()
	id := h.start(fn, 0)
	h.send(id, "test/approve", "s1", 1)
	h.has(id, engine.EventContinued, 1)
	h.send(id, "test/approve", "s1", 1)
	h.restart()
	h.send(id, "test/approve", "s1", 1)
	h.send(id, "test/approve", "s2", 2)
	h.wantOutput(id, 12)
}

func continueRace(h *H) {
	approve := engine.NewSignal[int](h.reg, "test/approve")
	type sum struct{ N, Took int }
	fn := engine.NewWorkflow(h.reg, "test/main", func(run engine.Run, in sum) (int, error) {
		got, err := approve.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		if in = (sum{in.N + got, in.Took + 1}); in.Took < 20 {
			return 0, engine.ContinueAsNew(in)
		}
		return in.N, nil
	}).Name()
	h.boot()
	id := h.start(fn, sum{})
	for i := range 20 { // one is sent while the one before makes it continue
		h.send(id, "test/approve", fmt.Sprint(i), 1<<i)
	}
	h.wantOutput(id, 1<<20-1)
}

func continueCancelled(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("a%d", n)
		return n, g.wait(context.WithoutCancel(ctx))
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err != nil {
			return 0, err
		}
		return 0, engine.ContinueAsNew(n + 1) // it does not look whether it was cancelled
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a1" })
	h.cancel(id)
	g.release()
	h.end(id, workflow.Cancelled)
	h.wantNoted("a1")
	if n := h.count(id, engine.EventContinued); n != 1 {
		h.Errorf("it continued %d times", n)
	}
}

func continueKilled(h *H) {
	fn := h.counting(h.noting("a"))
	h.boot()
	id := h.nextID()
	h.dying(false, engine.EventContinued, h.startAnyway(id, fn, 1))
	h.wantOutput(id, 2)
	h.wantNoted("a1 a0")
}

// between brings an execution there: it has continued and not begun again, and a
// process that does not come to let it begin takes what do brings.
func (h *H) between(id string, start func(), do func()) {
	h.Helper()
	h.dying(false, engine.EventContinued, start)
	do()
	h.restart()
}

func continueSignalled(h *H) {
	fn := h.collecting(0)
	h.boot()
	id := h.start(fn, 0)
	e := h.process.Engine
	send := func() {
		_, _ = e.Signal(context.WithoutCancel(h.Context()), workspace, id, "test/approve", "s1", []byte("1"), eventstore.Meta{})
	}
	h.between(id, send, func() { h.send(id, "test/approve", "s2", 2) })
	h.wantOutput(id, 12)
}

func continuePaused(h *H) {
	fn := h.counting(h.noting("a"))
	h.boot()
	id := h.nextID()
	h.between(id, h.startAnyway(id, fn, 1), func() {
		_, _ = h.process.Engine.Pause(h.Context(), workspace, id, eventstore.Meta{}) // it may have ended
	})
	if h.stateOf(id) == workflow.Paused {
		h.resume(id)
	}
	h.wantOutput(id, 2)
}

// continueStopped: a result that came while the process was stopping is what lets
// the function continue, once the next process has taken it over.
func continueStopped(h *H) {
	h.patience = time.Minute
	g := newGate()
	fn := h.counting(h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("a%d", n)
		return n, g.wait(ctx)
	}))
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a1" })
	stopped := h.stopping()
	g.release()
	<-stopped
	h.boot()
	h.wantOutput(id, 2)
	h.wantNoted("a1 a0")
}

func continueAnswer(h *H) {
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(_ context.Context, n int) (int, error) {
		return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
	})
	fn := h.counting(pay)
	h.boot()
	id := h.start(fn, 1)
	h.answer(id, engine.Answer{Generation: 1, Verdict: engine.Done, Result: []byte("1")})
	h.has(id, engine.EventParked, 2)
	if p := h.last(id, engine.EventParked); p.Generation != 2 || p.Path != "1" {
		h.Errorf("parked: %+v", p)
	}
	_, err := h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Generation: 1, Path: "1", Verdict: engine.NotDone}, eventstore.Meta{})
	h.refused(0, err, engine.ErrNotWaiting)
	h.answer(id, engine.Answer{Generation: 2, Verdict: engine.Done, Result: []byte("1")})
	h.wantOutput(id, 2)
}

func continueSaga(h *H) {
	book := h.booking(never, never)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, n); err != nil {
				return 0, err
			}
			return 0, engine.ContinueAsNew(n) //enginelint:ignore the engine must find it as well
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 undo1")
	if e := h.last(id, engine.EventFailed).Error; e.Code != engine.CodeOpenSaga {
		h.Errorf("ended with %+v", e)
	}
}

func continueTooLarge(h *H) {
	fn := engine.NewWorkflow(h.reg, "test/main", func(run engine.Run, in string) (int, error) {
		switch len(in) {
		case 0:
			return 0, engine.ContinueAsNew(strings.Repeat("x", engine.MaxInputBytes)) // more than a start may have
		case engine.MaxInputBytes:
			return 0, engine.ContinueAsNew(strings.Repeat("x", engine.MaxValueBytes))
		}
		return len(in), nil
	}).Name()
	h.boot()
	id := h.start(fn, "")
	h.end(id, workflow.Failed)
	if e := h.last(id, engine.EventFailed).Error; e.Code != engine.CodeTooLarge {
		h.Errorf("ended with %+v", e)
	}
	if n := h.count(id, engine.EventContinued); n != 1 {
		h.Errorf("it continued %d times", n)
	}
}

func continueWrapped(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return 0, fmt.Errorf("next: %w", engine.ContinueAsNew(n))
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	if n := h.count(id, engine.EventContinued); n != 0 {
		h.Errorf("it continued %d times", n)
	}
}

func continueLong(h *H) {
	step := h.step("test/a", engine.StepOptions[int]{}, func(_ context.Context, n int) (int, error) { return n, nil })
	var long []int // rounds until the history was long
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		rounds := 0
		for ; !run.HistoryLong(); rounds++ {
			if _, err := engine.Map(run, 0, make([]int, 300), func(run engine.Run, i int) (int, error) { return step.Do(run, i) }); err != nil {
				return 0, err
			}
		}
		long = append(long, rounds)
		if err := run.Sleep(h.d(20)); err != nil {
			return 0, err
		}
		if n > 0 {
			return 0, engine.ContinueAsNew(n - 1)
		}
		return rounds, nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the history is long", func() bool { return h.count(id, engine.EventStepCompleted) >= engine.LongHistory/2 })
	h.restart()
	h.end(id, workflow.Completed)
	for _, rounds := range long { // a step with effects has two records
		if rounds != long[0] || rounds != 1+(engine.LongHistory-1)/600 {
			h.Errorf("the history was long after %v rounds", long)
		}
	}
	if len(long) < 3 {
		h.Errorf("nothing was replayed: %v", long)
	}
}

// continueEvents: what steps record is part of the history, also when it is
// replayed.
func continueEvents(h *H) {
	const events = 7
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		for range events {
			if err := engine.Record(ctx, engine.Event{Type: "test.counted", Data: n}); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		rounds := 0
		for ; !run.HistoryLong(); rounds++ {
			if _, err := engine.Map(run, 0, make([]int, 100), func(run engine.Run, i int) (int, error) { return step.Do(run, i) }); err != nil {
				return 0, err
			}
		}
		return rounds, run.Sleep(h.d(20))
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the history is long", func() bool { return h.count(id, "test.counted") >= engine.LongHistory*events/(events+2) })
	h.restart()
	h.wantOutput(id, 1+(engine.LongHistory-1)/(100*(events+2)))
}
