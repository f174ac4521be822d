package enginetest

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var sagaCases = []Case{
	{Name: "saga/UndoesInReverse", Run: sagaReverse},
	{Name: "saga/SuccessUndoesNothing", Run: sagaSuccess},
	{Name: "saga/UnknownOutcomeIsUndone", Run: sagaUnknown},
	{Name: "saga/KnownFailureIsNotUndone", Run: sagaKnown},
	{Name: "saga/CancelUndoes", Run: sagaCancel},
	{Name: "saga/CancelUndoesWhatMayHaveHappened", Run: sagaCancelUnknown},
	{Name: "saga/CancelUndoesThoughTheLastStepFinished", Run: sagaCancelFinished},
	{Name: "saga/CancelAfterItUndoesNothing", Run: sagaCancelAfter},
	{Name: "saga/UndoIsRepeated", Run: sagaRepeat},
	{Name: "saga/CrashDuringUndo", Run: sagaCrash},
	{Name: "saga/StuckParksAndResumes", Run: sagaStuck},
	{Name: "saga/StuckIsAnswered", Run: sagaAnswered},
	{Name: "saga/ParallelInOrderOfCompletion", Run: sagaParallel},
}

// trip registers a workflow that books 1 to n and then fails.
func (h *H) trip(book engine.Undoable[int, int]) string {
	return h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			for i := 1; i <= n; i++ {
				if _, err := book.Do(run, s, i); err != nil {
					return 0, err
				}
			}
			return 0, errTrip
		})
	})
}

func sagaReverse(h *H) { // I8

	fn := h.trip(h.booking(never, never))
	h.boot()
	id := h.start(fn, 3)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 do2 do3 undo3 undo2 undo1")
	if e := h.last(id, engine.EventFailed).Error; e.Code != "trip" {
		h.Errorf("ended with %+v", e)
	}
	if n := h.count(id, engine.EventCompensating); n != 1 {
		h.Errorf("%d compensating events", n)
	}
}

func sagaSuccess(h *H) {
	book := h.booking(never, never)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) { return book.Do(run, s, n) })
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	h.wantNoted("do1")
	if n := h.count(id, engine.EventCompensating); n != 0 {
		h.Errorf("%d compensating events", n)
	}
}

func sagaUnknown(h *H) {
	cut := failure.New(failure.UnknownOutcome, "cut", "the answer was cut off")
	fn := h.trip(h.booking(func(_ context.Context, n int) error {
		if n == 2 {
			return cut
		}
		return nil
	}, never))
	h.boot()
	id := h.start(fn, 3)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 undo2? undo1")
}

func sagaKnown(h *H) {
	fn := h.trip(h.booking(func(_ context.Context, n int) error {
		if n == 2 {
			return failure.New(failure.Validation, "full", "no seats")
		}
		return nil
	}, never))
	h.boot()
	id := h.start(fn, 3)
	h.end(id, workflow.Failed)
	h.wantNoted("do1 undo1")
}

func sagaCancel(h *H) {
	fn := h.trip(h.booking(func(ctx context.Context, n int) error {
		if n == 2 {
			h.note("waits")
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}, never))
	h.boot()
	id := h.start(fn, 3)
	h.until("the step runs", func() bool { return h.noted() == "do1 waits" })
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("do1 waits undo2? undo1")
}

func sagaCancelUnknown(h *H) { // I8

	book := engine.NewUndoable(h.reg, "test/book", engine.StepOptions[int]{Once: true}, func(context.Context, int) (int, error) {
		return 0, failure.New(failure.UnknownOutcome, "cut", "the answer was lost")
	}, func(_ context.Context, u engine.Undo[int, int]) error {
		h.note("undo%d %t", u.In, u.Out == nil)
		return nil
	})
	fn := h.trip(book)
	h.boot()
	id := h.start(fn, 1)
	h.state(id, workflow.Parked)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
	h.wantNoted("undo1 true")
}

func sagaCancelFinished(h *H) {
	g := newGate()
	book, last := h.booking(never, never), h.heedless(g)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, 1); err != nil {
				return 0, err
			}
			return last.Do(run, n)
		})
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "do1 began" })
	h.cancel(id)
	g.release()
	h.end(id, workflow.Cancelled)
	h.wantNoted("do1 began ended undo1")
	if n := h.count(id, engine.EventCompensating); n != 1 {
		h.Errorf("%d compensating events", n)
	}
}

// A scope that has ended stays done; the cancel came to what follows it.
func sagaCancelAfter(h *H) {
	g := newGate()
	book, last := h.booking(never, never), h.heedless(g)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := engine.WithSaga(run, func(s *engine.Saga) (int, error) { return book.Do(run, s, 1) }); err != nil {
			return 0, err
		}
		return last.Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.until("the step runs", func() bool { return h.noted() == "do1 began" })
	h.cancel(id)
	g.release()
	h.end(id, workflow.Cancelled)
	h.wantNoted("do1 began ended")
}

func sagaRepeat(h *H) {
	fails := 1
	fn := h.trip(h.booking(never, func(context.Context, int) error {
		if fails--; fails >= 0 {
			return failure.New(failure.Transient, "", "down")
		}
		return nil
	}))
	h.boot()
	h.end(h.start(fn, 2), workflow.Failed)
	h.wantNoted("do1 do2 undo2 undo1")
}

func sagaCrash(h *H) {
	g := newGate()
	fn := h.trip(h.booking(never, func(ctx context.Context, n int) error {
		if n == 1 {
			h.note("waits")
			return g.wait(ctx)
		}
		return nil
	}))
	h.boot()
	id := h.start(fn, 2)
	h.until("the undo runs", func() bool { return h.noted() == "do1 do2 undo2 waits" })
	h.state(id, workflow.Compensating)
	h.restart()
	g.release()
	h.end(id, workflow.Failed)
	h.wantNoted("do1 do2 undo2 waits waits undo1")
}

// stuck is a trip whose second undo fails until mended.
func (h *H) stuck(mended *bool) string {
	return h.trip(h.booking(never, func(_ context.Context, n int) error {
		if n == 2 && !*mended {
			return failure.New(failure.Validation, "gone", "the account is closed")
		}
		return nil
	}))
}

func sagaStuck(h *H) {
	mended := false
	fn := h.stuck(&mended)
	h.boot()
	id := h.start(fn, 3)
	h.state(id, workflow.Parked)
	p := h.last(id, engine.EventParked)
	if p.Reason != workflow.ReasonCompensationStuck || p.Step != "test/book/undo" || p.Error == nil || p.Error.Code != "gone" {
		h.Errorf("parked: %+v", p)
	}
	h.restart()
	h.state(id, workflow.Parked)
	h.cancel(id) // changes nothing: it is being undone already
	h.state(id, workflow.Parked)
	mended = true
	h.ok(h.process.Engine.Resume(h.Context(), workspace, id, eventstore.Meta{}))
	h.end(id, workflow.Failed)
	h.wantNoted("do1 do2 do3 undo3 undo2 undo1")
}

func sagaAnswered(h *H) {
	mended := false
	fn := h.stuck(&mended)
	h.boot()
	id := h.start(fn, 3)
	h.state(id, workflow.Parked)
	path := h.last(id, engine.EventParked).Path
	h.ok(h.process.Engine.Answer(h.Context(), workspace, id, engine.Answer{Path: path, Verdict: engine.Done}, eventstore.Meta{}))
	h.end(id, workflow.Failed)
	h.wantNoted("do1 do2 do3 undo3 undo1")
}

func sagaParallel(h *H) {
	first, second := newGate(), newGate()
	book := h.booking(func(ctx context.Context, n int) error {
		if n == 1 {
			return first.wait(ctx)
		}
		return second.wait(ctx)
	}, never)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := engine.Map(run, 0, []int{1, 2}, func(run engine.Run, i int) (int, error) { return book.Do(run, s, i) }); err != nil {
				return 0, err
			}
			return 0, errors.New("off")
		})
	})
	h.boot()
	id := h.start(fn, 1)
	second.release()
	h.has(id, engine.EventStepCompleted, 1)
	first.release()
	h.end(id, workflow.Failed)
	h.wantNoted("do2 do1 undo1 undo2")
}
