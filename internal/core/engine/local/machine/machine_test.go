package machine_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

func TestStepsSleepsAndTheEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		n, err := b.a.Do(run, 1)
		if err != nil {
			return 0, err
		}
		if n, err = b.read.Do(run, n); err != nil {
			return 0, err
		}
		if err := run.Sleep(0); err != nil { // takes a number and nothing else
			return 0, err
		}
		return n, run.Sleep(time.Minute)
	})
	b.says(m, "")
	m.Start(epoch)
	b.says(m, "step_started of t/a at 1, run t/a@1(1)")
	done(m, "1", "t/a", 7)
	b.says(m, "run t/read@2(7)")
	done(m, "2", "t/read", 8)
	b.says(m, "timer_set at 4")
	if w := m.Wait("4"); w == nil || !w.At.Equal(epoch.Add(time.Minute)) {
		t.Errorf("the sleep is %+v", w)
	}
	m.TimerFired(epoch.Add(time.Minute), "4")
	b.says(m, "completed 8")
	if n := m.Records(); n != 7 { // four inputs, with the start, and three commands, with the end
		t.Errorf("%d records", n)
	}
}

func TestHowItEnds(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fn        func(engine.Run) (int, error)
		cancelled bool
		want      string
	}{
		"completed":           {func(engine.Run) (int, error) { return 4, nil }, false, "completed 4"},
		"failed":              {func(engine.Run) (int, error) { return 4, &engine.Error{Code: "why"} }, false, "failed why"},
		"continued":           {func(engine.Run) (int, error) { return 0, engine.ContinueAsNew(5) }, false, "continued 5"},
		"cancelled":           {func(run engine.Run) (int, error) { return 0, run.Sleep(1) }, true, "cancelled cancelled"},
		"not by a cancel":     {func(engine.Run) (int, error) { return 0, engine.ErrCancelled }, false, "failed cancelled"},
		"failed in a cancel":  {func(run engine.Run) (int, error) { return 0, errors.Join(&engine.Error{Code: "why"}, errors.New("x")) }, true, "failed why"},
		"completed cancelled": {func(engine.Run) (int, error) { return 4, nil }, true, "cancelled cancelled"},
		"too large": {func(engine.Run) (int, error) {
			return 0, engine.ContinueAsNew(strings.Repeat("x", engine.MaxValueBytes))
		}, false, "failed too_large"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(c.fn, machine.Options{Cancelled: c.cancelled})
			m.Start(epoch)
			b.says(m, c.want)
		})
	}
}

func TestHistoryIsLongFromAMarkOn(t *testing.T) {
	t.Parallel()
	for mark, want := range map[int]string{0: "completed 0", 3: "completed 1", 4: "completed 0"} {
		b := newBench(t)
		m := b.machine(func(run engine.Run) (int, error) {
			if _, err := b.a.Do(run, 1); err != nil || !run.HistoryLong() { // the start, the step and its end
				return 0, err
			}
			return 1, nil
		}, machine.Options{LongHistory: mark})
		m.Start(epoch)
		m.Take()
		done(m, "1", "t/a", 7)
		b.says(m, want)
	}
}

func TestAPermanentErrorOfLoadEndsIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	reg := engine.NewRegistry()
	engine.NewWorkflow(reg, "t/main", func(engine.Run, int) (int, error) { t.Error("it ran"); return 0, nil })
	m := machine.New(machine.Options{Function: reg.Function("t/main"), Loaded: error(&engine.Error{Code: "bad_input"})})
	defer m.Close()
	m.Start(epoch)
	b.says(m, "failed bad_input")
}

// An input that does not encode fails its step; the call is recorded all the same.
func TestTheInputIsTakenWhenItIsCalled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	step := engine.NewStep(b.reg, "t/list", engine.StepOptions[[]int]{}, func(context.Context, []int) (int, error) { return 0, nil })
	shared := []int{1}
	m := b.machine(func(run engine.Run) (int, error) {
		return 0, engine.All(run, func(run engine.Run) error {
			_, err := step.Do(run, shared)
			return err
		}, func(run engine.Run) error {
			shared[0] = 2
			return nil
		})
	})
	m.Start(epoch)
	b.says(m, "step_started of t/list at 1.0.1, run t/list@1.0.1([1])")
}

// On replay too: a step that runs again gets what it got before.
func TestTheInputOfAnOpenStepIsTakenOnReplay(t *testing.T) {
	t.Parallel()
	for name, ended := range map[string]bool{"open": false, "ended": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			encoded := 0
			step := engine.NewStep(b.reg, "t/counted", engine.StepOptions[counted]{}, func(context.Context, counted) (int, error) { return 0, nil })
			m := b.machine(func(run engine.Run) (int, error) { return step.Do(run, counted{&encoded}) },
				machine.Options{Replaying: true, Ended: map[string]bool{"1": ended}})
			m.Start(epoch)
			if (encoded == 0) != ended {
				t.Errorf("the input was encoded %d times", encoded)
			}
			m.Live()
			if in, err := m.Wait("1").Input(); string(in) != "1" || err != nil || encoded != 1 {
				t.Errorf("the input is %s (%v), encoded %d times", in, err, encoded)
			}
		})
	}
}

func TestSignals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		first, err := b.yes.Wait(run, engine.Forever)
		if err != nil {
			return 0, err
		}
		second, err := b.yes.Wait(run, time.Hour)
		if err != nil {
			return 0, err
		}
		_, err = b.no.Wait(run, time.Hour)
		if !errors.Is(err, engine.ErrDeadline) {
			return 0, err
		}
		_, err = b.no.Wait(run, 0)
		if !errors.Is(err, engine.ErrDeadline) {
			return 0, err
		}
		return first*10 + second, nil
	}, machine.Options{Unread: []engine.Message{{N: 9, Name: "t/yes", Data: json.RawMessage("1")}}})
	m.Start(epoch)
	b.says(m, "signal_taken of t/yes at 1 #1, wait_began of t/yes at 2") // it is numbered anew
	m.Signal(epoch, "t/other", json.RawMessage("1"))
	b.says(m, "")
	m.Signal(epoch, "t/yes", json.RawMessage("2"))
	b.says(m, "signal_taken of t/yes at 2 #3, wait_began of t/no at 3")
	m.TimerFired(epoch, "3")
	b.says(m, "completed 12")
	if left := m.Unread(); len(left) != 1 || left[0].Name != "t/other" || left[0].N != 2 {
		t.Errorf("unread: %+v", left)
	}
}

func TestUnreadSignalsInTheOrderOfArrival(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) { return 0, run.Sleep(time.Hour) })
	m.Start(epoch)
	for _, name := range []string{"t/no", "t/yes", "t/no", "t/yes"} {
		m.Signal(epoch, name, nil)
	}
	got := ""
	for _, s := range m.Unread() {
		got += s.Name[2:] + " "
	}
	if got != "no yes no yes " {
		t.Errorf("unread: %s", got)
	}
}

func TestSelectTakesTheOldest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	take := func(into *int) func(int) error { return func(n int) error { *into = *into*10 + n; return nil } }
	m := b.machine(func(run engine.Run) (int, error) {
		sum := 0
		for range 4 {
			if err := engine.Select(run, engine.Forever, b.yes.Then(take(&sum)), b.no.Then(take(&sum)), b.yes.Then(take(&sum))); err != nil {
				return 0, err
			}
		}
		return sum, nil
	}, machine.Options{Unread: []engine.Message{{Name: "t/no", Data: json.RawMessage("1")}, {Name: "t/yes", Data: json.RawMessage("2")}, {Name: "t/no", Data: json.RawMessage("3")}}})
	m.Start(epoch)
	b.says(m, "signal_taken of t/no at 1 #1, signal_taken of t/yes at 2 #2, signal_taken of t/no at 3 #3, wait_began of t/yes,t/no,t/yes at 4")
	m.Signal(epoch, "t/no", json.RawMessage("4"))
	b.says(m, "signal_taken of t/no at 4 #4, completed 1234")
	m.Signal(epoch, "t/yes", json.RawMessage("5")) // the wait has left both inboxes
	if n := len(m.Unread()); n != 1 {
		t.Errorf("%d are unread", n)
	}
}

func TestACancelEndsWaitsInTheirOrderAndAbortsTheRest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := ""
	m := b.machine(func(run engine.Run) (int, error) {
		note := func(name string, err error) error {
			order += name + " "
			if !errors.Is(err, engine.ErrCancelled) {
				t.Errorf("%s gave %v", name, err)
			}
			return nil
		}
		return 0, engine.All(run,
			func(run engine.Run) error { return note("sleep", run.Sleep(time.Hour)) },
			func(run engine.Run) error { _, err := b.a.Do(run, 1); return note("step", err) },
			func(run engine.Run) error { _, err := b.yes.Wait(run, engine.Forever); return note("signal", err) },
			func(run engine.Run) error { _, err := b.child.Do(run, "", 1); return note("child", err) },
			func(run engine.Run) error { return note("await", engine.Await(run, func() bool { return false })) },
			func(run engine.Run) error { return run.Detached().Sleep(time.Hour) })
	})
	m.Start(epoch)
	said(m)
	m.Cancel(epoch)
	b.says(m, "abort 1.1.1, abort 1.3.1")
	if order != "sleep signal await " {
		t.Errorf("ended: %s", order)
	}
	m.Cancel(epoch) // again
	b.says(m, "")
	failed(m, "1.1.1", "t/a", engine.CodeCancelled)
	m.ChildEnded(epoch, "1.3.1", nil, &engine.Error{Code: engine.CodeCancelled})
	b.says(m, "")
	m.TimerFired(epoch, "1.5.1")
	b.says(m, "cancelled cancelled")
}

func TestForkRunsSoManyAtATime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		out, err := engine.Map(run, 2, []int{0, 1, 2}, func(run engine.Run, i int) (int, error) { return b.read.Do(run, i) })
		return len(out), err
	})
	m.Start(epoch)
	b.says(m, "run t/read@1.0.1(0), run t/read@1.1.1(1)")
	done(m, "1.1.1", "t/read", 0)
	b.says(m, "run t/read@1.2.1(2)")
	failed(m, "1.2.1", "t/read", "why")
	b.says(m, "abort 1.0.1")
	done(m, "1.0.1", "t/read", 0) // what it still does counts for nothing
	b.says(m, "failed why")
}

func TestACancelledForkBeginsNoFurtherItems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		_, err := engine.Map(run, 1, []int{0, 1}, func(run engine.Run, i int) (int, error) {
			_, _ = b.read.Do(run, i)
			return 0, nil
		})
		return 0, err
	})
	m.Start(epoch)
	said(m)
	m.Cancel(epoch)
	b.says(m, "abort 1.0.1")
	done(m, "1.0.1", "t/read", 0)
	b.says(m, "cancelled cancelled")
}

func TestAwait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	asked := 0
	m := b.machine(func(run engine.Run) (int, error) {
		done := 0
		return 0, engine.All(run, func(run engine.Run) error {
			return engine.Await(run, func() bool { asked++; return done == 2 })
		}, func(run engine.Run) error {
			for done < 2 {
				if _, err := b.read.Do(run, done); err != nil {
					return err
				}
				done++
			}
			return run.Sleep(time.Hour)
		})
	})
	m.Start(epoch)
	b.says(m, "run t/read@1.1.1(0)")
	done(m, "1.1.1", "t/read", 0)
	b.says(m, "run t/read@1.1.2(1)")
	before := asked
	done(m, "1.1.2", "t/read", 0)
	b.says(m, "timer_set at 1.1.3")
	if asked == before {
		t.Error("the condition was not asked again")
	}
	m.TimerFired(epoch, "1.1.3")
	b.says(m, "completed 0")
}

func TestProgressIsSilentOnReplay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	heard := 0
	m := b.machine(func(run engine.Run) (int, error) {
		run.Progress(engine.Progress{Done: 1})
		if err := run.Sleep(1); err != nil {
			return 0, err
		}
		run.Progress(engine.Progress{Done: 2})
		return 0, nil
	}, machine.Options{Replaying: true, Progress: func(p engine.Progress) { heard += int(p.Done) }})
	m.Start(epoch)
	if _, why := m.Match(machine.TimerSet, "1", ""); why != nil {
		t.Fatal(why)
	}
	m.Live()
	m.TimerFired(epoch, "1")
	if heard != 2 {
		t.Errorf("heard %d", heard)
	}
}
