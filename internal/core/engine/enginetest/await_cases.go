package enginetest

import (
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var awaitCases = []Case{
	{Name: "await/WokenByAnotherBranch", Run: awaitWoken},
	{Name: "await/TakesNoNumber", Run: awaitNumber},
	{Name: "await/SurvivesCrash", Run: awaitCrash},
	{Name: "await/EndsWithACancel", Run: awaitCancel},
	{Name: "await/FirstFailureOfAMapEndsIt", Run: awaitMap},
	{Name: "await/DeadlockParks", Run: awaitDeadlock},
	{Name: "await/PanicInTheConditionParks", Run: awaitPanic},
	{Name: "await/DurableCallInTheConditionParks", Run: awaitDurable},
}

// relay registers a workflow of two branches: the second waits until the first
// has done n steps.
func (h *H) relay(first engine.Step[int, int]) string {
	second := h.noting("b")
	return h.workflow(func(run engine.Run, n int) (int, error) {
		done := 0
		err := engine.All(run, func(run engine.Run) error {
			for i := range n {
				if _, err := first.Do(run, i); err != nil {
					return err
				}
				done++
			}
			return nil
		}, func(run engine.Run) error {
			if err := engine.Await(run, func() bool { return done == n }); err != nil {
				return err
			}
			_, err := second.Do(run, done)
			return err
		})
		return done, err
	})
}

func awaitWoken(h *H) {
	fn := h.relay(h.noting("a"))
	h.boot()
	h.wantOutput(h.start(fn, 3), 3)
	h.wantNoted("a0 a1 a2 b3")
}

func awaitNumber(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		for range 3 {
			if err := engine.Await(run, func() bool { return true }); err != nil {
				return 0, err
			}
		}
		return step.Do(run, n)
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	if got, want := h.types(id), "created started step_started step_completed completed"; got != want {
		h.Errorf("events: %s", got)
	}
	if p := h.last(id, engine.EventStepCompleted); p.Path != "1" {
		h.Errorf("the step has path %s", p.Path)
	}
}

func awaitCrash(h *H) {
	g := newGate()
	fn := h.relay(h.gated("a", g))
	h.boot()
	id := h.start(fn, 2)
	h.until("the step runs", func() bool { return h.noted() == "a0" })
	h.restart()
	g.release()
	h.wantOutput(id, 2)
	h.wantNoted("a0 a0 a1 b2")
}

func awaitCancel(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		err := engine.All(run, func(run engine.Run) error { return run.Sleep(h.d(100000)) },
			func(run engine.Run) error {
				err := engine.Await(run, func() bool { return false })
				if !errors.Is(err, engine.ErrCancelled) {
					h.Errorf("Await gave %v", err)
				}
				return err
			})
		if err := engine.Await(run, func() bool { return true }); !errors.Is(err, engine.ErrCancelled) {
			h.Errorf("Await after the cancel gave %v", err)
		}
		if err := engine.Await(run.Detached(), func() bool { return true }); err != nil {
			h.Errorf("the detached Await gave %v", err)
		}
		return 0, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.cancel(id)
	h.end(id, workflow.Cancelled)
}

func awaitMap(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 0, []int{0, 1}, func(run engine.Run, i int) (int, error) {
			if i == 0 {
				return 0, engine.Await(run, func() bool { return false })
			}
			return 0, errTrip
		})
		if !errors.Is(err, errTrip) {
			h.Errorf("Map gave %v", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func awaitDeadlock(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 0, []int{0, 1}, func(run engine.Run, i int) (int, error) {
			return 0, engine.Await(run, func() bool { return false })
		})
		return 0, err
	})
	h.boot()
	h.parkedFor(h.start(fn, 1), "no other branch can change")
}

func awaitPanic(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		ready := false
		return n, engine.All(run, func(run engine.Run) error {
			_, err := step.Do(run, n)
			ready = true
			return err
		}, func(run engine.Run) error {
			return engine.Await(run, func() bool {
				if ready {
					panic("no such luck")
				}
				return false
			})
		})
	})
	h.boot()
	h.parkedFor(h.start(fn, 1), "no such luck")
}

func awaitDurable(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return n, engine.Await(run, func() bool { //enginelint:ignore the engine must find it as well
			_, err := step.Do(run, n)
			return err == nil
		})
	})
	h.boot()
	h.parkedFor(h.start(fn, 1), "outside of its own branch")
	h.wantNoted("")
}
