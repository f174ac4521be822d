// Package activation is an execution as one state machine: what has come is fed
// to its function, and the records that follow, with what has to be done once
// they are durable, are one [Turn]. A State is driven by one goroutine at a time.
// It appends nothing, and starts neither steps nor children: that is its owner's
// business (engine/local).
package activation

import (
	"context"
	"log/slog"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/attempt"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Host is what all executions of a process share.
type Host struct {
	Engine   string // the name that executions bear
	Registry *engine.Registry
	Log      *slog.Logger
	// Progress gets what functions report.
	Progress func(engine.Info, engine.Progress)
	// Chance draws the jitter of retries, uniform in [0, 1).
	Chance func() float64
	// MaxInterruptions is how often the process may end while a step is in progress.
	MaxInterruptions int
	// LongHistory is where Run.HistoryLong begins to be true.
	LongHistory int
	// Read returns the records of an execution's last generation; from is a version
	// at or before the record that it begins with.
	Read func(workspace, execution string, from int64) ([]journal.Entry, error)
	// Context is that of loads; its end is ignored.
	Context context.Context
	// Stopping reports whether the process is about to end: results are kept then,
	// not fed.
	Stopping func() bool
	// IsAwaited reports whether this process has noted that an execution waits for
	// a child.
	IsAwaited func(*Child) bool

	// What is there when the process begins is the work of an earlier one.
	Began int64 // when, in microseconds since 1970
	Head  int64 // position of the store
}

// Owner is what one execution asks its owner.
type Owner interface {
	// BeginsWith returns the version of the record that the generation begins
	// with, or one before it.
	BeginsWith() (int64, error)
	// AwaitCommits returns when no append of the execution is on its way.
	AwaitCommits()
}

// State is what of an execution is in memory.
type State struct {
	// Ledger is nil when what is durable has to be loaded.
	Ledger *journal.Ledger
	// Machine is nil when nothing is loaded, the function has not begun, or it
	// cannot be fed.
	Machine *machine.Machine
	// Running are the attempts whose outcome is awaited, by path.
	Running map[string]*attempt.Attempt
	// Position is that of the last event that was loaded.
	Position int64

	host      *Host
	owner     Owner
	workspace string
	execution string
	loaded    any  // what the function's Load returned
	revive    bool // look for steps that should be running
}

// New returns the state of an execution of which nothing is loaded.
func New(host *Host, owner Owner, workspace, execution string) *State {
	return &State{host: host, owner: owner, workspace: workspace, execution: execution, Running: map[string]*attempt.Attempt{}}
}

// Unload forgets what was loaded; attempts go on running.
func (s *State) Unload() {
	if s.Machine != nil {
		s.Machine.Close()
	}
	s.Machine, s.Ledger, s.loaded = nil, nil, nil
}

// Disown makes room for another attempt of the same step.
func (s *State) Disown(at *attempt.Attempt) {
	if s.Running[at.Call.Path] == at {
		delete(s.Running, at.Call.Path)
	}
}

// inherit is the envelope of events that no one outside asked for.
func (s *State) inherit() eventstore.Meta {
	m := s.Ledger.Meta
	m.Actor = eventstore.Actor{Type: "system", ID: "engine"}
	return m
}

// by is the envelope of what a caller asked for.
func (s *State) by(m eventstore.Meta) eventstore.Meta {
	if m.Correlation == "" {
		m.Correlation = s.Ledger.Meta.Correlation
	}
	if m.TraceParent == "" {
		m.TraceParent = s.Ledger.Meta.TraceParent
	}
	return m
}

// NextWake returns when the execution has to be woken, in µs; zero means that
// something from outside must come.
func (s *State) NextWake(now time.Time) int64 {
	l := s.Ledger
	if l.Ended != "" || l.Paused || l.Drained {
		return 0
	}
	if l.Parked {
		return l.LeavesAt()
	}
	if s.Machine == nil {
		return 0
	}
	var at int64
	for w := range s.Machine.Waits() {
		due := journal.Micro(w.At)
		if w.Type == machine.WaitStep {
			n := l.Notes[w.Path]
			if n == nil || n.RetryAt == 0 || s.Running[w.Path] != nil {
				continue
			}
			due = max(n.RetryAt, now.UnixMicro())
		}
		if due != 0 && (at == 0 || due < at) {
			at = due
		}
	}
	return at
}
