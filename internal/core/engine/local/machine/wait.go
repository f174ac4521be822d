package machine

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// WaitType says what a branch waits for.
type WaitType uint8

// The types of waits.
const (
	WaitStep WaitType = iota
	WaitSleep
	WaitSignal
	WaitChild
	waitFork
)

// Wait is a durable call that a branch blocks in.
type Wait struct {
	Type  WaitType
	Path  string
	Names []string  // of signals
	At    time.Time // of the timer or the deadline; zero: none
	Call  engine.Call
	Child engine.ChildCall
	// Origin is the child that the child takes over from, in a redrive.
	Origin string
	// Record is the version of the input that led to the call, when it was
	// replayed; zero for a call that is made now.
	Record int64

	r          *routine
	scope      *scope
	prev, next *Wait // in order of registration

	out  json.RawMessage // what the branch gets
	took string          // the name of the signal
	err  error

	input    json.RawMessage
	inputErr error
	encoded  bool
}

// Input encodes the input of a step or child, once; on replay only for those
// that run again.
func (w *Wait) Input() (json.RawMessage, error) {
	if !w.encoded {
		encode := w.Call.Input
		if w.Type == WaitChild {
			encode = w.Child.Input
		}
		w.input, w.inputErr = encode()
		w.encoded = true
	}
	return w.input, w.inputErr
}

// Cancelled reports whether the branch that waits was cancelled.
func (w *Wait) Cancelled() bool { return w.scope.isCancelled() }

// await registers a wait.
func (m *Machine) await(w *Wait) {
	w.Record = m.record
	m.waits[w.Path] = w
	w.prev = m.last
	if m.last != nil {
		m.last.next = w
	} else {
		m.first = w
	}
	m.last = w
}

// wake takes a wait out and makes its branch ready.
func (m *Machine) wake(w *Wait) {
	delete(m.waits, w.Path)
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

// cancelScope ends the sleeps and waits below a scope, in the order in which
// they began, and asks for the steps and children below it to be aborted: their
// outcome is awaited.
func (m *Machine) cancelScope(s *scope) {
	if s.cancelled {
		return
	}
	s.cancelled = true
	for w := range m.Waits() {
		if w.Type != waitFork && w.scope.under(s) {
			m.interrupt(w)
		}
	}
}

func (m *Machine) interrupt(w *Wait) {
	switch w.Type {
	case WaitStep, WaitChild:
		m.aborts = append(m.aborts, w)
		return
	case WaitSignal:
		m.leaveInboxes(w)
	}
	w.err = engine.ErrCancelled
	m.wake(w)
}

// inbox holds the signals of one name that nobody has taken, or the branches
// that wait for one.
type inbox struct {
	unread  []Message
	waiting []*Wait
}

func (m *Machine) inbox(name string) *inbox {
	in := m.inboxes[name]
	if in == nil {
		if m.inboxes == nil {
			m.inboxes = map[string]*inbox{}
		}
		in = &inbox{}
		m.inboxes[name] = in
	}
	return in
}

// oldest takes the unread signal of one of the names that came first.
func (m *Machine) oldest(names []string) (Message, int, bool) {
	found := -1
	for i, name := range names {
		in := m.inboxes[name]
		if in == nil || len(in.unread) == 0 {
			continue
		}
		if found < 0 || in.unread[0].N < m.inboxes[names[found]].unread[0].N {
			found = i
		}
	}
	if found < 0 {
		return Message{}, 0, false
	}
	in := m.inboxes[names[found]]
	s := in.unread[0]
	in.unread = in.unread[1:]
	return s, found, true
}

// leaveInboxes ends a wait for signals.
func (m *Machine) leaveInboxes(w *Wait) {
	for _, name := range w.Names {
		in := m.inboxes[name]
		for i, other := range in.waiting {
			if other == w {
				in.waiting = append(in.waiting[:i], in.waiting[i+1:]...)
				break
			}
		}
	}
}

// condition is a branch that awaits something which other branches change.
type condition struct {
	r     *routine
	scope *scope
	holds func() bool
}

// recheck makes the branches ready whose conditions have come true, or that were
// cancelled, and reports whether there are any.
func (m *Machine) recheck() bool {
	kept := m.conditions[:0]
	for _, c := range m.conditions {
		if c.scope.isCancelled() || m.holds(c) {
			m.ready = append(m.ready, c.r)
		} else {
			kept = append(kept, c)
		}
	}
	clear(m.conditions[len(kept):])
	m.conditions = kept
	return len(m.ready) > m.head
}

// holds asks a condition. It runs outside of the branch's own code, so a panic is
// caught here.
func (m *Machine) holds(c *condition) bool {
	defer func() {
		if p := recover(); p != nil {
			m.fail(panicked(p))
		}
	}()
	return c.holds()
}

// names joins the names of signals as a record has them.
func names(all []string) string { return strings.Join(all, ",") }
