package enginetest

import (
	"context"
	"errors"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var stepCases = []Case{
	{Name: "step/IntentIsDurableBeforeTheEffect", Run: stepIntent},
	{Name: "step/CommittedResultIsNeverRunAgain", Run: stepNeverAgain},
	{Name: "step/InterruptedStepRunsAgainUnderItsKey", Run: stepInterrupted},
	{Name: "step/ReadOnlyRunsAgainAfterCrash", Run: stepReadOnlyCrash},
	{Name: "step/KeyIsExecutionGenerationPath", Run: stepKey},
	{Name: "step/BusinessKey", Run: stepBusinessKey},
	{Name: "step/TooLargeOutputIsFatalAndUnknown", Run: stepTooLarge},
	{Name: "step/TooLargeInputIsRefusedAndReplays", Run: stepTooLargeInput},
	{Name: "step/RecordCommitsWithTheResult", Run: stepRecord},
	{Name: "step/RecordOutsideOfAStep", Run: stepOutside},
}

func stepIntent(h *H) { // the intent of an effect precedes it

	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		info := engine.InStep(ctx)
		if p := h.last(info.Execution, engine.EventStepStarted); p.Path != info.Path {
			h.Errorf("step at %s runs, the last intent is at %s", info.Path, p.Path)
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for range n {
			if _, err := step.Do(run, n); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 4), workflow.Completed)
}

func stepNeverAgain(h *H) { // I2

	a, b := h.noting("a"), h.noting("b")
	g := newGate()
	wait := h.step("test/wait", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) { return n, g.wait(ctx) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for _, s := range []engine.Step[int, int]{a, wait, b} {
			if _, err := s.Do(run, n); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepStarted, 2)
	h.restart()
	g.release()
	h.end(id, workflow.Completed)
	h.wantNoted("a1 b1")
}

func stepInterrupted(h *H) { // I3

	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		info := engine.InStep(ctx)
		h.note("%s#%d", info.Key, info.Attempt)
		return n, g.wait(ctx)
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() != "" })
	h.kill()
	g.release()
	h.boot()
	h.end(id, workflow.Completed)
	h.wantNoted("ex_1/1/1#1 ex_1/1/1#2")
	if n := h.count(id, engine.EventStepStarted); n != 1 {
		h.Errorf("%d intents, want 1", n)
	}
}

func stepReadOnlyCrash(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{ReadOnly: true}, func(ctx context.Context, n int) (int, error) {
		h.note("read")
		return n, g.wait(ctx)
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() != "" })
	h.kill()
	g.release()
	h.boot()
	h.end(id, workflow.Completed)
	h.wantNoted("read read")
}

func stepKey(h *H) {
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("%s", engine.InStep(ctx).Key)
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err != nil {
			return 0, err
		}
		_, err := engine.Map(run, 1, []int{5, 6}, func(run engine.Run, i int) (int, error) {
			if _, err := step.Do(run, i); err != nil {
				return 0, err
			}
			return step.Do(run, i)
		})
		return n, err
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	h.wantNoted("ex_1/1/1 ex_1/1/2.0.1 ex_1/1/2.0.2 ex_1/1/2.1.1 ex_1/1/2.1.2")
}

func stepBusinessKey(h *H) {
	step := h.step("test/a", engine.StepOptions[int]{Key: func(n int) string { return "order-" + string(rune('0'+n)) }}, func(ctx context.Context, n int) (int, error) {
		h.note("%s", engine.InStep(ctx).Key)
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	h.end(h.start(fn, 7), workflow.Completed)
	h.wantNoted("order-7")
}

func stepTooLarge(h *H) {
	step := engine.NewStep(h.reg, "test/big", engine.StepOptions[int]{}, func(context.Context, int) (string, error) {
		h.note("did")
		return strings.Repeat("x", engine.MaxValueBytes), nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := step.Do(run, n)
		var e *engine.Error
		if !errors.As(err, &e) || e.Class != failure.Fatal || e.Code != engine.CodeTooLarge || !e.Unknown || e.Step != "test/big" {
			h.Errorf("error %+v", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	h.wantNoted("did")
}

func stepTooLargeInput(h *H) {
	step := engine.NewStep(h.reg, "test/big", engine.StepOptions[string]{}, func(context.Context, string) (int, error) {
		h.note("did")
		return 0, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, strings.Repeat("x", engine.MaxValueBytes)); !errors.Is(err, &engine.Error{Code: engine.CodeTooLarge}) {
			h.Errorf("error %v", err)
		}
		return n, run.Sleep(h.d(1))
	})
	h.boot()
	id := h.start(fn, 1)
	h.restart()
	h.end(id, workflow.Completed)
	h.wantNoted("")
}

func stepRecord(h *H) {
	tries := 0
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if err := engine.Record(ctx, engine.Event{Type: "test.counted", Schema: 2, Data: map[string]int{"try": tries}}); err != nil {
			return 0, err
		}
		if tries++; tries == 1 {
			return 0, failure.New(failure.Transient, "", "again")
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	if n := h.count(id, "test.counted"); n != 1 {
		h.Fatalf("%d domain events, want that of the attempt that succeeded", n)
	}
	events := h.b.Events(h.T, workspace, id)
	for i, e := range events {
		if e.Type == "test.counted" && (e.Schema != 2 || string(e.Data) != `{"try":1}` || events[i+1].Type != engine.EventStepCompleted) {
			h.Errorf("domain event %+v, then %s", e, events[i+1].Type)
		}
	}
}

func stepOutside(h *H) {
	ctx := context.Background()
	if err := engine.Record(ctx, engine.Event{Type: "test.none"}); !errors.Is(err, engine.ErrNotInStep) {
		h.Errorf("Record: %v", err)
	}
	rows := engine.NewWrite(h.reg, "test/rows", func(context.Context, db.Tx, engine.WriteInfo, int) error { return nil })
	if err := rows.Attach(ctx, 1); !errors.Is(err, engine.ErrNotInStep) {
		h.Errorf("Attach: %v", err)
	}
	if info := engine.InStep(ctx); info != (engine.StepInfo{}) {
		h.Errorf("InStep: %+v", info)
	}
}
