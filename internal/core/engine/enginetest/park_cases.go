package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var parkCases = []Case{
	{Name: "park/NeedsReauthUntilResumed", Run: parkReauth},
	{Name: "park/SurvivesCrash", Run: parkCrash},
	{Name: "park/CancelLiftsIt", Run: parkCancel},
	{Name: "park/QuotaLeavesByItself", Days: true, Run: parkQuota},
	{Name: "park/QuotaLeavesAfterRestart", Days: true, Run: parkQuotaRestart},
	{Name: "park/TimeParkedIsNoRetryTime", Days: true, Run: parkRetryTime},
	{Name: "park/OtherBranchesAreKeptNotFed", Run: parkOthers},
}

var answerCases = []Case{
	{Name: "once/TimeoutParksUntilAnswered", Run: answerTimeout},
	{Name: "once/CrashParksUntilAnswered", Run: answerCrash},
	{Name: "once/NotDoneRunsAgain", Run: answerNotDone},
	{Name: "once/FailGoesOn", Run: answerFail},
	{Name: "once/ResumeDoesNotRepeat", Run: answerResume},
	{Name: "once/NothingWaits", Run: answerNothing},
}

var errToken = failure.New(failure.Auth, "token_revoked", "the token was revoked; give the workflow a new one")

func (h *H) resume(id string) {
	h.Helper()
	h.ok(h.process.Engine.Resume(h.Context(), workspace, id, eventstore.Meta{}))
}

func parkReauth(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonNeedsReauth || p.Step != "test/failing" || p.Path != "1" || p.Error == nil || p.Error.Code != "token_revoked" {
		h.Errorf("parked: %+v", p)
	}
	h.resume(id)
	h.end(id, workflow.Completed)
	h.wantNoted("try1 try1")
	if n := h.count(id, engine.EventUnparked); n != 1 {
		h.Errorf("%d unparked events", n)
	}
}

func parkCrash(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.restart()
	h.state(id, workflow.Parked)
	h.wantNoted("try1")
	h.resume(id)
	h.end(id, workflow.Completed)
}

func parkCancel(h *H) {
	step := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("try1")
}

var errQuota = failure.New(failure.RateLimited, engine.CodeQuota, "the monthly quota is used up")

// beforeTheMonthEnds lets time pass until so long before the next month. No
// process is there yet: its clocks would tick all the while.
func (h *H) beforeTheMonthEnds(left time.Duration) {
	now := time.Now().UTC()
	time.Sleep(time.Date(now.Year(), now.Month()+1, 1, 0, 0, 0, 0, time.UTC).Add(-left).Sub(now))
}

func parkQuota(h *H) {
	h.beforeTheMonthEnds(3 * time.Hour)
	step := h.failing(engine.StepOptions[int]{}, errQuota)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.quotaEnds(id)
}

// quotaEnds checks that the execution went on with the new month.
func (h *H) quotaEnds(id string) {
	h.Helper()
	began := time.Now().UTC()
	h.end(id, workflow.Completed)
	now := time.Now().UTC()
	if now.Month() == began.Month() || now.Day() != 1 || now.Hour() != 0 {
		h.Errorf("went on at %s", now)
	}
	h.wantNoted("try1 try1")
}

func parkQuotaRestart(h *H) {
	h.beforeTheMonthEnds(3 * time.Hour)
	step := h.failing(engine.StepOptions[int]{}, errQuota)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.restart()
	h.quotaEnds(id)
}

func parkRetryTime(h *H) {
	h.beforeTheMonthEnds(30 * time.Hour) // a step is tried for a day
	down := failure.New(failure.Transient, "down", "the other side is down")
	step := h.failing(engine.StepOptions[int]{Retry: quick(5)}, down, errQuota, down)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.end(id, workflow.Completed)
}

func parkOthers(h *H) {
	g := newGate()
	other := h.step("test/other", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) { return n, g.wait(ctx) })
	next := h.noting("next")
	auth := h.failing(engine.StepOptions[int]{}, errToken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return n, engine.All(run, func(run engine.Run) error {
			_, err := auth.Do(run, n)
			return err
		}, func(run engine.Run) error {
			if _, err := other.Do(run, n); err != nil {
				return err
			}
			_, err := next.Do(run, n)
			return err
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	g.release()
	h.has(id, engine.EventStepCompleted, 1)
	h.restart()
	h.wantNoted("try1") // the result is there, the function has not seen it
	h.resume(id)
	h.end(id, workflow.Completed)
}

// payment registers a Once step and a workflow around it.
func (h *H) payment(fn func(context.Context, int) (int, error)) string {
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true, Timeout: h.d(2)}, fn)
	return h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := pay.Do(run, n)
		var e *engine.Error
		if errors.As(err, &e) && e.Code == engine.CodeGivenUp {
			return -1, nil
		}
		return out, err
	})
}

func (h *H) answer(id string, a engine.Answer) {
	h.Helper()
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonOutcomeUnknown || p.Step != "test/pay" {
		h.Errorf("parked: %+v", p)
	}
	a.Path = p.Path
	h.ok(h.process.Engine.Answer(h.Context(), workspace, id, a, eventstore.Meta{}))
}

func (h *H) wantOutput(id string, want int) {
	h.Helper()
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != want {
		h.Errorf("output %d, want %d", out, want)
	}
}

func answerTimeout(h *H) {
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		<-ctx.Done()
		return 0, ctx.Err()
	})
	h.boot()
	id := h.start(fn, 1)
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("42")})
	h.wantOutput(id, 42)
	h.wantNoted("pay")
}

func answerCrash(h *H) {
	g := newGate()
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		return n, g.wait(ctx)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "pay" })
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("7")})
	h.wantOutput(id, 7)
	h.wantNoted("pay")
}

func answerNotDone(h *H) {
	tries := 0
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		if tries++; tries == 1 {
			return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
		}
		return n, nil
	})
	h.boot()
	id := h.start(fn, 5)
	h.answer(id, engine.Answer{Verdict: engine.NotDone})
	h.wantOutput(id, 5)
	h.wantNoted("pay pay")
}

func answerFail(h *H) {
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
	})
	h.boot()
	id := h.start(fn, 5)
	h.answer(id, engine.Answer{Verdict: engine.Fail, Message: "the bank says no"})
	h.wantOutput(id, -1)
}

func answerResume(h *H) {
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
	})
	h.boot()
	id := h.start(fn, 5)
	h.state(id, workflow.Parked)
	h.resume(id)
	h.state(id, workflow.Parked)
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("1")})
	h.wantOutput(id, 1)
	h.wantNoted("pay")
}

func answerNothing(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(10000)) })
	h.boot()
	id := h.start(fn, 5)
	_, err := h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: "1", Verdict: engine.Done}, eventstore.Meta{})
	h.refused(0, err, engine.ErrNotWaiting)
	_, err = h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: "1", Verdict: "maybe"}, eventstore.Meta{})
	h.refused(0, err, engine.ErrInvalid)
}
