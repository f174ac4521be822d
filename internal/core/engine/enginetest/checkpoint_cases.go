package enginetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var checkpointCases = []Case{
	{Name: "checkpoint/NextAttemptSeesIt", Run: checkpointRetry},
	{Name: "checkpoint/SurvivesAKill", Atomic: true, Run: checkpointKill},
	{Name: "checkpoint/AtMostOneASecond", Days: true, Atomic: true, Run: checkpointOften},
	{Name: "checkpoint/ResetsTheCountOfInterruptions", Atomic: true, Run: checkpointResets},
	{Name: "checkpoint/ReturnsWhyToStop", Run: checkpointCause},
	{Name: "checkpoint/FromManyGoroutines", Run: checkpointConcurrent},
	{Name: "checkpoint/OutsideOfAStep", Run: checkpointOutside},
}

// segment is how far a step has come.
type segment struct{ Row int }

func checkpointRetry(h *H) {
	step := h.step("test/load", engine.StepOptions[int]{Retry: quick(3)}, func(ctx context.Context, n int) (int, error) {
		at := segment{}
		found := engine.LoadCheckpoint(ctx, &at)
		h.note("%t%d", found, at.Row)
		if found {
			return at.Row, nil
		}
		if err := engine.SaveCheckpoint(ctx, segment{7}); err != nil {
			return 0, err
		}
		if !engine.LoadCheckpoint(ctx, &at) || at.Row != 7 {
			h.Errorf("in the same attempt: %+v", at)
		}
		return 0, failure.New(failure.Transient, "cut", "cut")
	})
	other := h.step("test/other", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if engine.LoadCheckpoint(ctx, &segment{}) {
			h.Error("another step's checkpoint was loaded")
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		got, err := step.Do(run, n)
		if err != nil {
			return 0, err
		}
		_, err = other.Do(run, n)
		return got, err
	})
	h.boot()
	h.wantOutput(h.start(fn, 1), 7)
	h.wantNoted("false0 true7")
}

// saving registers a step that goes on from its checkpoint, saves the next one
// and then waits at the gate.
func (h *H) saving(g *gate) string {
	step := h.step("test/load", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		at := segment{}
		engine.LoadCheckpoint(ctx, &at)
		at.Row++
		if err := engine.SaveCheckpoint(ctx, at); err != nil {
			return 0, err
		}
		h.note("row%d", at.Row)
		return at.Row, g.wait(ctx)
	})
	return h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
}

func checkpointKill(h *H) {
	g := newGate()
	fn := h.saving(g)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step has saved", func() bool { return h.noted() == "row1" })
	h.resume(id) // answered when what was saved is durable
	h.kill()
	g.release()
	h.boot()
	h.wantOutput(id, 2)
	h.wantNoted("row1 row2")
}

func checkpointOften(h *H) {
	step := h.step("test/load", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		at := segment{}
		if engine.LoadCheckpoint(ctx, &at) {
			return at.Row, nil
		}
		h.note("saved")
		for row := range 5 { // all in the same moment: the first is written
			if err := engine.SaveCheckpoint(ctx, segment{row + 1}); err != nil {
				return 0, err
			}
		}
		<-ctx.Done()
		return 0, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("the step has saved", func() bool { return h.noted() == "saved" })
	h.resume(id) // answered when what was saved is durable
	h.restart()
	h.wantOutput(id, 1)
}

func checkpointResets(h *H) {
	g := newGate()
	fn := h.saving(g)
	h.boot()
	id := h.start(fn, 1)
	want := ""
	for i := range 12 { // more than MaxInterruptions
		want += fmt.Sprintf(" row%d", i+1)
		h.until("the step has saved", func() bool { return " "+h.noted() == want })
		h.resume(id) // answered when what was saved is durable
		h.restart()
	}
	g.release()
	h.wantOutput(id, 13)
	if p := h.last(id, engine.EventStepCompleted); p.Attempt != 13 {
		h.Errorf("it took %d attempts, want 13", p.Attempt)
	}
}

func checkpointCause(h *H) {
	causes := make(chan error, 2)
	step := h.step("test/load", engine.StepOptions[int]{Timeout: h.d(2), Retry: quick(1)}, func(ctx context.Context, n int) (int, error) {
		h.note("began%d", n)
		<-ctx.Done()
		err := engine.SaveCheckpoint(ctx, segment{1})
		causes <- err
		return 0, err
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, 1); !errors.Is(err, &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeTimeout}) {
			h.Errorf("the first call gave %v", err)
		}
		return step.With(engine.CallOptions{Timeout: h.d(100000)}).Do(run, 2)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the second call runs", func() bool { return h.noted() == "began1 began2" })
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	if err := <-causes; err == nil || errors.Is(err, engine.ErrCancelled) {
		h.Errorf("when its time was up, the step was told %v", err)
	}
	if err := <-causes; !errors.Is(err, engine.ErrCancelled) {
		h.Errorf("when it was cancelled, the step was told %v", err)
	}
}

func checkpointConcurrent(h *H) {
	step := h.step("test/load", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := engine.SaveCheckpoint(ctx, segment{i + 1}); err != nil {
					h.Error(err)
				}
			})
		}
		all.Wait()
		at := segment{}
		engine.LoadCheckpoint(ctx, &at)
		return min(at.Row, 1), nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	h.wantOutput(h.start(fn, 1), 1)
}

func checkpointOutside(h *H) {
	ctx := context.Background()
	if err := engine.SaveCheckpoint(ctx, segment{1}); !errors.Is(err, engine.ErrNotInStep) {
		h.Errorf("SaveCheckpoint: %v", err)
	}
	if engine.LoadCheckpoint(ctx, &segment{}) {
		h.Error("LoadCheckpoint found something")
	}
}
