package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

var redriveCases = []Case{
	{Name: "redrive/CompletedStepsAreNotRunAgain", Run: redriveSteps},
	{Name: "redrive/SleepsAndSignalsAreFed", Run: redriveWaits},
	{Name: "redrive/GoesLiveWhereAResultIsMissing", Run: redriveMissing},
	{Name: "redrive/GoesLiveWhereTheFunctionDiffers", Run: redriveDiffers},
	{Name: "redrive/ItemsOfAMapSeparately", Run: redriveMap},
	{Name: "redrive/RandomAndUUIDAreTheSame", Run: redriveRandom},
	{Name: "redrive/SignalsNotTakenAreThere", Run: redriveSignals},
	{Name: "redrive/ALookThatFoundNothingIsFed", Run: redrivePoll},
	{Name: "redrive/VersionsAreTheOrigins", Run: redriveVersions},
	{Name: "redrive/FreshFeedsNothing", Run: redriveFresh},
	{Name: "redrive/RepeatsCountsWhatWasDone", Run: redriveRepeats},
	{Name: "redrive/RefusesWhatCannotBeFed", Run: redriveRefuses},
	{Name: "redrive/AChainOfThree", Run: redriveChain},
	{Name: "redrive/KilledInTheMiddle", Run: redriveKilled},
	{Name: "redrive/OfALaterGeneration", Run: redriveGeneration},
	{Name: "redrive/OfACancelledExecution", Run: redriveCancelled},
	{Name: "redrive/HeldUntilReleased", Run: redriveHeld},
}

// redrive starts an execution that takes over from another one.
func (h *H) redrive(fn, origin string) string {
	h.Helper()
	id := h.nextID()
	h.ok(h.process.Engine.Start(h.Context(), h.redriveOf(id, fn, origin)))
	return id
}

func (h *H) redriveOf(id, fn, origin string) engine.Start {
	s := h.startOf(id, fn, nil)
	s.Input, s.Origin = nil, &engine.Origin{Execution: origin}
	return s
}

// keyed registers a step that notes its name and key, and fails while broken
// says so.
func (h *H) keyed(name string, broken *bool) engine.Step[int, int] {
	return h.step("test/"+name, engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("%s:%s", name, engine.InStep(ctx).Key)
		if broken != nil && *broken {
			return 0, errTrip
		}
		return n + 1, nil
	})
}

// forget drops what was noted so far.
func (h *H) forget() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.log = nil
}

// inTurn runs steps one after the other, each with the result of the one before.
func inTurn(run engine.Run, n int, steps ...engine.Step[int, int]) (int, error) {
	for _, s := range steps {
		var err error
		if n, err = s.Do(run, n); err != nil {
			return 0, err
		}
	}
	return n, nil
}

func redriveSteps(h *H) {
	broken := true
	a, b, c := h.keyed("a", nil), h.keyed("b", nil), h.keyed("c", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, b, c) })
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	h.wantNoted("a:ex_1/1/1 b:ex_1/1/2 c:ex_1/1/3")
	h.forget()
	broken = false
	id := h.redrive(fn, origin)
	h.wantOutput(id, 7)
	h.wantNoted("c:ex_1/1/3")
	if o := h.last(id, engine.EventCreated).Origin; o == nil || *o != (engine.Origin{Execution: origin, Generation: 1}) {
		h.Errorf("created with the origin %+v", o)
	}
	if n := h.count(id, engine.EventStepCompleted); n != 1 {
		h.Errorf("%d steps completed", n)
	}
}

func redriveWaits(h *H) {
	broken := true
	yes := engine.NewSignal[int](h.reg, "test/yes")
	last := h.keyed("last", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if err := run.Sleep(h.d(20)); err != nil {
			return 0, err
		}
		got, err := yes.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		if _, err := yes.Wait(run, h.d(20)); !errors.Is(err, engine.ErrDeadline) {
			return 0, fmt.Errorf("the second wait gave %w", err)
		}
		more := 0
		if err := engine.Select(run, engine.Forever, yes.Then(func(n int) error { more = n; return nil })); err != nil {
			return 0, err
		}
		return last.Do(run, got*10+more)
	})
	h.boot()
	origin := h.start(fn, 0)
	h.send(origin, "test/yes", "s1", 3)
	h.has(origin, engine.EventWaiting, 1) // the sleep and the first wait are over
	h.until("the deadline has passed", func() bool { return h.last(origin, engine.EventWaiting).Path == "4" })
	h.send(origin, "test/yes", "s2", 4)
	h.end(origin, workflow.Failed)
	broken = false
	began := time.Now()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 35)
	if took := time.Since(began); h.can.VirtualTime && took > h.d(10) {
		h.Errorf("the redrive took %s", took)
	}
	if n := h.count(id, engine.EventWaiting); n != 0 {
		h.Errorf("it waited %d times", n)
	}
}

func redriveMissing(h *H) {
	first, last := true, true
	a, b, c := h.keyed("a", &first), h.keyed("b", nil), h.keyed("c", &last)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		n, _ = a.Do(run, n) // whatever comes of it
		return inTurn(run, n, b, c)
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	first, last = false, false
	h.forget()
	h.wantOutput(h.redrive(fn, origin), 7) // b is run again: it depends on a
	h.wantNoted("a:ex_1/1/1 b:ex_1/1/2 c:ex_1/1/3")
}

func redriveDiffers(h *H) {
	build := func(second string) string {
		h.reg = engine.NewRegistry()
		broken := second == "b"
		a, b, c := h.keyed("a", nil), h.keyed(second, nil), h.keyed("c", &broken)
		return h.workflow(func(run engine.Run, n int) (int, error) { return inTurn(run, n, a, b, c) })
	}
	fn := build("b")
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	h.forget()
	h.kill()
	build("other")
	delete(h.built, origin)
	h.boot()
	h.wantOutput(h.redrive(fn, origin), 7)
	h.wantNoted("other:ex_1/1/2 c:ex_1/1/3")
}

func redriveMap(h *H) {
	broken := true
	a, b, after := h.keyed("a", nil), h.keyed("b", nil), h.keyed("after", nil)
	bad := h.keyed("bad", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		var failed error
		_, err := engine.Map(run, 1, []int{0, 1, 2, 3}, func(run engine.Run, i int) (int, error) {
			second := b
			if i == 1 {
				second = bad
			}
			n, err := inTurn(run, i, a, second)
			failed = errors.Join(failed, err) // the others go on
			return n, nil
		})
		if err != nil {
			return 0, err
		}
		if _, err := after.Do(run, n); err != nil {
			return 0, err
		}
		return n, failed
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	h.wantOutput(h.redrive(fn, origin), 4)
	h.wantNoted("bad:ex_1/1/1.1.2 after:ex_1/1/2") // what comes after the Map depends on the item
}

func redriveRandom(h *H) {
	broken := true
	step := h.keyed("a", &broken)
	draws := map[string]bool{}
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		drawn := run.UUID()
		_, err := engine.Map(run, 2, []int{1, 2}, func(run engine.Run, i int) (int, error) {
			drawn += fmt.Sprint(i, run.Random().IntN(1000))
			return i, nil
		})
		draws[drawn+run.UUID()] = true
		if err != nil {
			return 0, err
		}
		return step.Do(run, n)
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.wantOutput(h.redrive(fn, origin), 5)
	if len(draws) != 1 {
		h.Errorf("drawn: %v", draws)
	}
}

func redriveSignals(h *H) {
	broken := true
	yes := engine.NewSignal[int](h.reg, "test/yes")
	step := h.keyed("a", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		one, err := yes.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		if _, err := step.Do(run, n); err != nil {
			return 0, err
		}
		if err := run.Sleep(h.d(10)); err != nil {
			return 0, err
		}
		two, err := yes.Wait(run, engine.Forever)
		return one*10 + two, err
	})
	h.boot()
	origin := h.hold(fn, 4)
	h.send(origin, "test/yes", "s1", 3)
	h.send(origin, "test/yes", "s2", 4)
	h.release(origin)
	h.end(origin, workflow.Failed)
	broken = false
	id := h.redrive(fn, origin)
	h.restart()
	h.wantOutput(id, 34)
}

func redrivePoll(h *H) {
	broken := true
	yes := engine.NewSignal[int](h.reg, "test/yes")
	a, b := h.keyed("a", nil), h.keyed("b", &broken)
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		got, err := yes.Wait(run, 0)
		if err != nil && !errors.Is(err, engine.ErrDeadline) {
			return 0, err
		}
		if got != 0 {
			h.Error("the redrive found what the origin did not")
		}
		if n, err = inTurn(run, n, a, b); err != nil {
			return 0, err
		}
		got, err = yes.Wait(run, 0)
		return n*10 + got, err
	})
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	broken = false
	h.forget()
	id := h.nextID()
	s := h.redriveOf(id, fn, origin)
	s.Hold = true
	h.ok(h.process.Engine.Start(h.Context(), s))
	h.send(id, "test/yes", "s1", 7)
	h.release(id)
	h.wantOutput(id, 67)
	h.wantNoted("b:ex_1/1/3")
}

func redriveVersions(h *H) {
	broken := true
	build := func(newest int) string {
		h.reg = engine.NewRegistry()
		a, b, c := h.keyed("a", nil), h.keyed("b", &broken), h.keyed("c", nil)
		version := func(run engine.Run, change string, n int) int {
			if n == 0 {
				return 0
			}
			return run.Version(change, n)
		}
		return h.workflow(func(run engine.Run, n int) (int, error) {
			marked := run.Version("marked", 1+newest)
			passed := version(run, "passed", newest) // the origin came here before this change
			if _, err := a.Do(run, n); err != nil {
				return 0, err
			}
			ahead := version(run, "ahead", newest) // and not here: b has no result
			if _, err := inTurn(run, n, b, c); err != nil {
				return 0, err
			}
			return marked*100 + passed*10 + ahead, nil
		})
	}
	fn := build(0)
	h.boot()
	origin := h.start(fn, 4)
	h.end(origin, workflow.Failed)
	h.kill()
	build(1)
	delete(h.built, origin) // it failed with the other build
	h.boot()
	broken = false
	h.forget()
	id := h.redrive(fn, origin)
	h.wantOutput(id, 101)
	h.wantNoted("b:ex_1/1/2 c:ex_1/1/3")
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
		return n, run.Sleep(h.d(10))
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
