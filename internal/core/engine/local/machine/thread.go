package machine

import (
	"encoding/json"
	"runtime"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// thread is what one branch's Run goes through.
type thread struct {
	m     *Machine
	r     *routine
	scope *scope
	feed  *feeding
}

var _ engine.Thread = (*thread)(nil)

// enter guards every durable call: code of a dead machine ends here, and a Run
// that left its branch is caught.
func (t *thread) enter() *Machine {
	if t.m.dead {
		runtime.Goexit()
	}
	if t.m.current != t.r {
		panic("a Run was used outside of its own branch; use the one that the body was given")
	}
	return t.m
}

// Info returns which execution this is.
func (t *thread) Info() engine.Info { return t.m.o.Info }

// Now returns the time of the last input.
func (t *thread) Now() time.Time { return t.m.now }

// Replaying reports whether history is being fed.
func (t *thread) Replaying() bool { return t.m.o.Replaying }

// Progress hands a report to the observer.
func (t *thread) Progress(p engine.Progress) { t.m.o.Progress(p) }

// HistoryLong reports that the generation should end soon.
func (t *thread) HistoryLong() bool { return t.m.records >= t.m.o.LongHistory }

// Cancelled reports whether a cancel has reached the branch.
func (t *thread) Cancelled() bool { return t.scope.isCancelled() }

// Detached returns the thread out of a cancel's reach.
func (t *thread) Detached() engine.Thread {
	return &thread{m: t.m, r: t.r, scope: t.m.detached, feed: t.feed}
}

// Version decides about a change when it is met for the first time.
func (t *thread) Version(change, path string, newest int) int {
	m := t.enter()
	if n, decided := m.versions[change]; decided {
		return n
	}
	n, marked := newest, true
	if m.o.Replaying {
		n, marked = m.o.Versions[change]
	} else if t.feed.on {
		n, marked = m.feed.version(change, path, newest)
	}
	m.versions[change] = n
	if marked {
		m.emit(Command{Type: VersionMarked, Name: change, N: n})
	}
	return n
}

// Step blocks until the step's result is fed.
func (t *thread) Step(c engine.Call) (json.RawMessage, error) {
	m := t.enter()
	if t.scope.isCancelled() {
		return nil, &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began", Step: c.Step.Name, Path: c.Path}
	}
	if r := t.feed.take(m, c.Path, engine.FedStep, c.Step.Name); r != nil {
		return r.Out, nil
	}
	w := &Wait{Type: WaitStep, Path: c.Path, r: t.r, scope: t.scope, Call: c}
	if !m.o.Replaying || !m.o.Ended[c.Path] {
		_, _ = w.Input() // now, because its variables may change; an error fails the step
	}
	m.await(w)
	m.steps = append(m.steps, w)
	if !c.Step.ReadOnly {
		m.emit(Command{Type: StepStarted, Path: c.Path, Name: c.Step.Name, Wait: w})
	}
	t.r.block()
	if w.err != nil {
		return nil, w.err
	}
	return w.out, nil
}

// Sleep blocks until its timer is fed.
func (t *thread) Sleep(path string, d time.Duration) error {
	m := t.enter()
	if t.scope.isCancelled() {
		return engine.ErrCancelled
	}
	if d <= 0 || t.feed.take(m, path, engine.FedSleep, "") != nil {
		return nil
	}
	w := &Wait{Type: WaitSleep, Path: path, r: t.r, scope: t.scope, At: m.now.Add(d)}
	m.await(w)
	m.emit(Command{Type: TimerSet, Path: path, Wait: w})
	t.r.block()
	return w.err
}

// Receive takes the oldest signal that is there or blocks for one.
func (t *thread) Receive(path string, of []string, wait time.Duration) (int, json.RawMessage, error) {
	m := t.enter()
	if t.scope.isCancelled() {
		return 0, nil, engine.ErrCancelled
	}
	if r, i := t.feed.receive(m, path, of, wait); r != nil {
		if r.What == engine.FedDeadline {
			return 0, nil, engine.ErrDeadline
		}
		return i, r.Out, nil
	}
	if s, i, ok := m.oldest(of); ok {
		m.take(path, s)
		return i, s.Data, nil
	}
	if wait == 0 {
		return 0, nil, engine.ErrDeadline
	}
	w := &Wait{Type: WaitSignal, Path: path, r: t.r, scope: t.scope, Names: of}
	if wait > 0 {
		w.At = m.now.Add(wait)
	}
	for i, name := range of {
		if !slices.Contains(of[:i], name) {
			in := m.inbox(name)
			in.waiting = append(in.waiting, w)
		}
	}
	m.await(w)
	m.emit(Command{Type: WaitBegan, Path: path, Name: names(of), Wait: w})
	t.r.block()
	return slices.Index(of, w.took), w.out, w.err
}

// Child blocks until the end of a child is fed.
func (t *thread) Child(c engine.ChildCall) (json.RawMessage, error) {
	m := t.enter()
	if t.scope.isCancelled() {
		return nil, &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began", Step: c.Function, Path: c.Path}
	}
	if r := t.feed.take(m, c.Path, engine.FedChild, c.Function); r != nil {
		return r.Out, nil
	}
	w := &Wait{Type: WaitChild, Path: c.Path, r: t.r, scope: t.scope, Child: c, Origin: m.feed.child(c.Path, c.Function)}
	if _, err := w.Input(); err != nil {
		failed := engine.AsError(err)
		failed.Path = c.Path
		return nil, failed
	}
	m.await(w)
	m.emit(Command{Type: ChildStarted, Path: c.Path, Name: c.Function, Wait: w})
	t.r.block()
	if w.err != nil {
		return nil, w.err
	}
	return w.out, nil
}

// Await blocks until a condition holds.
func (t *thread) Await(holds func() bool) error {
	m := t.enter()
	if t.scope.isCancelled() {
		return engine.ErrCancelled
	}
	m.current = nil // a condition makes no durable calls
	held := holds()
	m.current = t.r
	if held {
		return nil
	}
	m.conditions = append(m.conditions, &condition{r: t.r, scope: t.scope, holds: holds})
	t.r.block()
	if t.scope.isCancelled() {
		return engine.ErrCancelled
	}
	return nil
}

// Scope returns the root of the keys inside a saga.
func (t *thread) Scope(of engine.Scope) (engine.Root, bool) {
	m := t.enter()
	s, ok := m.feed.scope(of)
	if s.Undone {
		t.feed.on = false
	}
	return s.Root, ok
}

// Compensate says that undos begin.
func (t *thread) Compensate(of engine.Scope) {
	m := t.enter()
	m.emit(Command{Type: Compensating, Path: of.Path, N: of.Depth})
}

// Mismatch ends the machine; the routine's code does not go on.
func (t *thread) Mismatch(step, path, recorded, got string) {
	m := t.enter()
	m.fail(&Mismatch{Step: step, Path: path, Recorded: recorded, Got: got})
	t.r.block()
}
