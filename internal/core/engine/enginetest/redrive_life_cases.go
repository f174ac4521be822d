package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var redriveLifeCases = []Case{
	{Name: "redrive/FreshFeedsNothing", Run: redriveFresh},
	{Name: "redrive/RepeatsCountsWhatWasDone", Run: redriveRepeats},
	{Name: "redrive/RefusesWhatCannotBeFed", Run: redriveRefuses},
	{Name: "redrive/AChainOfThree", Run: redriveChain},
	{Name: "redrive/KilledInTheMiddle", Run: redriveKilled},
	{Name: "redrive/OfALaterGeneration", Run: redriveGeneration},
	{Name: "redrive/OfACancelledExecution", Run: redriveCancelled},
	{Name: "redrive/HeldUntilReleased", Run: redriveHeld},
}

func redriveFresh(h *H) {
	broken := true
	a, b := h.keyed("a", nil), h.keyed("b", &broken)
	draws := map[string]bool{}
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		draws[run.UUID()] = true
		return inTurn(run, n, a, b)
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	id := h.nextID()
	s := h.startOf(id, fn, 10)
	s.Origin = &engine.Origin{Execution: origin, Fresh: true}
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.wantOutput(id, 12)
	h.wantNoted("a:ex_2/1/1 b:ex_2/1/2")
	if len(draws) != 2 {
		h.Errorf("drawn: %v", draws)
	}
	if o := h.last(id, engine.EventCreated).Origin; o == nil || !o.Fresh {
		h.Errorf("created with the origin %+v", o)
	}
}

func redriveRepeats(h *H) {
	broken := true
	a, bad := h.keyed("a", nil), h.keyed("bad", &broken)
	read := h.step("test/read", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, n int) (int, error) { return n, nil })
	book := h.booking(never, never)
	child := engine.NewWorkflow(h.reg, "test/child", func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, a) })
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if n == 0 {
			if _, err := a.Do(run, n); err != nil {
				return 0, err
			}
			return 0, engine.ContinueAsNew(1)
		}
		if _, err := inTurn(run, n, read, a); err != nil {
			return 0, err
		}
		if _, err := child.Do(run, "", n); err != nil {
			return 0, err
		}
		_, _ = engine.WithSaga(run, func(s *engine.Saga) (int, error) {
			if _, err := book.Do(run, s, 1); err != nil {
				return 0, err
			}
			return 0, errors.Join(errTrip, second(a.Do(run, n)))
		})
		return bad.Do(run, n)
	})
	h.boot()
	origin := h.start(fn, 0)
	h.end(origin, workflow.Failed)
	want := map[string]int{"test/a": 5} // two generations, two of the child, one in the saga; what was undone is not there
	for _, id := range []string{origin, h.redrive(fn, origin)} {
		h.end(id, workflow.Failed)
		got, err := h.process.Engine.Repeats(h.Context(), workspace, engine.Origin{Execution: id})
		if err != nil {
			h.Fatal(err)
		}
		if !maps.Equal(got, want) {
			h.Errorf("%s would repeat %v, want %v", id, got, want)
		}
		want = map[string]int{"test/a": 4} // it began with the second generation
	}
}

// second returns the second of two values.
func second(_ int, err error) error { return err }

func redriveRefuses(h *H) {
	a := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if n == 0 {
			return 0, errTrip
		}
		if n == 1 {
			return a.Do(run, n)
		}
		return n, run.Sleep(h.d(100000))
	})
	other := engine.NewWorkflow(h.reg, "test/other", func(run engine.Run, n int) (int, error) { return n, nil }).Name()
	h.boot()
	failed, completed, open := h.start(fn, 0), h.start(fn, 1), h.start(fn, 2)
	h.end(failed, workflow.Failed)
	h.end(completed, workflow.Completed)
	for name, s := range map[string]engine.Start{
		"open":              {Workspace: workspace, Function: fn, Origin: &engine.Origin{Execution: open}},
		"completed":         {Workspace: workspace, Function: fn, Origin: &engine.Origin{Execution: completed}},
		"unknown":           {Workspace: workspace, Function: fn, Origin: &engine.Origin{Execution: "ex_none"}},
		"another workspace": {Workspace: "ws_other", Function: fn, Origin: &engine.Origin{Execution: failed}},
		"generation":        {Workspace: workspace, Function: fn, Origin: &engine.Origin{Execution: failed, Generation: 2}},
		"another function":  {Workspace: workspace, Function: other, Origin: &engine.Origin{Execution: failed}},
	} {
		s.Execution, s.Version, s.Kind, s.Definition = "ex_x", 1, "test", "wf_test"
		h.Log(name)
		_, err := h.process.Engine.Start(h.Context(), s)
		h.refused(0, err, engine.ErrNoOrigin)
		s.Origin.Fresh = true
		_, err = h.process.Engine.Start(h.Context(), s)
		h.refused(0, err, engine.ErrNoOrigin)
	}
	_, err := h.process.Engine.Repeats(h.Context(), workspace, engine.Origin{Execution: open})
	h.refused(0, err, engine.ErrNoOrigin)
}

func redriveChain(h *H) {
	var broken [3]bool
	steps := make([]engine.Step[int, int], 3)
	for i := range steps {
		broken[i] = true
		steps[i] = h.keyed(string(rune('a'+i)), &broken[i])
	}
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return inTurn(run, n, steps...) })
	h.boot()
	id := h.start(fn, 4)
	for i, want := range []string{"a:ex_1/1/1", "a:ex_1/1/1 b:ex_1/1/2", "b:ex_1/1/2 c:ex_1/1/3"} {
		h.end(id, workflow.Failed)
		h.wantNoted(want)
		h.forget()
		broken[i] = false
		id = h.redrive(fn, id)
	}
	h.wantOutput(id, 7)
	h.wantNoted("c:ex_1/1/3")
}

func redriveKilled(h *H) {
	broken := true
	g := newGate()
	a, bad := h.keyed("a", nil), h.keyed("bad", &broken)
	wait := h.step("test/wait", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("wait:%s", engine.InStep(ctx).Key)
		return n, g.wait(ctx)
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, bad, wait) })
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	id := h.redrive(fn, origin)
	h.until("the step runs", func() bool { return strings.Contains(h.noted(), "wait") })
	h.restart()
	g.release()
	h.wantOutput(id, 6)
	h.wantNoted("bad:ex_1/1/2 wait:ex_1/1/3 wait:ex_1/1/3")
}

func redriveGeneration(h *H) {
	broken := true
	a, bad := h.keyed("a", nil), h.keyed("bad", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if n < 10 {
			return 0, engine.ContinueAsNew(n + 10)
		}
		n, err := inTurn(run, n, a, bad)
		if err != nil || n >= 30 {
			return n, err
		}
		return 0, engine.ContinueAsNew(n * 2)
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	id := h.nextID()
	s := h.redriveOf(id, fn, origin)
	s.Input = json.RawMessage("4") // what people saw as its input
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.wantOutput(id, 34)
	h.wantNoted("bad:ex_1/2/2 a:ex_1/3/1 bad:ex_1/3/2")
	if o := h.last(id, engine.EventCreated).Origin; o == nil || o.Generation != 2 {
		h.Errorf("created with the origin %+v", o)
	}
	created, err := engine.DecodeCreated(h.b.Events(h.T, workspace, id)[0].Data)
	if err != nil || string(created.Input) != "4" {
		h.Errorf("its public input is %s (%v), want what the start said", created.Input, err)
	}
}

func redriveCancelled(h *H) {
	a := h.keyed("a", nil)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		n, err := a.Do(run, n)
		if err != nil {
			return 0, err
		}
		return n, run.Sleep(h.d(100))
	})
	h.boot()
	origin := h.start(fn, 4)
	h.has(origin, engine.EventStepCompleted, 1)
	h.cancel(origin)
	h.end(origin, workflow.Cancelled)
	h.wantOutput(h.redrive(fn, origin), 5)
	h.wantNoted("a:ex_1/1/1")
}

func redriveHeld(h *H) {
	broken := true
	a, b := h.keyed("a", nil), h.keyed("b", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		n, err := inTurn(run, n, a, b)
		return n*10 + run.Info().Version, err
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	id := h.nextID()
	s := h.redriveOf(id, fn, origin)
	s.Hold, s.Version = true, 0
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.restart()
	h.ok(h.process.Engine.Release(h.Context(), workspace, id, engine.Release{Version: 8}))
	h.wantOutput(id, 68)
	h.wantNoted("b:ex_1/1/2")
}
