package enginetest

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var redriveChainCases = []Case{
	{Name: "redrive/AChainDropsWhatItsMiddleDidAnew", Run: redriveStale},
	{Name: "redrive/AChainKeepsTheOtherItemsOfAMap", Run: redriveOtherItems},
	{Name: "redrive/RepeatsCountsACompletedSaga", Run: repeatsAfterSaga},
}

// redriveStale: the middle did the first step itself, so the result that the
// origin had of the second one belongs to nothing any more, though the middle
// has none of its own.
func redriveStale(h *H) {
	first, second, third := true, false, true
	a, b, c := h.keyed("a", &first), h.keyed("b", &second), h.keyed("c", &third)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		n, _ = a.Do(run, n) // whatever comes of it
		return inTurn(run, n, b, c)
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	first, second, third = false, true, false
	middle := h.redrive(fn, origin)
	h.end(middle, workflow.Failed)
	second = false
	h.forget()
	h.wantOutput(h.redrive(fn, middle), 7)
	h.wantNoted("b:ex_1/1/2 c:ex_1/1/3")
}

// redriveOtherItems: what the middle did in one item takes nothing from another.
func redriveOtherItems(h *H) {
	broken := true
	good, bad := h.keyed("good", nil), h.keyed("bad", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 1, []engine.Step[int, int]{good, bad}, func(run engine.Run, s engine.Step[int, int]) (int, error) { return s.Do(run, n) })
		return n, err
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	middle := h.redrive(fn, origin)
	h.end(middle, workflow.Failed)
	broken = false
	h.forget()
	h.wantOutput(h.redrive(fn, middle), 4)
	h.wantNoted("bad:ex_1/1/1.1.1")
}

// repeatsAfterSaga: undos take back what their saga did, not what an earlier one
// has completed.
func repeatsAfterSaga(h *H) {
	book := engine.NewUndoable(h.reg, "test/book", engine.StepOptions[int]{},
		func(_ context.Context, n int) (int, error) { return n, nil }, func(context.Context, engine.Undo[int, int]) error { return nil })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for _, failed := range []error{nil, errTrip} {
			if _, err := engine.WithSaga(run, func(s *engine.Saga) (int, error) {
				n, err := book.Do(run, s, n)
				return n, errors.Join(err, failed)
			}); err != nil {
				return 0, err
			}
		}
		return n, nil
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	got, err := h.process.Engine.Repeats(h.Context(), workspace, engine.Origin{Execution: origin})
	if err != nil || len(got) != 1 || got["test/book"] != 1 {
		h.Errorf("repeats %v, %v, want the one booking that stands", got, err)
	}
}
