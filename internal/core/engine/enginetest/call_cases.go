package enginetest

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var callCases = []Case{
	{Name: "with/ATimeoutOfTheCall", Run: withTimeout},
	{Name: "with/ARetryOfTheCall", Run: withRetry},
	{Name: "with/OnceForTheCall", Run: withOnce},
	{Name: "with/OptionsAddUp", Run: withBoth},
}

func withTimeout(h *H) {
	step := h.step("test/slow", engine.StepOptions[int]{Timeout: h.d(100000), Retry: quick(1)}, func(ctx context.Context, n int) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.With(engine.CallOptions{Timeout: h.d(1)}).Do(run, n); !errors.Is(err, &engine.Error{Code: engine.CodeTimeout}) {
			h.Errorf("the call gave %v", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func withRetry(h *H) {
	down := failure.New(failure.Transient, "down", "the server is down")
	step := h.failing(engine.StepOptions[int]{Retry: quick(1)}, down, down, down, down, down)
	often := quick(3)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := step.Do(run, n); err == nil {
			h.Error("the step without options was repeated")
		}
		_, err := step.With(engine.CallOptions{Retry: &often}).Do(run, n)
		return n, err
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Failed)
	h.wantNoted("try1 try1 try2 try3")
}

func withOnce(h *H) {
	tries := 0
	step := h.step("test/pay", engine.StepOptions[int]{Retry: quick(5)}, func(context.Context, int) (int, error) {
		h.note("pay")
		tries++
		return 0, failure.New(failure.UnknownOutcome, "cut", "the answer was cut off")
	})
	read := h.step("test/read", engine.StepOptions[int]{ReadOnly: true, Retry: quick(2)}, func(context.Context, int) (int, error) {
		h.note("read")
		return 0, failure.New(failure.UnknownOutcome, "cut", "the answer was cut off")
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, _ = read.With(engine.CallOptions{Once: true}).Do(run, n) // there is nothing to be had once
		return step.With(engine.CallOptions{Once: true}).Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.wantNoted("read read pay")
	h.ok(h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: "2", Verdict: engine.Done, Result: []byte("8")}, eventstore.Meta{}))
	h.wantOutput(id, 8)
}

func withBoth(h *H) {
	down := failure.New(failure.Transient, "down", "the server is down")
	step := h.failing(engine.StepOptions[int]{Retry: quick(1)}, down)
	often := quick(2)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return step.With(engine.CallOptions{Retry: &often}).With(engine.CallOptions{Label: "both"}).Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.wantOutput(id, 1)
	if p := h.last(id, engine.EventStepCompleted); p.Label != "both" || p.Attempt != 2 {
		h.Errorf("step_completed: %+v", p)
	}
}
