package local

import (
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// waitKind says what a branch waits for.
type waitKind uint8

const (
	waitStep waitKind = iota
	waitSleep
	waitSignal
	waitFork
)

// waiter is a branch that blocks in a durable call.
type waiter struct {
	kind       waitKind
	path       string
	r          *routine
	scope      *scope
	prev, next *waiter // in order of registration

	out json.RawMessage // what it gets
	err error

	name string    // of the signal
	at   time.Time // of the timer or the deadline; zero: none

	call     engine.Call // of the step
	input    json.RawMessage
	inputErr error
	encoded  bool
}

// await registers a waiter.
func (m *machine) await(w *waiter) {
	m.waiters[w.path] = w
	w.prev = m.last
	if m.last != nil {
		m.last.next = w
	} else {
		m.first = w
	}
	m.last = w
}

// wake takes a waiter out and makes its branch ready.
func (m *machine) wake(w *waiter) {
	delete(m.waiters, w.path)
	if w.prev != nil {
		w.prev.next = w.next
	} else {
		m.first = w.next
	}
	if w.next != nil {
		w.next.prev = w.prev
	} else {
		m.last = w.prev
	}
	m.ready = append(m.ready, w.r)
}

// encode encodes the input once; on replay only for steps that run again.
func (w *waiter) encode() {
	if !w.encoded {
		w.input, w.inputErr = w.call.Input()
		w.encoded = true
	}
}

// scope is what a cancel reaches: an execution, or the branches of a Map.
type scope struct {
	parent    *scope
	cancelled bool
}

// isCancelled reports whether the scope or one around it was cancelled.
func (s *scope) isCancelled() bool {
	for ; s != nil; s = s.parent {
		if s.cancelled {
			return true
		}
	}
	return false
}

// under reports whether s is o or inside it.
func (s *scope) under(o *scope) bool {
	for ; s != nil; s = s.parent {
		if s == o {
			return true
		}
	}
	return false
}
