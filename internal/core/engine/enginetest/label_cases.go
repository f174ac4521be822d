package enginetest

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var labelCases = []Case{
	{Name: "label/InAllEventsOfTheStep", Run: labelEvents},
	{Name: "label/AfterAnAnswer", Run: labelAnswer},
	{Name: "label/OfAnUndo", Run: labelUndo},
	{Name: "label/IsCutOnARune", Run: labelCut},
}

func labelEvents(h *H) {
	down := failure.New(failure.Transient, "down", "the server is down")
	good := h.failing(engine.StepOptions[int]{Retry: quick(2)}, down)
	bad := h.step("test/bad", engine.StepOptions[int]{}, func(context.Context, int) (int, error) { return 0, failure.New(failure.Validation, "bad", "bad") })
	tries := 0
	auth := engine.NewStep(h.reg, "test/auth", engine.StepOptions[int]{}, func(ctx context.Context, n int) (string, error) {
		if tries++; tries == 1 {
			return "", errToken
		}
		return engine.InStep(ctx).Label, nil
	})
	label := engine.CallOptions{Label: `table "Söhne"`}
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, _ = bad.With(label).Do(run, n)
		if _, err := good.With(label).Do(run, n); err != nil {
			return 0, err
		}
		seen, err := auth.With(label).Do(run, n)
		if seen != label.Label {
			h.Errorf("the step was told the label %q", seen)
		}
		return n, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.restart()
	h.resume(id)
	h.end(id, workflow.Completed)
	for _, of := range []string{engine.EventStepStarted, engine.EventStepRetrying, engine.EventStepCompleted, engine.EventStepFailed, engine.EventParked} {
		for _, p := range h.all(id, of) {
			if p.Label != label.Label {
				h.Errorf("%s: %+v", of, p)
			}
		}
		h.last(id, of)
	}
}

func labelAnswer(h *H) {
	pay := h.step("test/pay", engine.StepOptions[int]{Once: true}, func(context.Context, int) (int, error) {
		return 0, failure.New(failure.UnknownOutcome, "cut", "cut")
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := pay.With(engine.CallOptions{Label: "given up"}).Do(run, n)
		if err == nil {
			h.Error("the answer was fail")
		}
		return pay.With(engine.CallOptions{Label: "paid"}).Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Fail})
	h.has(id, engine.EventParked, 2)
	h.restart()
	h.answer(id, engine.Answer{Verdict: engine.Done, Result: []byte("1")})
	h.wantOutput(id, 1)
	if failed, done := h.last(id, engine.EventStepFailed), h.last(id, engine.EventStepCompleted); failed.Label != "given up" || done.Label != "paid" {
		h.Errorf("labels %q and %q", failed.Label, done.Label)
	}
}

func labelUndo(h *H) {
	book := h.booking(never, never)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.With(engine.CallOptions{Label: "seat 4"}).Do(run, s, n); err != nil {
				return 0, err
			}
			return 0, errTrip
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Failed)
	if p := h.last(id, engine.EventStepCompleted); p.Step != "test/book/undo" || p.Label != "seat 4" {
		h.Errorf("the undo: %+v", p)
	}
}

func labelCut(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for _, label := range []string{strings.Repeat("x", engine.MaxLabelBytes), strings.Repeat("x", engine.MaxLabelBytes-1) + "é", "a\xffb"} {
			if _, err := step.With(engine.CallOptions{Label: label}).Do(run, n); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	want := []string{strings.Repeat("x", engine.MaxLabelBytes), strings.Repeat("x", engine.MaxLabelBytes-1), "a\uFFFDb"}
	for i, p := range h.all(id, engine.EventStepCompleted) {
		if p.Label != want[i] || !utf8.ValidString(p.Label) {
			h.Errorf("label %d is %q, want %q", i+1, p.Label, want[i])
		}
	}
}
