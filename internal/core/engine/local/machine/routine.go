package machine

import (
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
)

// routine is one branch's code, suspended wherever it blocks. Only the
// goroutine that drives the machine resumes it.
type routine struct {
	m     *Machine
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool
	ended bool
	index int // in the machine's list
}

// spawn makes a routine that runs when the machine comes to it.
func (m *Machine) spawn(body func(*routine)) {
	r := &routine{m: m}
	r.next, r.stop = iter.Pull(func(yield func(struct{}) bool) {
		r.yield = yield
		clean := false
		defer func() {
			r.ended = true
			if clean {
				return
			}
			if p := recover(); p != nil && !m.dead {
				m.fail(panicked(p))
			}
		}()
		body(r)
		clean = true
	})
	r.index = len(m.routines)
	m.routines = append(m.routines, r)
	m.ready = append(m.ready, r)
}

// panicked is why a function that panicked cannot go on.
func panicked(p any) *Mismatch {
	return &Mismatch{Got: fmt.Sprintf("a panic: %v", p), Stack: string(debug.Stack())}
}

// block suspends the routine until the machine resumes it. When the machine is
// dead it ends the routine's code by Goexit, which no recover can stop.
func (r *routine) block() {
	if !r.yield(struct{}{}) || r.m.dead {
		runtime.Goexit()
	}
}

// run resumes what is ready, one after the other, until every branch blocks and
// no condition that a branch awaits has come true.
func (m *Machine) run() {
	for m.failed == nil && (m.head < len(m.ready) || m.recheck()) {
		r := m.ready[m.head]
		m.ready[m.head] = nil
		m.head++
		m.current = r
		r.next()
		m.current = nil
		if r.ended {
			m.forget(r)
		}
	}
	m.ready, m.head = m.ready[:0], 0
	if m.deadlocked() {
		m.fail(&Mismatch{Got: "every branch awaits a condition that no other branch can change"})
	}
}

// deadlocked reports whether branches await conditions and nothing can come that
// changes them.
func (m *Machine) deadlocked() bool {
	if len(m.conditions) == 0 || m.failed != nil {
		return false
	}
	for w := range m.Waits() {
		if w.Type != waitFork {
			return false
		}
	}
	return true
}

// forget drops an ended routine from the list that teardown walks.
func (m *Machine) forget(r *routine) {
	last := len(m.routines) - 1
	m.routines[r.index] = m.routines[last]
	m.routines[r.index].index = r.index
	m.routines[last] = nil
	m.routines = m.routines[:last]
}

// Close ends all routines. Their defers run; durable calls in them end at once.
func (m *Machine) Close() {
	m.dead = true
	for i := len(m.routines) - 1; i >= 0; i-- {
		r := m.routines[i]
		if r.ended {
			continue
		}
		done := make(chan struct{})
		// iter.Pull hands the routine's Goexit on to whoever calls stop, so the
		// call needs a goroutine to lose.
		go func() {
			defer close(done)
			r.stop()
		}()
		<-done
	}
	m.routines, m.ready, m.head = nil, nil, 0
}
