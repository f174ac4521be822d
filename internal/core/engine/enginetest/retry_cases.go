package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var retryCases = []Case{
	{Name: "retry/TransientPasses", Run: retryTransient},
	{Name: "retry/AttemptsUsedUp", Run: retryUsedUp},
	{Name: "retry/RateLimitUsesNoAttempt", Run: retryLimited},
	{Name: "retry/RetryAfterIsObeyed", Run: retryAfter},
	{Name: "retry/ValidationAndFatalAreNotRepeated", Run: retryNone},
	{Name: "retry/UnclassifiedIsFatal", Run: retryUnclassified},
	{Name: "retry/PanicIsTriedThreeTimes", Days: true, Run: retryPanic},
	{Name: "retry/TimeoutIsUnknownOutcome", Run: retryTimeout},
	{Name: "retry/AttemptsSurviveCrash", Run: retryCrash},
	{Name: "retry/DefaultsByClass", Days: true, Run: retryDefaults},
	{Name: "retry/AWaitThatIsTooLongFailsAtOnce", Run: retryTooLong},
	{Name: "retry/AWaitThatIsTooLongParksAnUndo", Run: retryTooLongUndo},
	{Name: "retry/ResumeTriesAtOnce", Run: retryResumed},
	{Name: "retry/ACrashAfterAResumeIsAnInterruption", Run: retryResumedCrash},
	{Name: "retry/ResumeAfterAPauseTriesAtOnce", Run: retryPausedResumed},
	{Name: "retry/ResumeWithNothingToDoChangesNothing", Run: retryResumedIdle},
}

// once runs a workflow of one step and returns the execution and its error.
func (h *H) once(step engine.Step[int, int], want workflow.ExecutionState) (string, *engine.Error) {
	h.Helper()
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.end(id, want)
	if want != workflow.Failed {
		return id, nil
	}
	return id, h.last(id, engine.EventFailed).Error
}

func retryTransient(h *H) {
	step := h.failing(engine.StepOptions[int]{Retry: quick(5)}, failure.New(failure.Transient, "refused", "no"), failure.New(failure.Conflict, "", "other"))
	id, _ := h.once(step, workflow.Completed)
	h.wantNoted("try1 try2 try3")
	p := h.last(id, engine.EventStepRetrying)
	if p.Attempt != 2 || p.Error == nil || p.Error.Class != failure.Conflict || p.NextAt == "" {
		h.Errorf("step_retrying: %+v", p)
	}
	if p := h.last(id, engine.EventStepCompleted); p.Attempt != 3 {
		h.Errorf("step_completed: %+v", p)
	}
}

func retryUsedUp(h *H) {
	down := failure.New(failure.Transient, "refused", "the server is down")
	id, e := h.once(h.failing(engine.StepOptions[int]{Retry: quick(3)}, down, down, down, down), workflow.Failed)
	h.wantNoted("try1 try2 try3")
	if e.Class != failure.Transient || e.Code != "refused" || e.Attempts != 3 || e.Step != "test/failing" || e.Path != "1" {
		h.Errorf("error %+v", e)
	}
	if p := h.last(id, engine.EventStepFailed); p.Error == nil || p.Attempt != 3 {
		h.Errorf("step_failed: %+v", p)
	}
}

func retryLimited(h *H) {
	slow := &failure.Error{Class: failure.RateLimited, Message: "slow down", RetryAfter: time.Millisecond}
	h.once(h.failing(engine.StepOptions[int]{Retry: quick(1)}, slow, slow, slow, slow), workflow.Completed)
	h.wantNoted("try1 try1 try1 try1 try1")
}

func retryAfter(h *H) {
	wait := h.d(3)
	began := time.Now()
	step := h.failing(engine.StepOptions[int]{}, &failure.Error{Class: failure.RateLimited, Message: "slow down", RetryAfter: wait})
	h.once(step, workflow.Completed)
	if took := time.Since(began); took < wait {
		h.Errorf("repeated after %s, asked for %s", took, wait)
	}
}

func retryNone(h *H) {
	var steps []engine.Step[int, int]
	for _, class := range []failure.Class{failure.Validation, failure.Fatal} {
		steps = append(steps, h.step("test/"+string(class), engine.StepOptions[int]{}, func(context.Context, int) (int, error) {
			h.note("%s", class)
			return 0, fmt.Errorf("outer: %w", failure.New(class, "why", "because"))
		}))
	}
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for _, s := range steps {
			_, err := s.Do(run, n)
			if !errors.Is(err, &engine.Error{Code: "why"}) || failure.CodeOf(err) != "why" {
				h.Errorf("error %v", err)
			}
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	h.wantNoted("validation fatal")
}

func retryUnclassified(h *H) {
	_, e := h.once(h.failing(engine.StepOptions[int]{}, errors.New("surprise")), workflow.Failed)
	h.wantNoted("try1")
	if e.Class != failure.Fatal || !e.Unknown {
		h.Errorf("error %+v", e)
	}
}

func retryPanic(h *H) {
	step := h.step("test/panics", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("try%d", engine.InStep(ctx).Attempt)
		panic("oops")
	})
	_, e := h.once(step, workflow.Failed)
	h.wantNoted("try1 try2 try3")
	if e.Class != failure.Fatal || e.Code != engine.CodePanic {
		h.Errorf("error %+v", e)
	}
}

func retryTimeout(h *H) {
	slow := func(ctx context.Context, n int) (int, error) {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	write := h.step("test/write", engine.StepOptions[int]{Timeout: h.d(1), Retry: quick(1)}, slow)
	read := h.step("test/read", engine.StepOptions[int]{Timeout: h.d(1), Retry: quick(1), ReadOnly: true}, slow)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := write.Do(run, n)
		if !errors.Is(err, &engine.Error{Class: failure.UnknownOutcome, Code: engine.CodeTimeout}) {
			h.Errorf("write: %v", err)
		}
		_, err = read.Do(run, n)
		if !errors.Is(err, &engine.Error{Class: failure.Transient, Code: engine.CodeTimeout}) {
			h.Errorf("read: %v", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func retryCrash(h *H) {
	wait := engine.Policy{Base: h.d(20), Cap: h.d(20), Attempts: 3}
	down := failure.New(failure.Transient, "", "down")
	down.RetryAfter = h.d(25)
	step := h.failing(engine.StepOptions[int]{Retry: engine.Retry{Transient: wait}}, down, down, down)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepRetrying, 1)
	h.restart()
	h.has(id, engine.EventStepRetrying, 2)
	h.restart()
	h.end(id, workflow.Failed)
	// A retry that fell due while no process was there may have been running:
	// it counts as interrupted, but uses no attempt.
	if tries := strings.Fields(h.noted()); len(tries) != 3 {
		h.Errorf("happened: %s, want three tries", h.noted())
	}
}

func retryDefaults(h *H) {
	var errs []error
	for range 30 {
		errs = append(errs, failure.New(failure.Transient, "", "down"))
	}
	_, e := h.once(h.failing(engine.StepOptions[int]{}, errs...), workflow.Failed)
	if e.Attempts != 25 {
		h.Errorf("%d attempts, want 25", e.Attempts)
	}
}

// slow asks to be left alone for so long.
func slow(after time.Duration) error {
	return &failure.Error{Class: failure.RateLimited, Code: "slow", Message: "slow down", RetryAfter: after}
}

func retryTooLong(h *H) {
	defer h.within(time.Hour)()
	_, e := h.once(h.failing(engine.StepOptions[int]{}, slow(264*time.Hour)), workflow.Failed)
	h.wantNoted("try1")
	if e.Class != failure.RateLimited || e.Code != "slow" || !strings.Contains(e.Message, "264h0m0s, which is longer than the 2") {
		h.Errorf("error %+v", e)
	}
}

func retryTooLongUndo(h *H) {
	mended := false
	fn := h.trip(h.booking(never, func(context.Context, int) error {
		if !mended {
			return slow(1<<63 - 1)
		}
		return nil
	}))
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); p.Reason != workflow.ReasonCompensationStuck || !strings.Contains(p.Error.Message, "it asks to wait") {
		h.Errorf("parked: %+v", p)
	}
	mended = true
	h.resume(id)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 undo1")
}

// limited starts an execution whose step waits for a retry, for days.
func (h *H) limited(errs ...error) (id string) {
	h.Helper()
	longer := engine.Retry{RateLimited: engine.Policy{Within: 10_000 * time.Hour}}
	step := h.failing(engine.StepOptions[int]{Retry: longer, Once: true}, errs...)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id = h.start(fn, 1)
	h.has(id, engine.EventStepRetrying, 1)
	return id
}

// within returns what checks that no more time has passed since.
func (h *H) within(limit time.Duration) (check func()) {
	began := time.Now()
	return func() {
		if took := time.Since(began); took > limit {
			h.Errorf("it took %s", took)
		}
	}
}

func retryResumed(h *H) {
	defer h.within(100 * time.Hour)()
	id := h.limited(slow(500*time.Hour), slow(500*time.Hour))
	h.resume(id)
	h.has(id, engine.EventStepRetrying, 2)
	h.restart() // it waits again
	h.wantNoted("try1 try1")
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("try1 try1 try1")
}

// A step that was tried early is no longer one that waits: it may have had its
// effect when the process died.
func retryResumedCrash(h *H) {
	defer h.within(10 * time.Hour)()
	tries := 0
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		if tries++; tries == 1 {
			return 0, slow(20 * time.Hour)
		}
		h.note("pays")
		<-ctx.Done()
		return 0, ctx.Err()
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepRetrying, 1)
	h.resume(id)
	h.until("the step runs", func() bool { return h.noted() == "pays" })
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: []byte("7")})
	h.end(id, workflow.Completed)
	h.wantNoted("pays")
}

func retryPausedResumed(h *H) {
	defer h.within(100 * time.Hour)()
	id := h.limited(slow(500 * time.Hour))
	h.pause(id)
	h.restart()
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("try1 try1")
}

func retryResumedIdle(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a" })
	before := h.types(id)
	h.resume(id)
	if after := h.types(id); after != before {
		h.Errorf("resume wrote %s after %s", after, before)
	}
	g.release()
	h.end(id, workflow.Completed)
	h.wantNoted("a b1")
}
