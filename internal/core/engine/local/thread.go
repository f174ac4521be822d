package local

import (
	"encoding/json"
	"runtime"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// thread is what one branch's Run goes through.
type thread struct {
	m     *machine
	r     *routine
	scope *scope
}

var _ engine.Thread = (*thread)(nil)

// enter guards every durable call: code of a dead machine ends here, and a Run
// that left its branch is caught.
func (t *thread) enter() *machine {
	if t.m.dead {
		runtime.Goexit()
	}
	if t.m.current != t.r {
		panic("a Run was used outside of its own branch; use the one that the body was given")
	}
	return t.m
}

// Info returns which execution this is.
func (t *thread) Info() engine.Info { return t.m.info }

// Now returns the time of the last input.
func (t *thread) Now() time.Time { return t.m.now }

// Replaying reports whether history is being fed.
func (t *thread) Replaying() bool { return t.m.replaying }

// Progress hands a report to the observer.
func (t *thread) Progress(p engine.Progress) { t.m.progress(p) }

// Detached returns the thread out of a cancel's reach.
func (t *thread) Detached() engine.Thread { return &thread{m: t.m, r: t.r, scope: t.m.detached} }

// Step blocks until the step's result is fed.
func (t *thread) Step(c engine.Call) (json.RawMessage, error) {
	m := t.enter()
	if t.scope.isCancelled() {
		return nil, &engine.Error{Code: engine.CodeCancelled, Message: "cancelled before it began", Step: c.Step.Name, Path: c.Path}
	}
	w := &waiter{kind: waitStep, path: c.Path, r: t.r, scope: t.scope, call: c}
	if !m.replaying {
		w.encode()
	}
	m.await(w)
	m.fresh = append(m.fresh, w)
	if !c.Step.ReadOnly {
		m.emit(command{kind: kindStepStarted, path: c.Path, name: c.Step.Name, w: w})
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
	if d <= 0 {
		return nil
	}
	w := &waiter{kind: waitSleep, path: path, r: t.r, scope: t.scope, at: m.now.Add(d)}
	m.await(w)
	m.emit(command{kind: kindTimerSet, path: path, w: w})
	t.r.block()
	return w.err
}

// Receive takes a signal that is there or blocks for one.
func (t *thread) Receive(path, name string, wait time.Duration) (json.RawMessage, error) {
	m := t.enter()
	if t.scope.isCancelled() {
		return nil, engine.ErrCancelled
	}
	in := m.inbox(name)
	if len(in.unread) > 0 {
		data := in.unread[0]
		in.unread = in.unread[1:]
		return data, nil
	}
	if wait == 0 {
		return nil, engine.ErrDeadline
	}
	w := &waiter{kind: waitSignal, path: path, r: t.r, scope: t.scope, name: name}
	if wait > 0 {
		w.at = m.now.Add(wait)
	}
	in.waiting = append(in.waiting, w)
	m.await(w)
	m.emit(command{kind: kindWaitBegan, path: path, name: name, w: w})
	t.r.block()
	return w.out, w.err
}

// Compensate says that undos begin; the first time it is recorded.
func (t *thread) Compensate() {
	m := t.enter()
	if !m.compensating {
		m.compensating = true
		m.emit(command{kind: kindCompensating})
	}
}

// Mismatch ends the machine; the routine's code does not go on.
func (t *thread) Mismatch(step, path, recorded, got string) {
	m := t.enter()
	m.fail(&mismatch{step: step, path: path, recorded: recorded, got: got})
	t.r.block()
}
