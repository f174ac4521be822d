package enginetest

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var answerCases = []Case{
	{Name: "once/TimeoutParksUntilAnswered", Run: answerTimeout},
	{Name: "once/CrashParksUntilAnswered", Run: answerCrash},
	{Name: "once/CrashInAPauseParksOnResume", Run: answerPause},
	{Name: "once/CrashOfALaterTryParks", Run: answerRetry},
	{Name: "once/NotDoneRunsAgain", Run: answerNotDone},
	{Name: "once/FailGoesOn", Run: answerFail},
	{Name: "once/ResumeDoesNotRepeat", Run: answerResume},
	{Name: "once/AFixedBuildDoesNotRepeat", Run: answerBuild},
	{Name: "once/TwoOfThem", Run: answerTwo},
	{Name: "once/AResultThatDoesNotFitIsRefused", Run: answerFits},
	{Name: "once/NothingWaits", Run: answerNothing},
}

func answerTimeout(h *H) {
	fn := h.paymentWithin(h.d(2), func(ctx context.Context, n int) (int, error) {
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

func answerPause(h *H) {
	g := newGate()
	fn := h.payment(func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		return n, g.wait(ctx)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "pay" })
	h.pause(id)
	h.restart() // whether it has paid, no one knows
	h.state(id, workflow.Paused)
	h.restart()
	h.state(id, workflow.Paused)
	h.resume(id)
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("7")})
	h.wantOutput(id, 7)
	h.wantNoted("pay")
}

func answerRetry(h *H) {
	g := newGate()
	tries := 0
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		if tries++; tries == 1 {
			return 0, h.down(h.d(5))
		}
		return n, g.wait(ctx)
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return pay.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	h.until("it is tried again", func() bool { return h.noted() == "pay pay" })
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("7")})
	h.wantOutput(id, 7)
	h.wantNoted("pay pay")
}

func answerBuild(h *H) {
	build := func(first bool) string {
		h.reg = engine.NewRegistry()
		other := h.noting("other")
		pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(context.Context, int) (int, error) {
			h.note("pay")
			return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
		})
		return h.workflow(func(run engine.Run, n int) (int, error) {
			if first {
				return pay.Do(run, n)
			}
			return other.Do(run, n)
		})
	}
	fn := build(true)
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	build(false)
	h.reboot()
	h.resume(id) // it may not have been looked at
	h.has(id, engine.EventParked, 2)
	if p := h.last(id, engine.EventParked); p.Reason != workflow.ReasonNondeterministic {
		h.Errorf("parked: %+v", p)
	}
	build(true)
	h.reboot()
	h.has(id, engine.EventParked, 3)
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("7")})
	h.wantOutput(id, 7)
	h.wantNoted("pay")
}

func answerTwo(h *H) {
	tries := map[int]int{}
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(_ context.Context, n int) (int, error) {
		h.note("pay%d", n)
		if tries[n]++; tries[n] == 1 {
			return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := engine.Map(run, 0, []int{1, 2}, func(run engine.Run, i int) (int, error) { return pay.Do(run, i) })
		if err != nil {
			return 0, err
		}
		return out[0]*10 + out[1], nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventParked, 2)
	answer := func(path string, a engine.Answer) {
		a.Path = path
		h.ok(h.process.Engine.Answer(h.Context(), workspace, id, a, eventstore.Meta{}))
	}
	answer("1.1.1", engine.Answer{Verdict: engine.NotDone})
	h.restart() // it has not begun: the other one still waits
	h.state(id, workflow.Parked)
	_, err := h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: "1.1.1", Verdict: engine.Done}, eventstore.Meta{})
	h.refused(0, err, engine.ErrNotWaiting)
	answer("1.0.1", engine.Answer{Verdict: engine.Done, Result: json.RawMessage("5")})
	h.wantOutput(id, 52)
	if n := tries[2]; n != 2 || tries[1] != 1 {
		h.Errorf("tried: %v", tries)
	}
}

func answerFits(h *H) {
	fn := h.payment(func(context.Context, int) (int, error) { return 0, failure.New(failure.UnknownOutcome, "cut", "cut") })
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	for _, result := range []string{`"text"`, ``, `{}`} {
		_, err := h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: "1", Verdict: engine.Done, Result: json.RawMessage(result)}, eventstore.Meta{})
		h.refused(0, err, engine.ErrInvalid)
	}
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: json.RawMessage("7")})
	h.wantOutput(id, 7)
}
