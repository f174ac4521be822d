// Package machine runs one workflow function: inputs go in, commands come out.
// A Machine is driven by one goroutine at a time and does the same again when it
// is fed the same. It knows no store, no clock and no step's function: what is
// durable, and when anything happens, is its owner's business (engine/local).
package machine

import (
	"cmp"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// Options says what a machine runs.
type Options struct {
	Info     engine.Info
	Function *engine.FunctionSpec
	// Loaded is what the function's Load returned.
	Loaded any
	// Progress gets what the function reports.
	Progress func(engine.Progress)
	// Feed is what a redrive takes over from its origin; nil for none.
	Feed *engine.Feed
	// Unread are signals that the generation before has left.
	Unread []engine.Message
	// Versions holds the marks of changes that the journal has; see
	// engine.Run.Version.
	Versions map[string]int
	// Ended are the paths of steps whose ends the journal has: their inputs are
	// not needed any more.
	Ended map[string]bool
	// Cancelled begins a generation whose execution was cancelled already.
	Cancelled bool
	// LongHistory is where Run.HistoryLong begins to be true; zero means
	// engine.LongHistory.
	LongHistory int
	// Replaying: inputs come from the journal, and commands are compared with it
	// (Match) instead of being acted on. Live ends it.
	Replaying bool
}

// Machine is a workflow function on its way. What it asks for collects until it
// is taken: Commands, Steps and Aborts.
type Machine struct {
	o       Options
	now     time.Time
	records int   // fed and emitted, and domain events
	record  int64 // being replayed

	routines []*routine // not ended
	ready    []*routine // to be resumed, from head on
	head     int
	current  *routine

	waits      map[string]*Wait // by path
	first      *Wait            // in order of registration
	last       *Wait
	conditions []*condition
	inboxes    map[string]*inbox
	signals    int    // that came, to number them
	root       *scope // what a cancel reaches
	detached   *scope
	versions   map[string]int // decided in this generation
	feed       *feed          // nil: none

	commands []Command
	steps    []*Wait
	aborts   []*Wait

	dead   bool
	failed *Mismatch
}

// CommandType says what a command asks for.
type CommandType uint8

// The types of commands.
const (
	StepStarted   CommandType = iota + 1 // a step with effects is about to run
	TimerSet                             // a sleep began
	WaitBegan                            // a wait for signals began
	SignalTaken                          // the function took a signal
	ChildStarted                         // a child is to be started
	VersionMarked                        // a change was met for the first time
	Compensating                         // the undos of a scope begin
	Completed
	Failed
	Cancelled
	Continued // the function goes on as the next generation
)

// Command is something the function asked for. It becomes a record.
type Command struct {
	Type CommandType
	Path string
	// Name of the step, of the child's function, of the change; the names of
	// signals, separated by commas.
	Name string
	N    int             // SignalTaken: which one; VersionMarked: the version; Compensating: the scope's depth
	Out  json.RawMessage // Completed: the output; Continued: the next input
	Err  *engine.Error   // Failed, Cancelled
	Wait *Wait           // StepStarted, TimerSet, WaitBegan, ChildStarted
}

// Mismatch is a difference between journal and code, or a panic.
type Mismatch struct {
	Record   int64 // version in the stream; 0: none
	Path     string
	Step     string
	Recorded string // empty: it is a panic
	Got      string
	Stack    string // of a panic
}

// New returns a machine that waits for Start.
func New(o Options) *Machine {
	o.LongHistory = cmp.Or(o.LongHistory, engine.LongHistory)
	m := &Machine{o: o, waits: map[string]*Wait{}, root: &scope{cancelled: o.Cancelled}, detached: &scope{}, versions: map[string]int{}}
	if o.Feed != nil {
		m.feed = &feed{Feed: o.Feed}
	}
	for _, unread := range o.Unread {
		m.signals++
		in := m.inbox(unread.Name)
		in.unread = append(in.unread, engine.Message{N: m.signals, Name: unread.Name, Data: unread.Data})
	}
	return m
}

// Start begins the function.
func (m *Machine) Start(now time.Time) {
	m.fed(now)
	m.spawn(func(r *routine) {
		t := &thread{m: m, r: r, scope: m.root, feed: &feeding{on: m.o.Feed != nil}}
		if failed, ok := m.o.Loaded.(error); ok {
			m.end(nil, failed)
			return
		}
		out, err := m.o.Function.Call(engine.NewRun(t), m.o.Loaded)
		m.end(out, err)
	})
	m.run()
}

// end turns what the function returned into the last command. A cancel that came
// before the end wins, also over a function that returns without an error:
// whoever cancelled was told that it is being cancelled.
func (m *Machine) end(out json.RawMessage, err error) {
	input, again := engine.Continuation(err)
	switch {
	case err == nil && m.root.cancelled:
		m.emit(Command{Type: Cancelled, Err: engine.AsError(engine.ErrCancelled)})
	case err == nil:
		m.emit(Command{Type: Completed, Out: out})
	case again:
		m.emit(Command{Type: Continued, Out: input})
	case m.root.cancelled && (errors.Is(err, engine.ErrCancelled) || errors.Is(err, &engine.Error{Code: engine.CodeNotUndone})):
		m.emit(Command{Type: Cancelled, Err: engine.AsError(err)})
	default:
		m.emit(Command{Type: Failed, Err: engine.AsError(err)})
	}
}

// StepEnded feeds the result of a step; failed is nil if it succeeded.
func (m *Machine) StepEnded(now time.Time, path, name string, out json.RawMessage, failed *engine.Error) {
	m.fed(now)
	w := m.waits[path]
	if w == nil || w.Type != WaitStep || w.Call.Step.Name != name {
		m.fail(&Mismatch{Path: path, Step: name, Recorded: "a result of step " + name, Got: describe(w)})
		return
	}
	m.give(w, out, failed)
}

// ChildEnded feeds the end of a child; failed is nil if it completed.
func (m *Machine) ChildEnded(now time.Time, path string, out json.RawMessage, failed *engine.Error) {
	m.fed(now)
	w := m.waits[path]
	if w == nil || w.Type != WaitChild {
		m.fail(&Mismatch{Path: path, Recorded: "the end of a child", Got: describe(w)})
		return
	}
	m.give(w, out, failed)
}

// give hands a result to the branch that waits for it.
func (m *Machine) give(w *Wait, out json.RawMessage, failed *engine.Error) {
	w.out = out
	if failed != nil {
		w.err = failed
	}
	m.wake(w)
	m.run()
}

// TimerFired ends a sleep or the time of a wait.
func (m *Machine) TimerFired(now time.Time, path string) {
	m.fed(now)
	w := m.waits[path]
	if w == nil || w.Type != WaitSleep && w.Type != WaitSignal {
		m.fail(&Mismatch{Path: path, Recorded: "a timer that fired", Got: describe(w)})
		return
	}
	if w.Type == WaitSignal {
		m.leaveInboxes(w)
		w.err = engine.ErrDeadline
	}
	m.wake(w)
	m.run()
}

// Signal hands data to the branch that has waited longest for a signal of this
// name, or keeps it.
func (m *Machine) Signal(now time.Time, name string, data json.RawMessage) {
	m.fed(now)
	m.signals++
	message := engine.Message{N: m.signals, Name: name, Data: data}
	in := m.inbox(name)
	if len(in.waiting) == 0 {
		in.unread = append(in.unread, message)
		return
	}
	w := in.waiting[0]
	m.leaveInboxes(w)
	m.take(w.Path, message)
	w.out, w.took = data, name
	m.wake(w)
	m.run()
}

// take records that a signal was taken.
func (m *Machine) take(path string, s engine.Message) {
	m.emit(Command{Type: SignalTaken, Path: path, Name: s.Name, N: s.N})
}

// Cancel reaches every branch that is not detached.
func (m *Machine) Cancel(now time.Time) {
	m.fed(now)
	m.cancelScope(m.root)
	m.run()
}

// fed notes that an input came.
func (m *Machine) fed(now time.Time) {
	m.now = now
	m.records++
}

// Recorded notes that a step has left a domain event, before its result is fed.
func (m *Machine) Recorded() { m.records++ }

func (m *Machine) emit(c Command) {
	m.records++
	m.commands = append(m.commands, c)
}

// Take returns what the function has asked for since the last call: commands in
// order, steps to be run, and steps and children whose branch was cancelled.
func (m *Machine) Take() (commands []Command, steps, aborts []*Wait) {
	commands, steps, aborts = m.commands, m.steps, m.aborts
	m.commands, m.steps, m.aborts = nil, nil, nil
	return commands, steps, aborts
}

// Asks reports whether Take would return anything.
func (m *Machine) Asks() bool { return len(m.commands)+len(m.steps)+len(m.aborts) > 0 }

// Match compares a command of the journal with the next one that the function
// asked for. When they agree it is taken out and returned.
func (m *Machine) Match(typ CommandType, path, name string) (Command, *Mismatch) {
	recorded := Command{Type: typ, Path: path, Name: name}
	if len(m.commands) == 0 {
		return Command{}, &Mismatch{Path: path, Step: name, Recorded: recorded.Describe(), Got: m.blocked()}
	}
	c := m.commands[0]
	if c.Type != typ || c.Path != path || c.Name != name {
		return Command{}, &Mismatch{Path: path, Step: name, Recorded: recorded.Describe(), Got: c.Describe()}
	}
	m.commands = m.commands[1:]
	return c, nil
}

// Next returns the first command that was neither taken nor matched, or nil.
func (m *Machine) Next() *Command {
	if len(m.commands) == 0 {
		return nil
	}
	return &m.commands[0]
}

// Replays says which record of the journal is fed next.
func (m *Machine) Replays(version int64) { m.record = version }

// Live ends the replay: from here on what the function asks for is acted on. The
// steps that it waits for are found by Waits.
func (m *Machine) Live() {
	m.o.Replaying, m.record = false, 0
	m.steps, m.aborts = nil, nil
}

// Unread returns the signals that nobody has taken, in the order of arrival.
func (m *Machine) Unread() []engine.Message {
	var all []engine.Message
	for _, in := range m.inboxes {
		all = append(all, in.unread...)
	}
	sortMessages(all)
	return all
}

// Records returns how many records the generation has, as far as it was fed.
func (m *Machine) Records() int { return m.records }

// Failure returns why the function cannot go on, or nil.
func (m *Machine) Failure() *Mismatch { return m.failed }

// fail stops the machine permanently; the first reason counts.
func (m *Machine) fail(why *Mismatch) {
	if m.failed == nil {
		m.failed = why
	}
}

// Waits walks the calls that branches block in, in the order in which they began.
func (m *Machine) Waits() iter.Seq[*Wait] {
	return func(yield func(*Wait) bool) {
		for w := m.first; w != nil; {
			next := w.next
			if !yield(w) {
				return
			}
			w = next
		}
	}
}

// Wait returns the call at a path that a branch blocks in, or nil.
func (m *Machine) Wait(path string) *Wait { return m.waits[path] }
