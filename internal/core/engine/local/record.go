package local

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// kind says what a record is.
type kind uint8

// Inputs are what happened to an execution; commands are what its function
// answered; notes are only kept.
const (
	kindOther kind = iota // a domain event: passed over
	// Inputs.
	kindCreated
	kindStarted
	kindStepCompleted
	kindStepFailed
	kindTimerFired
	kindSignal
	kindPaused
	kindResumed
	kindParked
	kindUnparked
	kindCancelRequested
	kindDrained   // the process is stopping: what comes now is kept, not fed
	kindRecovered // the next process goes on
	// Commands.
	kindStepStarted
	kindTimerSet
	kindWaitBegan
	kindCompensating
	kindCompleted
	kindFailed
	kindCancelled
	// Notes.
	kindStepRetrying
	kindInterrupted
	kindAnswered
)

func (k kind) command() bool { return k >= kindStepStarted && k <= kindCancelled }

// fast kinds are in every execution.
func (k kind) fast() bool {
	return k == kindStarted || k == kindStepStarted || k == kindStepCompleted || k == kindTimerSet || k == kindTimerFired
}

func (k kind) note() bool { return k >= kindStepRetrying }

func (k kind) String() string {
	if k == kindOther {
		return "other"
	}
	return typeOf[k]
}

// typeOf is the event type of each kind; types in journal.* are private.
var typeOf = [...]string{
	kindCreated:         engine.EventCreated,
	kindStarted:         engine.EventStarted,
	kindStepCompleted:   engine.EventStepCompleted,
	kindStepFailed:      engine.EventStepFailed,
	kindTimerFired:      "journal.timer_fired",
	kindSignal:          "journal.signal_received",
	kindPaused:          engine.EventPaused,
	kindResumed:         engine.EventResumed,
	kindParked:          engine.EventParked,
	kindUnparked:        engine.EventUnparked,
	kindCancelRequested: engine.EventCancelRequested,
	kindDrained:         "journal.drained",
	kindRecovered:       "journal.recovered",
	kindStepStarted:     engine.EventStepStarted,
	kindTimerSet:        "journal.timer_set",
	kindWaitBegan:       "journal.wait_began",
	kindCompensating:    engine.EventCompensating,
	kindCompleted:       engine.EventCompleted,
	kindFailed:          engine.EventFailed,
	kindCancelled:       engine.EventCancelled,
	kindStepRetrying:    engine.EventStepRetrying,
	kindInterrupted:     "journal.step_interrupted",
	kindAnswered:        "journal.step_answered",
}

// kindOf is the other way round.
var kindOf = func() map[string]kind {
	m := make(map[string]kind, len(typeOf))
	for k, t := range typeOf {
		if t != "" {
			m[t] = kind(k)
		}
	}
	return m
}()

// journalVersion is the version of the record's JSON. Older ones are brought
// up to it before replay.
const journalVersion = 1

// forced is the reason of a cancel that ends an execution without its function.
const forced = "forced"

// record is one record of a journal, as JSON in the journal column. Times are
// microseconds since 1970.
type record struct {
	kind kind

	V    int    `json:"v"`
	T    int64  `json:"t,omitempty"` // inputs: when it happened, for Run.Now
	Path string `json:"path,omitempty"`
	Name string `json:"name,omitempty"` // of step or signal
	At   int64  `json:"at,omitempty"`   // when a timer, deadline or retry is due, or a parking ends

	Out json.RawMessage `json:"out,omitempty"` // result of a step, data of a signal
	Err *engine.Error   `json:"err,omitempty"`

	// Of step_retrying: what the step has used up.
	Attempts int   `json:"attempts,omitempty"`
	Limited  int   `json:"limited,omitempty"`
	Since    int64 `json:"since,omitempty"`
	Unknown  bool  `json:"unknown,omitempty"` // an attempt may have had its effect
	N        int   `json:"n,omitempty"`       // of step_interrupted: how often

	ID      string          `json:"id,omitempty"`      // of a signal
	Reason  string          `json:"reason,omitempty"`  // of a parking; forced: past the function
	Key     string          `json:"key,omitempty"`     // of a parked step
	Data    json.RawMessage `json:"data,omitempty"`    // of a stuck undo: what a person needs
	Verdict engine.Verdict  `json:"verdict,omitempty"` // of an answer

	// Of created.
	Function   string          `json:"function,omitempty"`
	Generation int             `json:"generation,omitempty"`
	Kind       string          `json:"kind,omitempty"`
	Definition string          `json:"definition,omitempty"`
	Version    int             `json:"version,omitempty"`
	Input      json.RawMessage `json:"input,omitempty"`

	duration time.Duration // public only
	attempt  int           // public only
	readOnly bool          // public only
}

// encode returns the journal column. The kinds that every execution has are
// written by hand.
func (r *record) encode() []byte {
	switch {
	case r.Reason != "": // not in its usual way
	case r.kind == kindCompleted || r.kind == kindFailed || r.kind == kindCancelled || r.kind == kindCompensating:
		return nil // the type says all
	case r.kind.fast():
		return r.encodeFast()
	}
	r.V = journalVersion
	raw, err := json.Marshal(r)
	if err != nil && r.Err != nil { // a step's Detail that is no JSON
		plain := *r.Err
		plain.Detail = nil
		r.Err = &plain
		raw, _ = json.Marshal(r)
	}
	return raw
}

// encodeFast relies on names and paths that need no escaping.
func (r *record) encodeFast() []byte {
	b := make([]byte, 0, 64+len(r.Path)+len(r.Name)+len(r.Out))
	b = append(b, `{"v":1`...)
	if r.T != 0 {
		b = strconv.AppendInt(append(b, `,"t":`...), r.T, 10)
	}
	if r.Path != "" {
		b = append(append(append(b, `,"path":"`...), r.Path...), '"')
	}
	if r.Name != "" {
		b = append(append(append(b, `,"name":"`...), r.Name...), '"')
	}
	if r.At != 0 {
		b = strconv.AppendInt(append(b, `,"at":`...), r.At, 10)
	}
	if len(r.Out) > 0 {
		b = append(append(b, `,"out":`...), r.Out...)
	}
	return append(b, '}')
}

// decode reads a record back. Events that the engine did not write are of
// kindOther.
func decode(ev *eventstore.Event) (*record, error) {
	k, ok := kindOf[ev.Type]
	if !ok {
		return &record{kind: kindOther}, nil
	}
	r := &record{kind: k, V: journalVersion}
	if len(ev.Journal) > 0 {
		if err := json.Unmarshal(ev.Journal, r); err != nil {
			return nil, fmt.Errorf("record %d of %s does not decode: %w", ev.Version, ev.Stream, err)
		}
	}
	if r.V > journalVersion {
		return nil, fmt.Errorf("record %d of %s has version %d, this build knows up to %d; use the build that wrote it", ev.Version, ev.Stream, r.V, journalVersion)
	}
	return r, nil
}

// public returns the data column.
func (r *record) public(p engine.Public, l *ledger) json.RawMessage {
	switch r.kind {
	case kindCreated:
		return p.Created(r.Version, r.Function, l.extra)
	case kindStepStarted, kindStepCompleted, kindStepFailed, kindStepRetrying:
		s := engine.StepEvent{Step: r.Name, Path: r.Path, Attempt: r.attempt, ReadOnly: r.readOnly, Duration: r.duration, Error: r.Err}
		switch r.kind {
		case kindStepStarted:
			return p.StepStarted(&s)
		case kindStepRetrying:
			s.NextAt = time.UnixMicro(r.At)
			return p.StepRetrying(&s)
		}
		return p.StepEnded(&s)
	case kindParked:
		path := r.Path
		if path == "" && r.Err != nil { // the whole function is parked: where it differs
			path = r.Err.Path
		}
		return p.Parked(r.Reason, r.Name, path, r.Err, fromMicro(r.At))
	case kindCompleted, kindFailed, kindCancelled:
		return p.Ended(r.Out, r.Err, r.duration)
	case kindStarted, kindPaused, kindResumed, kindUnparked, kindCancelRequested, kindCompensating:
		return p.Plain()
	}
	return nil
}

// fromMicro returns the time of a record's field; zero stays zero.
func fromMicro(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// micro is the other way round.
func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
