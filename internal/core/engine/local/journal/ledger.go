package journal

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Ledger is what the records of an execution say without its function: where it
// stands, what is held back, what its steps have used up.
type Ledger struct {
	Version int64 // of the stream, with what has been submitted
	// From is the version of the record that the generation begins with.
	From      int64
	Info      engine.Info
	Private   bool
	Priority  int
	Engine    string
	Parent    *engine.Parent
	Input     json.RawMessage
	Continues bool            // the input of a redrive is what its origin had continued with
	Meta      eventstore.Meta // what further events inherit
	StartedAt int64
	Started   bool // the generation has begun
	Paused    bool
	Parked    bool // until unparked, whatever is answered in between
	Drained   bool
	Cancelled bool
	Undoing   bool
	Ended     workflow.ExecutionState
	Parks     map[string]*Record // by path; "" holds the whole function
	Notes     map[string]*Note   // by path of the step
	Held      []*Record          // inputs that came while the gate was shut, or before the function began
	Unread    []engine.Message   // that the generation began with
	Feed      *engine.Feed       // of a redrive

	children map[string]Child // that have not ended, by path
	origin   *engine.Origin
	root     *engine.Root
	seen     map[string]bool // ids of signals
}

// Child is an execution that another one waits for.
type Child struct{ Execution, Function string }

// Note is what is known about a step beyond its wait.
type Note struct {
	Version     int64 // of the last record about it
	Used        engine.Used
	Since       int64           // first attempt, as far as recorded
	RetryAt     int64           // zero: not waiting for a retry
	Unknown     bool            // an attempt may have had its effect
	Interrupted int             // in a row, without a checkpoint in between
	Died        int             // attempts that died with their process
	Held        bool            // its result is held back
	Ready       bool            // it has not begun, and does when the gate opens
	Left        bool            // was in progress when the last process died; not recorded
	Checkpoint  json.RawMessage // the last one
}

// New returns the ledger of an execution without records.
func New(workspace, execution string) *Ledger {
	return &Ledger{Info: engine.Info{Workspace: workspace, Execution: execution}}
}

// Gated reports whether inputs are kept instead of fed.
func (l *Ledger) Gated() bool { return l.Paused || l.Parked || l.Drained }

// Pending reports whether the execution waits to be released.
func (l *Ledger) Pending() bool { return !l.Started && l.Info.Generation == 1 && l.Ended == "" }

// State names where the execution stands.
func (l *Ledger) State() workflow.ExecutionState {
	switch {
	case l.Ended != "":
		return l.Ended
	case l.Parked:
		return workflow.Parked
	case l.Paused:
		return workflow.Paused
	case l.Undoing:
		return workflow.Compensating
	case l.Cancelled:
		return workflow.Cancelling
	case l.Pending():
		return workflow.Pending
	}
	return workflow.Running
}

// generation is what events say: zero for the first.
func (l *Ledger) generation() int {
	if l.Info.Generation <= 1 {
		return 0
	}
	return l.Info.Generation
}

// Note returns what is known about a step; it makes the note if there is none.
func (l *Ledger) Note(path string) *Note {
	n := l.Notes[path]
	if n == nil {
		if l.Notes == nil {
			l.Notes = map[string]*Note{}
		}
		n = &Note{}
		l.Notes[path] = n
	}
	return n
}

// See takes in a record.
func (l *Ledger) See(r *Record) {
	switch r.Type {
	case Created, Continued:
		l.begin(r)
	case Started:
		l.Started, l.Info.Version = true, r.Version
		if l.StartedAt == 0 {
			l.StartedAt = r.T
		}
	case StepCompleted, StepFailed:
		delete(l.Notes, r.Path)
	case Signal:
		l.sawSignal(r.ID)
	case ChildStarted:
		l.setChild(r.Path, Child{Execution: r.Child, Function: r.Name})
	case ChildEnded:
		delete(l.children, r.Path)
	case Paused:
		l.Paused = true
	case Resumed:
		l.Paused = false
		l.openGate()
	case Parked:
		l.park(r)
	case Unparked:
		l.unpark()
	case CancelRequested:
		l.Cancelled, l.Paused = true, false
		l.unpark()
	case Drained:
		l.Drained = true
	case Recovered:
		l.Drained = false
		l.openGate()
	case Compensating:
		l.Undoing = true
	case Completed:
		l.Ended = workflow.Completed
	case Failed:
		l.Ended = workflow.Failed
	case Cancelled:
		l.Ended = workflow.Cancelled
	default:
		l.seeNote(r)
	}
}

// begin takes in what a generation begins with.
func (l *Ledger) begin(r *Record) {
	b := r.Begin
	l.Info.Generation, l.Info.Function, l.Info.Version = max(b.Generation, 1), b.Function, b.Version
	l.Input, l.Private, l.Priority, l.Engine, l.Parent, l.origin, l.root = b.Input, b.Private, b.Priority, b.Engine, b.Parent, b.Origin, b.Root
	l.Continues = b.Continues
	l.Info.Root = engine.Root{Execution: l.Info.Execution, Generation: l.Info.Generation}
	if b.Root != nil {
		l.Info.Root = *b.Root
	}
	l.StartedAt, l.Unread, l.Cancelled = b.StartedAt, b.Unread, b.Cancelled
	l.Started, l.Undoing, l.Notes, l.Held, l.Feed, l.seen = false, false, nil, nil, nil, nil
	for _, id := range b.Seen {
		l.sawSignal(id)
	}
	l.From = l.Version
}

// Continue returns the record that ends the generation of l and begins the next.
func (l *Ledger) Continue(input json.RawMessage, unread []engine.Message) *Record {
	return &Record{Type: Continued, Begin: &Begin{Function: l.Info.Function, Version: l.Info.Version, Priority: l.Priority, Private: l.Private,
		Parent: l.Parent, Origin: l.origin, Root: l.nextRoot(), Input: input, Generation: l.Info.Generation + 1, Engine: l.Engine,
		StartedAt: l.StartedAt, Unread: unread, Seen: slices.Sorted(maps.Keys(l.seen)), Cancelled: l.Cancelled}}
}

// nextRoot is the root of the next generation: of a redrive, the generation that
// the origin would have continued with.
func (l *Ledger) nextRoot() *engine.Root {
	if l.root == nil {
		return nil
	}
	return &engine.Root{Execution: l.root.Execution, Generation: l.root.Generation + 1}
}

func (l *Ledger) setChild(path string, c Child) {
	if l.children == nil {
		l.children = map[string]Child{}
	}
	l.children[path] = c
}

// Child returns the child that the call at a path started and that has not
// ended; the zero value if there is none.
func (l *Ledger) Child(path string) Child { return l.children[path] }

// Children returns the executions of the children that have not ended.
func (l *Ledger) Children() []string {
	var all []string
	for _, c := range l.children {
		all = append(all, c.Execution)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// seeNote takes in what only the engine itself keeps about a step.
func (l *Ledger) seeNote(r *Record) {
	switch r.Type {
	case StepRetrying:
		n := l.touch(r.Path)
		n.Used = engine.Used{Attempts: r.Attempts, Limited: r.Limited}
		n.Since, n.RetryAt, n.Unknown = r.Since, r.At, r.Unknown
	case Interrupted:
		n := l.touch(r.Path)
		n.Interrupted, n.RetryAt, n.Left = r.N, 0, false
		n.Died++
		n.Unknown = n.Unknown || r.Unknown
	case Answered:
		delete(l.Parks, r.Path)
		if r.Verdict == engine.NotDone {
			n := l.touch(r.Path)
			n.Unknown, n.Ready = false, true
		}
	case Checkpoint:
		n := l.touch(r.Path)
		n.Checkpoint, n.Interrupted = r.Data, 0
	case Hurried:
		l.touch(r.Path).RetryAt = 0
	case Withdrawn:
		l.touch(r.Path).Ready = true
	case Mended:
		delete(l.Parks, "")
	case Fed:
		l.feed(r.Feed)
	}
}

// feed adds a part of what a redrive takes over.
func (l *Ledger) feed(part *engine.Feed) {
	if l.Feed == nil {
		l.Feed = engine.NewFeed()
	}
	maps.Copy(l.Feed.Results, part.Results)
	maps.Copy(l.Feed.Scopes, part.Scopes)
	maps.Copy(l.Feed.Children, part.Children)
	maps.Copy(l.Feed.Versions, part.Versions)
}

// touch is Note for a record about the step.
func (l *Ledger) touch(path string) *Note {
	n := l.Note(path)
	n.Version = l.Version
	return n
}

func (l *Ledger) park(r *Record) {
	if l.Parks == nil {
		l.Parks = map[string]*Record{}
	}
	l.Parked = true
	l.Parks[r.Path] = r
	if r.Path == "" {
		return
	}
	n := l.touch(r.Path)
	n.Unknown = n.Unknown || r.Unknown // a cancel must know it, to have the step undone
	n.RetryAt, n.Left = 0, false
	n.Since = 0 // the time until it is resumed does not count as trying
}

// unpark lets go on what was parked.
func (l *Ledger) unpark() {
	for path := range l.Parks {
		if path != "" {
			l.touch(path).Ready = true
		}
	}
	l.Parked, l.Parks = false, nil
	l.openGate()
}

// openGate lets the steps begin that could not while the gate was shut.
func (l *Ledger) openGate() {
	if l.Gated() {
		return
	}
	for path, n := range l.Notes {
		if n.Ready {
			l.touch(path).Ready = false
		}
	}
}

func (l *Ledger) sawSignal(id string) {
	if id == "" {
		return
	}
	if l.seen == nil {
		l.seen = map[string]bool{}
	}
	l.seen[id] = true
}

// Saw reports whether a signal of this id came before.
func (l *Ledger) Saw(id string) bool { return id != "" && l.seen[id] }

// Hold keeps an input until the gate opens.
func (l *Ledger) Hold(r *Record) {
	l.Held = append(l.Held, r)
	if r.Type == StepCompleted || r.Type == StepFailed {
		l.Note(r.Path).Held = true
	}
}

// ParkedFor reports whether anything is parked for a reason.
func (l *Ledger) ParkedFor(reason string) bool {
	for _, p := range l.Parks {
		if p.Reason == reason {
			return true
		}
	}
	return false
}

// Broken reports whether the function cannot be fed at all.
func (l *Ledger) Broken() bool { return l.Parks[""] != nil }

// LeavesAt returns when a parking that leaves by itself does so, in µs; zero if
// it does not.
func (l *Ledger) LeavesAt() int64 {
	var until int64
	for _, p := range l.Parks {
		if p.At == 0 {
			return 0
		}
		until = max(until, p.At)
	}
	return until
}
