package machine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

// fed is a feed of steps t/a that returned their number.
func fed(paths ...string) *engine.Feed {
	f := &engine.Feed{Results: map[string]engine.Fed{}}
	for i, path := range paths {
		f.Results[path] = engine.Fed{What: engine.FedStep, Name: "t/a", Out: json.RawMessage(fmt.Sprint(i + 1))}
	}
	return f
}

// inRow calls t/a n times and sums up.
func inRow(b *bench, run engine.Run, n int) (sum int, err error) {
	for range n {
		got, err := b.a.Do(run, 0)
		if err != nil {
			return 0, err
		}
		sum = sum*10 + got
	}
	return sum, nil
}

func TestFedUpToTheFirstThatIsMissing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) { return inRow(b, run, 4) }, machine.Options{Feed: fed("1", "2", "4")})
	m.Start(epoch)
	b.says(m, "step_started of t/a at 3, run t/a@3(0)")
	done(m, "3", "t/a", 7)
	b.says(m, "step_started of t/a at 4, run t/a@4(0)") // not what the origin had there
	done(m, "4", "t/a", 8)
	b.says(m, "completed 1278")
}

func TestFedOnlyWhatAgrees(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		result engine.Fed
		fn     func(*bench, engine.Run) (int, error)
		live   string // what is asked for if it is not fed
		want   string
	}{
		"step":             {engine.Fed{What: engine.FedStep, Name: "t/a", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.a.Do(run, 0) }, "", "completed 3"},
		"another step":     {engine.Fed{What: engine.FedStep, Name: "t/b", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.a.Do(run, 0) }, "step_started of t/a at 1, run t/a@1(0)", ""},
		"sleep":            {engine.Fed{What: engine.FedSleep}, func(b *bench, run engine.Run) (int, error) { return 0, run.Sleep(time.Hour) }, "", "completed 0"},
		"step for a sleep": {engine.Fed{What: engine.FedStep, Name: "t/a"}, func(b *bench, run engine.Run) (int, error) { return 0, run.Sleep(time.Hour) }, "timer_set at 1", ""},
		"signal":           {engine.Fed{What: engine.FedSignal, Name: "t/yes", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.yes.Wait(run, engine.Forever) }, "", "completed 3"},
		"another signal":   {engine.Fed{What: engine.FedSignal, Name: "t/no", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.yes.Wait(run, engine.Forever) }, "wait_began of t/yes at 1", ""},
		"deadline":         {engine.Fed{What: engine.FedDeadline}, func(b *bench, run engine.Run) (int, error) { return b.yes.Wait(run, time.Hour) }, "", "failed deadline"},
		"select": {engine.Fed{What: engine.FedSignal, Name: "t/no", Out: []byte("3")}, func(b *bench, run engine.Run) (out int, err error) {
			return out, engine.Select(run, engine.Forever, b.yes.Then(func(int) error { return errors.New("yes") }), b.no.Then(func(n int) error { out = n; return &engine.Error{Code: "no"} }))
		}, "", "failed no"},
		"child":         {engine.Fed{What: engine.FedChild, Name: "t/child", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.child.Do(run, "", 1) }, "", "completed 3"},
		"another child": {engine.Fed{What: engine.FedChild, Name: "t/other", Out: []byte("3")}, func(b *bench, run engine.Run) (int, error) { return b.child.Do(run, "", 1) }, "child_started of t/child at 1", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(func(run engine.Run) (int, error) { return c.fn(b, run) },
				machine.Options{Feed: &engine.Feed{Results: map[string]engine.Fed{"1": c.result}}})
			m.Start(epoch)
			b.says(m, c.live+c.want)
		})
	}
}

func TestItemsAreFedSeparately(t *testing.T) {
	t.Parallel()
	for _, parallel := range []int{1, 2, 3} {
		t.Run(fmt.Sprint(parallel), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(func(run engine.Run) (int, error) {
				if _, err := engine.Map(run, parallel, []int{0, 1, 2}, func(run engine.Run, i int) (int, error) { return inRow(b, run, 2) }); err != nil {
					return 0, err
				}
				return b.a.Do(run, 9)
			}, machine.Options{Feed: fed("1.0.1", "1.1.1", "1.1.2", "1.2.1", "1.2.2", "2")})
			m.Start(epoch)
			b.says(m, "step_started of t/a at 1.0.2, run t/a@1.0.2(0)") // the others need nothing
			done(m, "1.0.2", "t/a", 1)
			b.says(m, "step_started of t/a at 2, run t/a@2(9)") // it may depend on the item
		})
	}
}

func TestWhatIsFedInABranchIsFedAfterIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	m := b.machine(func(run engine.Run) (int, error) {
		if _, err := engine.Map(run, 2, []int{0, 1}, func(run engine.Run, i int) (int, error) { return inRow(b, run, 1) }); err != nil {
			return 0, err
		}
		return inRow(b, run, 2)
	}, machine.Options{Feed: fed("1.0.1", "1.1.1", "2")})
	m.Start(epoch)
	b.says(m, "step_started of t/a at 3, run t/a@3(0)")
}

func TestALookThatFoundNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		results []string
		want    string
	}{
		"the origin went on":     {[]string{"1", "3"}, "step_started of t/a at 4, run t/a@4(0)"},
		"it went on in a branch": {[]string{"1", "3.1.2"}, "step_started of t/a at 3, run t/a@3(0)"},
		"it did not":             {[]string{"1"}, "signal_taken of t/yes at 2 #1, step_started of t/a at 3, run t/a@3(0)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(func(run engine.Run) (int, error) {
				if _, err := b.a.Do(run, 0); err != nil {
					return 0, err
				}
				_, _ = b.yes.Wait(run, 0)
				return inRow(b, run, 2)
			}, machine.Options{Feed: fed(c.results...), Unread: []engine.Message{{Name: "t/yes"}}})
			m.Start(epoch)
			b.says(m, c.want)
		})
	}
}

func TestVersionsWhileItIsFed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var seen []int
	m := b.machine(func(run engine.Run) (int, error) {
		seen = append(seen, run.Version("passed", 3)) // the origin has results behind this place
		if _, err := b.a.Do(run, 0); err != nil {
			return 0, err
		}
		_, err := engine.Map(run, 1, []int{0}, func(run engine.Run, i int) (int, error) {
			seen = append(seen, run.Version("in a branch", 3))
			return b.a.Do(run, 0)
		})
		seen = append(seen, run.Version("ahead", 3), run.Version("passed", 3))
		return 0, err
	}, machine.Options{Feed: fed("1", "2.0.1")})
	m.Start(epoch)
	b.says(m, "version_marked of ahead #3, completed 0")
	if fmt.Sprint(seen) != "[0 0 3 0]" {
		t.Errorf("versions %v", seen)
	}
}

func TestScopes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own := engine.Root{Execution: "ex_redrive", Generation: 1}
	keys := map[string]string{}
	m := b.machine(func(run engine.Run) (int, error) {
		key := func(run engine.Run, n int) error {
			_, err := b.a.Do(run, n)
			return err
		}
		for range 2 {
			if _, err := engine.WithSaga(run, func(*engine.Saga) (int, error) { return 0, key(run, 0) }); err != nil {
				return 0, err
			}
		}
		return 0, key(run, 0)
	}, machine.Options{Feed: &engine.Feed{Results: fed("1", "2", "3").Results,
		Scopes: map[string]engine.FedScope{"1": {Root: engine.Root{Execution: "ex_middle", Generation: 1}}, "2": {Root: own, Undone: true}}}})
	m.Start(epoch)
	for n := range 2 { // the first was not undone: it is fed
		_, steps, _ := m.Take()
		if len(steps) != 1 {
			t.Fatalf("%d steps are asked for", len(steps))
		}
		keys[steps[0].Path] = steps[0].Call.Key
		done(m, steps[0].Path, "t/a", n)
	}
	if keys["2"] != "ex_redrive/1/2" || keys["3"] != "ex/1/3" {
		t.Errorf("keys: %v", keys)
	}
}

func TestScopesWithTheSameFirstCall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	undo := engine.NewUndoable[int, int](b.reg, "t/book", engine.StepOptions[int]{}, nil, nil)
	m := b.machine(func(run engine.Run) (int, error) {
		return engine.WithSaga(run, func(outer *engine.Saga) (int, error) {
			_, err := engine.WithSaga(run, func(inner *engine.Saga) (int, error) {
				if _, err := undo.Do(run, inner, 1); err != nil {
					return 0, err
				}
				return 0, &engine.Error{Code: "off"}
			})
			if err == nil {
				t.Error("the inner one did not fail")
			}
			_, _ = undo.Do(run, outer, 2)
			return 0, &engine.Error{Code: "off"}
		})
	})
	m.Start(epoch)
	said(m)
	done(m, "1", "t/book", 1)
	b.says(m, "compensating at 1 #1, step_started of t/book/undo at 2, run t/book/undo@2("+`{"key":"ex/1/1","in":1,"out":1}`+")")
	done(m, "2", "t/book/undo", struct{}{})
	said(m)
	done(m, "3", "t/book", 1)
	b.says(m, "compensating at 1, step_started of t/book/undo at 4, run t/book/undo@4("+`{"key":"ex/1/3","in":2,"out":1}`+")")
}

func TestChildrenTakeOver(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		of   engine.Unfinished
		want string
	}{
		"the same function": {engine.Unfinished{Execution: "ex_old", Function: "t/child"}, "ex_old"},
		"another function":  {engine.Unfinished{Execution: "ex_old", Function: "t/other"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			m := b.machine(func(run engine.Run) (int, error) { return b.child.Do(run, "", 1) },
				machine.Options{Feed: &engine.Feed{Children: map[string]engine.Unfinished{"1": c.of}}})
			m.Start(epoch)
			if w := m.Wait("1"); w == nil || w.Origin != c.want || w.Child.Key != "ex/1/1" || !w.Child.Own {
				t.Errorf("the child is %+v", w)
			}
		})
	}
}
