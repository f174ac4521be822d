package enginetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var flowCases = []Case{
	{Name: "map/ResultsInOrderOfItems", Run: mapOrder},
	{Name: "map/AtMostParallel", Run: mapParallel},
	{Name: "map/FirstFailureCancelsAndAllEnd", Run: mapFailure},
	{Name: "map/Nested", Run: mapNested},
	{Name: "map/SurvivesCrash", Run: mapCrash},
	{Name: "map/Hundred", Run: mapHundred},
	{Name: "map/Empty", Run: mapEmpty},
	{Name: "all/SideBySide", Run: allBodies},
	{Name: "sleep/NeverEarly", Run: sleepEarly},
	{Name: "sleep/SurvivesCrash", Run: sleepCrash},
	{Name: "sleep/ThirtyDays", Days: true, Run: sleepDays},
	{Name: "run/NowRandomUUIDAreTheSameOnReplay", Run: runDeterministic},
	{Name: "run/InfoSaysWhichExecution", Run: runInfo},
	{Name: "run/ProgressIsSilentOnReplay", Run: runProgress},
	{Name: "run/OutsideItsBranchParks", Run: runForeign},
}

func mapOrder(h *H) {
	step := h.step("test/double", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		time.Sleep(time.Duration(5-n) * time.Millisecond) // the last ends first
		return 2 * n, nil
	})
	fn := engine.NewWorkflow(h.reg, "test/main", func(run engine.Run, n int) (string, error) {
		out, err := engine.Map(run, 0, []int{1, 2, 3, 4}, func(run engine.Run, i int) (int, error) { return step.Do(run, i) })
		return fmt.Sprint(out), err
	}).Name()
	h.boot()
	id := h.start(fn, 0)
	h.end(id, workflow.Completed)
	var out string
	if h.output(id, &out); out != "[2 4 6 8]" {
		h.Errorf("results %s", out)
	}
}

func mapParallel(h *H) {
	now, most := 0, 0
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 3, make([]int, 10), func(run engine.Run, i int) (int, error) {
			now++ // bodies may share variables: one runs at a time
			most = max(most, now)
			_, err := step.Do(run, i)
			now--
			return 0, err
		})
		return n, err
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	if most != 3 {
		h.Errorf("%d at a time, want 3", most)
	}
}

func mapFailure(h *H) {
	g := newGate()
	bad := h.step("test/bad", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		_ = g.wait(ctx) // not before the other one runs
		return 0, failure.New(failure.Validation, "bad", "bad")
	})
	slow := h.step("test/slow", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		g.release()
		<-ctx.Done() // the cancel reaches it, and its end is awaited
		h.note("slow-ended")
		return 0, ctx.Err()
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 3, []int{0, 1, 2, 3, 4}, func(run engine.Run, i int) (int, error) {
			switch i {
			case 0:
				return bad.Do(run, i)
			case 1:
				_, err := slow.Do(run, i)
				if !errors.Is(err, engine.ErrCancelled) {
					h.Errorf("the cancelled step gave %v", err)
				}
				return 0, err
			case 2:
				return 0, run.Sleep(h.d(100000))
			}
			h.Errorf("item %d began after the failure", i)
			return 0, nil
		})
		if !errors.Is(err, &engine.Error{Code: "bad"}) {
			h.Errorf("Map gave %v, want the first failure", err)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	h.wantNoted("slow-ended")
}

func mapNested(h *H) {
	step := h.step("test/path", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("%s", engine.InStep(ctx).Path)
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		sums, err := engine.Map(run, 1, []int{1, 2}, func(run engine.Run, i int) (int, error) {
			parts, err := engine.Map(run, 1, []int{1, 2}, func(run engine.Run, j int) (int, error) { return step.Do(run, i*10+j) })
			if err != nil {
				return 0, err
			}
			return parts[0] + parts[1], nil
		})
		if err != nil {
			return 0, err
		}
		return sums[0] + sums[1], nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	h.wantNoted("1.0.1.0.1 1.0.1.1.1 1.1.1.0.1 1.1.1.1.1")
	var out int
	if h.output(id, &out); out != 11+12+21+22 {
		h.Errorf("sum %d", out)
	}
}

func mapCrash(h *H) {
	g := newGate()
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if n%2 == 1 {
			if err := g.wait(ctx); err != nil {
				return 0, err
			}
		}
		h.note("%d", n)
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		_, err := engine.Map(run, 0, []int{0, 1, 2, 3}, func(run engine.Run, i int) (int, error) { return step.Do(run, i) })
		return n, err
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 2)
	h.restart()
	g.release()
	h.end(id, workflow.Completed)
	if got := strings.Fields(h.noted()); len(got) != 4 {
		h.Errorf("happened: %v, want each once", got)
	}
}

func mapHundred(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := engine.Map(run, 0, make([]int, 100), func(run engine.Run, i int) (int, error) { return step.Do(run, i) })
		return len(out), err
	})
	h.boot()
	id := h.start(fn, 1)
	h.end(id, workflow.Completed)
	if got := len(strings.Fields(h.noted())); got != 100 {
		h.Errorf("%d effects, want 100", got)
	}
}

func mapEmpty(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		out, err := engine.Map(run, 4, nil, func(run engine.Run, i int) (int, error) { return i, nil })
		return len(out), errors.Join(err, engine.All(run))
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func allBodies(h *H) {
	a, b := h.noting("a"), h.noting("b")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		sum := 0
		body := func(s engine.Step[int, int], n int) func(engine.Run) error {
			return func(run engine.Run) error {
				got, err := s.Do(run, n)
				sum += got
				return err
			}
		}
		err := engine.All(run, body(a, 1), body(b, 2))
		return sum, err
	})
	h.boot()
	id := h.start(fn, 0)
	h.end(id, workflow.Completed)
	var out int
	if h.output(id, &out); out != 3 {
		h.Errorf("sum %d", out)
	}
}

func sleepEarly(h *H) { // I6

	fn := h.workflow(func(run engine.Run, n int) (int, error) { return n, run.Sleep(h.d(3)) })
	h.boot()
	began := time.Now()
	h.end(h.start(fn, 1), workflow.Completed)
	if took := time.Since(began); took < h.d(3) {
		h.Errorf("slept %s, want %s", took, h.d(3))
	}
}

func sleepCrash(h *H) {
	a, b := h.noting("a"), h.noting("b")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		if _, err := a.Do(run, 1); err != nil {
			return 0, err
		}
		if err := run.Sleep(h.d(10)); err != nil {
			return 0, err
		}
		return b.Do(run, 1)
	})
	h.boot()
	began := time.Now()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.restart()
	h.end(id, workflow.Completed)
	if took := time.Since(began); took < h.d(10) {
		h.Errorf("slept %s, want %s in all", took, h.d(10))
	}
	h.wantNoted("a1 b1")
}

func sleepDays(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		began := run.Now()
		err := run.Sleep(30 * 24 * time.Hour)
		return int(run.Now().Sub(began) / (24 * time.Hour)), err
	})
	h.boot()
	id := h.start(fn, 1)
	time.Sleep(time.Hour)
	h.kill()
	time.Sleep(30*24*time.Hour - 2*time.Hour)
	h.boot()
	h.state(id, workflow.Running)
	h.end(id, workflow.Completed)
	var days int
	if h.output(id, &days); days != 30 {
		h.Errorf("%d days by Run.Now", days)
	}
}

func runDeterministic(h *H) {
	step := h.step("test/say", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) { return n, nil })
	var seen []string
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		draw := func(run engine.Run) string {
			return fmt.Sprint(run.Now().UnixMicro(), run.UUID(), run.Random().IntN(1000))
		}
		parts, err := engine.Map(run, 0, []int{1, 2}, func(run engine.Run, i int) (string, error) {
			before := draw(run)
			_, err := step.Do(run, i)
			return before + draw(run), err
		})
		seen = append(seen, strings.Join(parts, ",")+draw(run))
		if err != nil {
			return 0, err
		}
		return n, run.Sleep(h.d(25))
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 2)
	h.restart()
	h.end(id, workflow.Completed)
	for _, s := range seen {
		if s != seen[0] {
			h.Errorf("a replay drew %s, before %s", s, seen[0])
		}
	}
	if len(seen) < 2 {
		h.Error("nothing was replayed")
	}
}

func runInfo(h *H) {
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		want := engine.Info{Workspace: workspace, Execution: "ex_1", Generation: 1, Function: "test/main", Kind: "test", Definition: "wf_test", Version: 3,
			Root: engine.Root{Execution: "ex_1", Generation: 1}}
		if got := run.Info(); got != want {
			h.Errorf("info %+v", got)
		}
		return n, nil
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
}

func runProgress(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		run.Progress(engine.Progress{Done: 0, Total: 2})
		if _, err := step.Do(run, 1); err != nil {
			return 0, err
		}
		run.Progress(engine.Progress{Done: 1, Total: 2})
		if err := run.Sleep(h.d(25)); err != nil {
			return 0, err
		}
		run.Progress(engine.Progress{Done: 2, Total: 2})
		return n, nil
	})
	h.boot()
	id := h.start(fn, 1)
	h.has(id, engine.EventStepCompleted, 1)
	h.restart()
	h.end(id, workflow.Completed)
	h.mu.Lock()
	defer h.mu.Unlock()
	var done []int64
	for _, p := range h.progress {
		done = append(done, p.Done)
	}
	if fmt.Sprint(done) != "[0 1 2]" {
		h.Errorf("progress %v, want each once", done)
	}
}

func runForeign(h *H) {
	step := h.noting("a")
	fn := h.workflow(func(outer engine.Run, n int) (int, error) {
		_, err := engine.Map(outer, 2, []int{1, 2}, func(run engine.Run, i int) (int, error) {
			return step.Do(outer, i) //enginelint:ignore the engine must find it as well
		})
		return n, err
	})
	h.boot()
	id := h.start(fn, 1)
	delete(h.built, id) // it never replays
	h.state(id, workflow.Parked)
	if p := h.last(id, engine.EventParked); p.Reason != workflow.ReasonFunctionBroken || !strings.Contains(p.Error.Message, "outside of its own branch") {
		h.Errorf("parked: %+v", p)
	}
	h.wantNoted("")
}
