package local

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// ledger is what the records of an execution say without its function: where
// it stands, what is held back, what its steps have used up.
type ledger struct {
	version   int64 // of the stream, with what has been submitted
	info      engine.Info
	kind      string
	input     json.RawMessage
	extra     json.RawMessage // public data of its creation; only then
	meta      eventstore.Meta // what further events inherit
	startedAt int64
	started   bool
	paused    bool
	parked    bool // until unparked, whatever is answered in between
	drained   bool
	cancelled bool
	undoing   bool
	ended     engine.State
	parks     map[string]*record // by path; "" holds the whole function
	notes     map[string]*note   // by path of the step
	seen      map[string]bool    // ids of signals
	held      []*record          // inputs that came while the gate was shut
}

// note is what is known about a step beyond its waiter.
type note struct {
	used        engine.Used
	since       int64 // first attempt, as far as recorded
	retryAt     int64 // zero: not waiting for a retry
	unknown     bool  // an attempt may have had its effect
	interrupted int
	held        bool // its result is held back
	left        bool // was in progress when the last process died
}

// gated reports whether inputs are kept instead of fed.
func (l *ledger) gated() bool { return l.paused || l.parked || l.drained }

// state names where the execution stands.
func (l *ledger) state() engine.State {
	switch {
	case l.ended != "":
		return l.ended
	case l.parked:
		return engine.Parked
	case l.paused:
		return engine.Paused
	case l.undoing:
		return engine.Compensating
	case l.cancelled:
		return engine.Cancelling
	case !l.started:
		return engine.Pending
	}
	return engine.Running
}

func (l *ledger) note(path string) *note {
	n := l.notes[path]
	if n == nil {
		if l.notes == nil {
			l.notes = map[string]*note{}
		}
		n = &note{}
		l.notes[path] = n
	}
	return n
}

// see takes in a record.
func (l *ledger) see(r *record) {
	switch r.kind {
	case kindCreated:
		l.created(r)
	case kindStarted:
		l.started, l.startedAt = true, r.T
	case kindStepCompleted, kindStepFailed:
		delete(l.notes, r.Path)
	case kindSignal:
		l.sawSignal(r.ID)
	case kindPaused:
		l.paused = true
	case kindResumed:
		l.paused = false
	case kindParked:
		l.park(r)
	case kindUnparked:
		l.parked, l.parks = false, nil
	case kindCancelRequested:
		l.cancelled, l.paused, l.parked, l.parks = true, false, false, nil
	case kindDrained:
		l.drained = true
	case kindRecovered:
		l.drained = false
	case kindCompensating:
		l.undoing = true
	case kindCompleted:
		l.ended = engine.Completed
	case kindFailed:
		l.ended = engine.Failed
	case kindCancelled:
		l.ended = engine.Cancelled
	default:
		l.seeNote(r)
	}
}

func (l *ledger) created(r *record) {
	l.info.Generation, l.info.Workflow = r.Generation, r.Function
	l.info.Definition, l.info.DefinitionVersion = r.Definition, r.Version
	l.kind, l.input = r.Kind, r.Input
}

// seeNote takes in what only the engine itself keeps about a step.
func (l *ledger) seeNote(r *record) {
	switch r.kind {
	case kindStepRetrying:
		n := l.note(r.Path)
		n.used = engine.Used{Attempts: r.Attempts, Limited: r.Limited}
		n.since, n.retryAt, n.unknown = r.Since, r.At, r.Unknown
	case kindInterrupted:
		n := l.note(r.Path)
		n.interrupted, n.retryAt, n.left = r.N, 0, false
		n.unknown = n.unknown || r.Unknown
	case kindAnswered:
		delete(l.parks, r.Path)
		if n := l.notes[r.Path]; n != nil && r.Verdict == engine.NotDone {
			n.unknown = false
		}
	}
}

func (l *ledger) park(r *record) {
	if l.parks == nil {
		l.parks = map[string]*record{}
	}
	l.parked = true
	l.parks[r.Path] = r
	if r.Unknown { // a cancel must know it, to have the step undone
		l.note(r.Path).unknown = true
	}
	if n := l.notes[r.Path]; n != nil {
		n.retryAt, n.left = 0, false
		n.since = 0 // the time until it is resumed is no time of trying
	}
}

func (l *ledger) sawSignal(id string) {
	if id == "" {
		return
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[id] = true
}

// hold keeps an input until the gate opens.
func (l *ledger) hold(r *record) {
	l.held = append(l.held, r)
	if r.kind == kindStepCompleted || r.kind == kindStepFailed {
		l.note(r.Path).held = true
	}
}

// parkedFor reports whether anything is parked for a reason.
func (l *ledger) parkedFor(reason string) bool {
	for _, p := range l.parks {
		if p.Reason == reason {
			return true
		}
	}
	return false
}

// broken reports whether the function cannot be fed at all.
func (l *ledger) broken() bool { return l.parks[""] != nil }

// quotaEnds returns when a parking that is for quotas alone leaves by itself.
func (l *ledger) quotaEnds() int64 {
	var until int64
	for _, p := range l.parks {
		if p.Reason != engine.ReasonQuotaExhausted {
			return 0
		}
		until = max(until, p.At)
	}
	return until
}
