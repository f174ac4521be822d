package enginetest

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var stopCases = []Case{
	{Name: "stop/WaitsForTheRunningStep", Run: stopWaits},
	{Name: "stop/StuckStepIsLeftToRecovery", Run: stopStuck},
	{Name: "stop/RefusesNewWork", Run: stopRefuses},
	{Name: "stop/OnceStepInTimeIsNotUnknown", Run: stopOnce},
	{Name: "crash/StepThatKillsTheProcessIsFoundOut", Run: crashCounter},
}

func stopWaits(h *H) { // I31
	h.patience = time.Minute

	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a" })
	stopped := h.stopping()
	g.release()
	<-stopped
	h.wantNoted("a") // the result is kept, nothing new began
	if n := h.count(id, engine.EventStepCompleted); n != 1 {
		h.Errorf("%d results", n)
	}
	h.boot()
	h.end(id, workflow.Completed)
	h.wantNoted("a b1")
}

func stopStuck(h *H) {
	g := newGate()
	fn := h.twoSteps(g)
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "a" })
	h.stop() // its time runs out
	g.release()
	h.boot()
	h.end(id, workflow.Completed)
	h.wantNoted("a a b1")
}

func stopRefuses(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(10000)) })
	h.boot()
	id := h.start(fn, 1)
	p := h.process
	h.stop()
	_, err := p.Engine.Start(h.Context(), h.startOf("ex_late", fn, 1))
	h.refused(0, err, engine.ErrStopping)
	_, err = p.Engine.Cancel(h.Context(), workspace, id, h.nobody())
	h.refused(0, err, engine.ErrStopping)
	h.boot()
	h.state(id, workflow.Running)
}

func stopOnce(h *H) {
	h.patience = time.Minute
	g := newGate()
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true, Timeout: h.d(1000)}, func(ctx context.Context, n int) (int, error) {
		h.note("pay")
		return n, g.wait(ctx)
	})
	fn := h.workflow(pay.Do)
	h.boot()
	id := h.start(fn, 4)
	h.until("the step runs", func() bool { return h.noted() == "pay" })
	stopped := h.stopping()
	g.release()
	<-stopped
	h.boot()
	h.wantOutput(id, 4)
	h.wantNoted("pay")
}

func crashCounter(h *H) {
	lethal := h.step("test/lethal", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("x")
		<-ctx.Done()
		return 0, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return lethal.Do(run, n) })
	h.boot()
	id := h.start(fn, 1)
	want := ""
	for range 10 {
		want += " x"
		h.until("the step runs", func() bool { return " "+h.noted() == want })
		h.restart()
	}
	h.end(id, workflow.Failed)
	if e := h.last(id, engine.EventFailed).Error; e.Code != engine.CodeInterrupted || e.Class != "fatal" {
		h.Errorf("ended with %+v", e)
	}
	if " "+h.noted() != want {
		h.Errorf("it ran again: %s", h.noted())
	}
}
