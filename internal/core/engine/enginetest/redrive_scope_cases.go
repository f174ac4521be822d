package enginetest

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var redriveScopeCases = []Case{
	{Name: "redrive/AnUndoneSagaTakesNewKeys", Run: scopeUndone},
	{Name: "redrive/ACompletedSagaIsFed", Run: scopeCompleted},
	{Name: "redrive/AnUndoneSagaThroughAChain", Run: scopeChain},
	{Name: "redrive/AnUndoneSagaThatTheMiddleNeverReached", Run: scopeSkipped},
	{Name: "redrive/ASagaThatTheMiddleCompleted", Run: scopeMiddle},
	{Name: "redrive/SagasThatBeginWithTheSameCall", Run: scopeNested},
	{Name: "redrive/AChildOfAnUndoneSagaBeginsAnew", Run: scopeChild},
}

// journey registers a workflow: a step, a saga of two bookings that fails at its
// end while off says so, and a step that fails while late says so. It notes the
// keys of what it does and undoes.
func (h *H) journey(off, late *bool, draws map[string]bool) string {
	before, after := h.keyed("before", nil), h.keyed("after", late)
	check := h.checking(off)
	book := engine.NewUndoable(h.reg, "test/book", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("do:%s", engine.InStep(ctx).Key)
		return n, nil
	}, func(ctx context.Context, u engine.Undo[int, int]) error {
		h.note("undo:%s", u.Key)
		return nil
	})
	return h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := before.Do(run, n); err != nil {
			return 0, err
		}
		_, err := engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			draws[run.UUID()] = true
			for i := range 2 {
				if _, err := book.Do(run, s, i); err != nil {
					return 0, err
				}
			}
			return check.Do(run, n)
		})
		if err != nil {
			return 0, err
		}
		return after.Do(run, n)
	})
}

// checking registers a step that only reads and fails while off says so.
func (h *H) checking(off *bool) engine.Step[int, int] {
	return h.step("test/check", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, n int) (int, error) {
		if *off {
			return 0, errTrip
		}
		return n, nil
	})
}

func scopeUndone(h *H) {
	off, late, draws := true, false, map[string]bool{}
	fn := h.journey(&off, &late, draws)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	h.wantNoted("before:ex_1/1/1 do:ex_1/1/2 do:ex_1/1/3 undo:ex_1/1/3 undo:ex_1/1/2")
	h.forget()
	off = false
	h.end(h.redrive(fn, origin), workflow.Completed)
	h.wantNoted("do:ex_2/1/2 do:ex_2/1/3 after:ex_1/1/5") // the effects of the old keys are undone
	if len(draws) != 2 {
		h.Errorf("drawn: %v", draws)
	}
}

func scopeCompleted(h *H) {
	off, late, draws := false, true, map[string]bool{}
	fn := h.journey(&off, &late, draws)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	h.forget()
	late = false
	h.end(h.redrive(fn, origin), workflow.Completed)
	h.wantNoted("after:ex_1/1/5")
	if len(draws) != 1 {
		h.Errorf("drawn: %v", draws)
	}
}

func scopeChain(h *H) {
	off, late, draws := true, false, map[string]bool{}
	fn := h.journey(&off, &late, draws)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	middle := h.redrive(fn, origin)
	h.end(middle, workflow.Failed)
	h.forget()
	off = false
	h.end(h.redrive(fn, middle), workflow.Completed)
	h.wantNoted("do:ex_3/1/2 do:ex_3/1/3 after:ex_1/1/5")
	if len(draws) != 3 {
		h.Errorf("drawn: %v", draws)
	}
}

func scopeSkipped(h *H) {
	off, late, draws := true, false, map[string]bool{}
	fn := h.journey(&off, &late, draws)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	middle := h.nextID()
	s := h.redriveOf(middle, fn, origin)
	s.Hold = true
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.cancel(middle)
	h.end(middle, workflow.Cancelled)
	h.forget()
	off = false
	h.end(h.redrive(fn, middle), workflow.Completed)
	h.wantNoted("do:ex_2/1/2 do:ex_2/1/3 after:ex_1/1/5") // keys that no one has used
}

func scopeMiddle(h *H) {
	off, late, draws := true, true, map[string]bool{}
	fn := h.journey(&off, &late, draws)
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	off = false
	middle := h.redrive(fn, origin)
	h.end(middle, workflow.Failed)
	h.forget()
	late = false
	h.end(h.redrive(fn, middle), workflow.Completed)
	h.wantNoted("after:ex_1/1/5")
	if len(draws) != 2 { // the last one drew what the middle one drew
		h.Errorf("drawn: %v", draws)
	}
}

func scopeNested(h *H) {
	off, late := true, true
	plain, after, check := h.keyed("plain", nil), h.keyed("after", &late), h.checking(&off)
	book := engine.NewUndoable(h.reg, "test/book", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("do:%s", engine.InStep(ctx).Key)
		return n, nil
	}, func(ctx context.Context, u engine.Undo[int, int]) error { return nil })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.WithSaga(run, func(outer *engine.Saga) (int, error) {
			_, err := engine.WithSaga(run, func(inner *engine.Saga) (int, error) {
				if _, err := book.Do(run, inner, n); err != nil {
					return 0, err
				}
				return check.Do(run, n)
			})
			if err == nil {
				h.Error("the inner one did not fail")
			}
			return plain.Do(run, n) // the outer one goes on
		})
		if err != nil {
			return 0, err
		}
		return after.Do(run, n)
	})
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	h.wantNoted("do:ex_1/1/1 plain:ex_1/1/4 after:ex_1/1/5") // 2 checks, 3 undoes
	h.forget()
	late = false
	h.end(h.redrive(fn, origin), workflow.Completed)
	h.wantNoted("do:ex_2/1/1 plain:ex_1/1/4 after:ex_1/1/5") // the outer one was not undone
}

func scopeChild(h *H) {
	off := true
	book := h.booking(never, never)
	step, bad := h.keyed("a", nil), h.keyed("bad", &off)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return inTurn(run, n, step, bad) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, 1); err != nil {
				return 0, err
			}
			return child.Do(run, "", n)
		})
	})
	h.boot()
	origin := h.start(fn, 1)
	h.end(origin, workflow.Failed)
	off = false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 3)
	if child := h.child(id); h.last(child, engine.EventCreated).Origin != nil || h.count(child, engine.EventStepCompleted) != 2 {
		h.Error("the child took something over")
	}
}
