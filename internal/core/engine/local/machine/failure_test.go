package machine_test

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
)

func TestWhyItCannotGoOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, c := range map[string]struct {
		fn   func(engine.Run) (int, error)
		do   func(*machine.Machine)
		want string
	}{
		"panic": {func(engine.Run) (int, error) { panic("no luck") }, nil, "a panic: no luck"},
		"panic in a branch": {func(run engine.Run) (int, error) {
			return 0, engine.All(run, func(run engine.Run) error { panic("no luck") }, func(run engine.Run) error { return run.Sleep(1) })
		}, nil, "a panic: no luck"},
		"panic in a condition": {func(run engine.Run) (int, error) {
			first := true
			return 0, engine.All(run, func(run engine.Run) error {
				return engine.Await(run, func() bool {
					if first = !first; first {
						panic("no luck")
					}
					return false
				})
			}, func(run engine.Run) error { return run.Sleep(1) })
		}, nil, "a panic: no luck"},
		"deadlock": {func(run engine.Run) (int, error) {
			return 0, engine.Await(run, func() bool { return false })
		}, nil, "no other branch can change"},
		"a foreign Run": {func(outer engine.Run) (int, error) {
			return 0, engine.All(outer, func(engine.Run) error { return outer.Sleep(1) }, func(run engine.Run) error { return run.Sleep(1) }) //enginelint:ignore it must be found
		}, nil, "outside of its own branch"},
		"a call in a condition": {func(run engine.Run) (int, error) {
			return 0, engine.Await(run, func() bool { return run.Sleep(1) == nil }) //enginelint:ignore it must be found
		}, nil, "outside of its own branch"},
		"a result of another step": {func(run engine.Run) (int, error) { return b.a.Do(run, 1) },
			func(m *machine.Machine) { done(m, "1", "t/b", 1) }, "1 | t/b | a result of step t/b | step t/a at 1"},
		"a result for no one": {func(run engine.Run) (int, error) { return b.a.Do(run, 1) },
			func(m *machine.Machine) { done(m, "2", "t/a", 1) }, "a result of step t/a | nothing that waits there"},
		"a result for a sleep": {func(run engine.Run) (int, error) { return 0, run.Sleep(1) },
			func(m *machine.Machine) { done(m, "1", "t/a", 1) }, "a sleep at 1"},
		"a timer for a step": {func(run engine.Run) (int, error) { return b.a.Do(run, 1) },
			func(m *machine.Machine) { m.TimerFired(epoch, "1") }, "a timer that fired | step t/a at 1"},
		"a child's end for a wait": {func(run engine.Run) (int, error) { return b.yes.Wait(run, engine.Forever) },
			func(m *machine.Machine) { m.ChildEnded(epoch, "1", nil, nil) }, "the end of a child | a wait for t/yes at 1"},
		"a result that does not fit": {func(run engine.Run) (int, error) { return b.a.Do(run, 1) },
			func(m *machine.Machine) { done(m, "1", "t/a", "text") }, "a result of t/a | a type that cannot hold it"},
		"an output that does not fit": {func(run engine.Run) (int, error) { return b.child.Do(run, "", 1) },
			func(m *machine.Machine) { m.ChildEnded(epoch, "1", json.RawMessage(`"text"`), nil) }, "an output of t/child | a type that cannot hold it"},
	} {
		t.Run(name, func(t *testing.T) {
			m := b.machine(c.fn)
			m.Start(epoch)
			if c.do != nil {
				c.do(m)
			}
			b.fails(m, c.want)
		})
	}
}

// Close ends every branch; their defers run, and what they call is not done.
func TestCloseLeavesNoGoroutine(t *testing.T) {
	b := newBench(t)
	before := runtime.NumGoroutine()
	deferred := 0
	for range 50 {
		m := b.machine(func(run engine.Run) (int, error) {
			return 0, engine.All(run, func(run engine.Run) error {
				defer func() { deferred++; _ = recover() }() //enginelint:ignore Close must be stronger
				defer func() { _ = run.Sleep(1); t.Error("a call in a defer came back") }()
				for {
					if err := run.Sleep(time.Hour); err != nil {
						t.Errorf("the sleep gave %v", err)
					}
				}
			}, func(run engine.Run) error {
				_, err := b.a.Do(run, 1)
				return err
			})
		})
		m.Start(epoch)
		said(m)
		m.Close()
		m.Close()
		if s := said(m); s != "" {
			t.Errorf("a closed machine asks for %s", s)
		}
	}
	if deferred != 50 {
		t.Errorf("%d defers ran", deferred)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left", after-before)
	}
}
