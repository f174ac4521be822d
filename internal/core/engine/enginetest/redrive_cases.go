package enginetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
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
	{Name: "redrive/ReadsAnewWhatNothingFollowed", Run: redriveRereads},
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

// redriveRereads: a redrive sees what was repaired in the world since, except
// where the origin has already acted on what it saw.
func redriveRereads(h *H) {
	var world atomic.Int64
	world.Store(1)
	look := h.step("test/look", engine.StepOptions[int]{ReadOnly: true, Reread: true}, func(_ context.Context, n int) (int, error) {
		seen := int(world.Load())
		h.note("look%d", seen)
		return seen, nil
	})
	act := h.keyed("act", nil)
	judge := h.step("test/judge", engine.StepOptions[int]{ReadOnly: true}, func(_ context.Context, seen int) (int, error) {
		if h.note("judge%d", seen); seen == 1 {
			return 0, errTrip
		}
		return seen, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		first, err := look.Do(run, n)
		if err != nil {
			return 0, err
		}
		if _, err := act.Do(run, first); err != nil {
			return 0, err
		}
		seen, err := engine.Map(run, 0, []int{1, 2}, look.Do)
		if err != nil {
			return 0, err
		}
		last, err := judge.Do(run, seen[0])
		if err != nil {
			return 0, err
		}
		if _, err := act.Do(run, last); err != nil {
			return 0, err
		}
		return first*10 + last, nil
	})
	h.boot()
	origin := h.start(fn, 0)
	h.end(origin, workflow.Failed)
	h.wantNoted("look1 act:ex_1/1/2 look1 look1 judge1")
	h.forget()
	again := h.redrive(fn, origin)
	h.end(again, workflow.Failed)
	h.wantNoted("look1 look1 judge1")
	world.Store(2)
	h.forget()
	h.wantOutput(h.redrive(fn, again), 12)
	h.wantNoted("look2 look2 judge2 act:ex_1/1/5")
}
