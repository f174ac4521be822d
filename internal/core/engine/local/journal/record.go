// Package journal is what an execution of engine/local leaves behind: its
// records, each one row of the event store, and the ledger that adds up what
// they say without the workflow function. It does no I/O.
package journal

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Type says what a record is.
type Type uint8

// Inputs are what happened to an execution; commands are what its function
// answered; notes are only kept.
const (
	Other Type = iota // a domain event: passed over
	// Inputs.
	Created
	Started
	StepCompleted
	StepFailed
	TimerFired
	Signal
	ChildEnded
	Paused
	Resumed
	Parked
	Unparked
	CancelRequested
	Drained   // the process is stopping: what comes now is kept, not fed
	Recovered // the next process goes on
	// Commands.
	StepStarted
	TimerSet
	WaitBegan
	SignalTaken
	ChildStarted
	VersionMarked
	Compensating
	Completed
	Failed
	Cancelled
	Continued
	// Notes.
	StepRetrying
	Interrupted
	Answered
	Checkpoint
	Hurried   // a step does not wait for its retry any longer
	Withdrawn // a step that was called did not begin before the process ended
	Mended    // the function can be fed again, while something else stays parked
	Fed       // what a redrive takes over from its origin

	types // how many there are
)

// IsCommand reports whether the function answered with it.
func (t Type) IsCommand() bool { return t >= StepStarted && t <= Continued }

// IsNote reports whether it is only kept.
func (t Type) IsNote() bool { return t >= StepRetrying }

// IsEnd reports whether it is the last record of its execution.
func (t Type) IsEnd() bool { return t == Completed || t == Failed || t == Cancelled }

// String returns the type of the record's event.
func (t Type) String() string {
	if t == Other {
		return "other"
	}
	return eventOf[t]
}

// Verb is the type for people: what happened.
func (t Type) Verb() string {
	_, verb, _ := strings.Cut(t.String(), ".")
	return verb
}

// eventOf is the event type of each record; types in journal.* are private.
var eventOf = [...]string{
	Created:         engine.EventCreated,
	Started:         engine.EventStarted,
	StepCompleted:   engine.EventStepCompleted,
	StepFailed:      engine.EventStepFailed,
	TimerFired:      "journal.timer_fired",
	Signal:          "journal.signal_received",
	ChildEnded:      engine.EventChildEnded,
	Paused:          engine.EventPaused,
	Resumed:         engine.EventResumed,
	Parked:          engine.EventParked,
	Unparked:        engine.EventUnparked,
	CancelRequested: engine.EventCancelRequested,
	Drained:         "journal.drained",
	Recovered:       "journal.recovered",
	StepStarted:     engine.EventStepStarted,
	TimerSet:        "journal.timer_set",
	WaitBegan:       engine.EventWaiting,
	SignalTaken:     "journal.signal_taken",
	ChildStarted:    engine.EventChildStarted,
	VersionMarked:   "journal.version_marked",
	Compensating:    engine.EventCompensating,
	Completed:       engine.EventCompleted,
	Failed:          engine.EventFailed,
	Cancelled:       engine.EventCancelled,
	Continued:       engine.EventContinued,
	StepRetrying:    engine.EventStepRetrying,
	Interrupted:     "journal.step_interrupted",
	Answered:        "journal.step_answered",
	Checkpoint:      "journal.checkpoint",
	Hurried:         "journal.step_hurried",
	Withdrawn:       "journal.step_withdrawn",
	Mended:          "journal.mended",
	Fed:             "journal.origin",
}

// typeOf is the other way round.
var typeOf = func() map[string]Type {
	m := make(map[string]Type, len(eventOf))
	for t, event := range eventOf {
		if event != "" {
			m[event] = Type(t)
		}
	}
	return m
}()

// Forced is the reason of a cancel that ends an execution without its function.
const Forced = "forced"

// Version is the version of the journal column's JSON; absent means 1. Older
// ones are brought up to it before replay.
const Version = 1

// Record is one record of a journal. What is tagged stands in the journal
// column, unless the event's public data says it. Times are microseconds since
// 1970.
type Record struct {
	Type Type `json:"-"`

	V    int    `json:"v,omitempty"`
	T    int64  `json:"t,omitempty"` // inputs: when it happened, for Run.Now
	Path string `json:"path,omitempty"`
	Name string `json:"name,omitempty"` // of step, signal, child's function, change
	At   int64  `json:"at,omitempty"`   // when a timer, deadline or retry is due, or a parking ends
	N    int    `json:"n,omitempty"`    // which signal; the version of a change; how often a step was interrupted in a row; how deep a scope lies

	Out json.RawMessage `json:"out,omitempty"` // result of a step or child, data of a signal, output of a private execution
	Err *engine.Error   `json:"err,omitempty"`

	// Of StepRetrying: what the step has used up.
	Attempts int   `json:"attempts,omitempty"`
	Limited  int   `json:"limited,omitempty"`
	Since    int64 `json:"since,omitempty"`
	Unknown  bool  `json:"unknown,omitempty"` // an attempt may have had its effect

	ID      string          `json:"id,omitempty"`      // of a signal
	Reason  string          `json:"reason,omitempty"`  // of a parking; Forced: without the function
	Key     string          `json:"key,omitempty"`     // of a parked step; of a child, unless it is the call's own
	Data    json.RawMessage `json:"data,omitempty"`    // of a stuck undo: what a person needs; of a checkpoint
	Verdict engine.Verdict  `json:"verdict,omitempty"` // of an answer
	Child   string          `json:"child,omitempty"`   // execution of a child
	Origin  string          `json:"origin,omitempty"`  // execution that a child takes over from

	Begin *Begin       `json:"begin,omitempty"` // of Created and Continued
	Feed  *engine.Feed `json:"feed,omitempty"`  // of Fed

	// Only in public data.
	Label    string                  `json:"-"`
	Attempt  int                     `json:"-"`
	ReadOnly bool                    `json:"-"`
	Duration time.Duration           `json:"-"`
	Version  int                     `json:"-"` // of Started
	State    workflow.ExecutionState `json:"-"` // of ChildEnded: in which the child ended
	Extra    json.RawMessage         `json:"-"` // of Created
}

// Begin is all that a generation begins with.
type Begin struct {
	Function   string          `json:"function,omitempty"`
	Version    int             `json:"version,omitempty"`
	Priority   int             `json:"priority,omitempty"`
	Private    bool            `json:"private,omitempty"`
	Parent     *engine.Parent  `json:"parent,omitempty"`
	Origin     *engine.Origin  `json:"origin,omitempty"`
	Root       *engine.Root    `json:"root,omitempty"` // nil: the execution's own
	Input      json.RawMessage `json:"input,omitempty"`
	Generation int             `json:"generation,omitempty"` // zero: 1

	// Continues: of a redrive whose origin had continued: Input is what that had
	// continued with, and Shown, only in public data, what it was started with.
	Continues bool            `json:"continues,omitempty"`
	Shown     json.RawMessage `json:"-"`

	// Unread are signals that the generation before, or the origin, has left.
	Unread []engine.Message `json:"unread,omitempty"`

	// Of a generation that continues another.
	Engine    string   `json:"engine,omitempty"`
	StartedAt int64    `json:"started_at,omitempty"`
	Seen      []string `json:"seen,omitempty"` // ids of signals
	Cancelled bool     `json:"cancelled,omitempty"`
}

// EndState is the state that a record of an end leads to.
func (r *Record) EndState() workflow.ExecutionState {
	switch r.Type {
	case Completed:
		return workflow.Completed
	case Cancelled:
		return workflow.Cancelled
	}
	return workflow.Failed
}

// Time returns the time of a record's field; zero stays zero.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Micro is the other way round.
func Micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
