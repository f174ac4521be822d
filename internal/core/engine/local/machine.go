package local

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// machine runs one workflow function: inputs go in, commands come out. It is
// driven by one goroutine at a time, knows no store and no clock, and does the
// same again when it is fed the same.
type machine struct {
	info     engine.Info
	function *engine.FunctionSpec
	now      time.Time
	// replaying: inputs come from the journal; commands are compared, not acted on.
	replaying bool
	progress  func(engine.Progress)

	routines []*routine // not ended
	ready    []*routine // to be resumed, from head on
	head     int
	current  *routine

	waiters  map[string]*waiter // by path
	first    *waiter            // in order of registration
	last     *waiter
	inboxes  map[string]*inbox
	root     *scope // what a cancel reaches
	detached *scope

	emitted []command // since they were last taken, in order
	fresh   []*waiter // steps called since they were last taken
	aborts  []*waiter // steps whose branch was cancelled since they were last taken

	compensating bool
	dead         bool
	failed       *mismatch
}

// command is what the function asked for; it becomes a record.
type command struct {
	kind kind
	path string
	name string
	w    *waiter       // of step_started, timer_set, wait_began
	out  []byte        // of completed
	err  *engine.Error // of failed and cancelled
}

// inbox holds the signals of one name that nobody has taken, or the branches
// that wait for one.
type inbox struct {
	unread  []json.RawMessage
	waiting []*waiter
}

// mismatch is a difference between journal and code, or a panic.
type mismatch struct {
	record   int64 // version in the stream; 0: none
	path     string
	step     string
	recorded string
	got      string
	stack    string // of a panic
}

func newMachine(info engine.Info, f *engine.FunctionSpec, progress func(engine.Progress)) *machine {
	return &machine{info: info, function: f, progress: progress, waiters: map[string]*waiter{},
		root: &scope{}, detached: &scope{}}
}

// fail stops the machine for good; the first reason counts.
func (m *machine) fail(why *mismatch) {
	if m.failed == nil {
		m.failed = why
	}
}

func (m *machine) emit(c command) { m.emitted = append(m.emitted, c) }

// start begins the function.
func (m *machine) start(input json.RawMessage) {
	m.spawn(func(r *routine) {
		out, err := m.function.Call(engine.NewRun(&thread{m: m, r: r, scope: m.root}), input)
		m.end(out, err)
	})
	m.run()
}

// end turns what the function returned into the last command.
func (m *machine) end(out json.RawMessage, err error) {
	switch {
	case err == nil:
		m.emit(command{kind: kindCompleted, out: out})
	case m.root.cancelled && errors.Is(err, engine.ErrCancelled):
		m.emit(command{kind: kindCancelled, err: engine.AsError(err)})
	default:
		m.emit(command{kind: kindFailed, err: engine.AsError(err)})
	}
}

// stepEnded feeds the result of a step.
func (m *machine) stepEnded(r *record) {
	w := m.waiters[r.Path]
	switch {
	case w == nil || w.kind != waitStep:
		m.fail(&mismatch{path: r.Path, step: r.Name, recorded: "a result of step " + r.Name, got: "no step that waits for one"})
		return
	case w.call.Step.Name != r.Name:
		m.fail(&mismatch{path: r.Path, step: r.Name, recorded: "a result of step " + r.Name, got: "step " + w.call.Step.Name})
		return
	}
	w.out = r.Out
	if r.kind == kindStepFailed {
		w.err = r.Err
	}
	m.wake(w)
	m.run()
}

// timerFired ends a sleep or the time of a wait.
func (m *machine) timerFired(path string) {
	w := m.waiters[path]
	if w == nil || w.kind == waitStep || w.kind == waitFork {
		m.fail(&mismatch{path: path, recorded: "a timer that fired", got: "nothing that waits for one"})
		return
	}
	if w.kind == waitSignal {
		m.inboxes[w.name].leave(w)
		w.err = engine.ErrDeadline
	}
	m.wake(w)
	m.run()
}

// signal hands data to the branch that waits longest, or keeps it.
func (m *machine) signal(name string, data json.RawMessage) {
	in := m.inbox(name)
	if len(in.waiting) == 0 {
		in.unread = append(in.unread, data)
		return
	}
	w := in.waiting[0]
	in.leave(w)
	w.out = data
	m.wake(w)
	m.run()
}

func (m *machine) inbox(name string) *inbox {
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

func (in *inbox) leave(w *waiter) {
	for i, o := range in.waiting {
		if o == w {
			in.waiting = append(in.waiting[:i], in.waiting[i+1:]...)
			return
		}
	}
}

// cancel reaches every branch that is not detached.
func (m *machine) cancel() {
	m.cancelScope(m.root)
	m.run()
}

// cancelScope ends the sleeps and waits below a scope, in the order in which
// they began, and asks for the steps below it to be aborted: their outcome is
// awaited.
func (m *machine) cancelScope(s *scope) {
	if s.cancelled {
		return
	}
	s.cancelled = true
	for w := m.first; w != nil; {
		next := w.next
		if w.kind != waitFork && w.scope.under(s) {
			m.interrupt(w)
		}
		w = next
	}
}

func (m *machine) interrupt(w *waiter) {
	switch w.kind {
	case waitStep:
		m.aborts = append(m.aborts, w)
		return
	case waitSignal:
		m.inboxes[w.name].leave(w)
	}
	w.err = engine.ErrCancelled
	m.wake(w)
}
