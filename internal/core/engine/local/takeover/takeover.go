// Package takeover works out, from the records of an execution that has ended,
// what a redrive takes over from it. It does no I/O.
package takeover

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
)

// maxFedBytes bounds one record of what is fed.
const maxFedBytes = 256 << 10

// Check says why an execution that has these records cannot be redriven, with
// engine.ErrNoOrigin; nil if it can. name is that of the engine.
func Check(execution, name string, entries []journal.Entry) error {
	if begin := entries[0].Record.Begin; begin == nil || begin.Engine != name {
		return fmt.Errorf("%w: execution %s is not of the engine %q", engine.ErrNoOrigin, execution, name)
	}
	switch last := entries[len(entries)-1].Record; {
	case !last.Type.IsEnd():
		return fmt.Errorf("%w: execution %s has not ended; cancel it first", engine.ErrNoOrigin, execution)
	case last.Type == journal.Completed:
		return fmt.Errorf("%w: execution %s has completed; start a new one", engine.ErrNoOrigin, execution)
	}
	return nil
}

// From returns what a start takes over from its origin, whose last generation has
// these records. own is the root of what takes new keys; the registry says which
// steps a redrive may read anew.
func From(s *engine.Start, entries []journal.Entry, own engine.Root, r *engine.Registry) (*journal.Origin, error) {
	o := *s.Origin
	l := journal.New(s.Workspace, o.Execution)
	l.See(entries[0].Record)
	switch {
	case o.Generation != 0 && o.Generation != l.Info.Generation:
		return nil, fmt.Errorf("%w: execution %s has ended in generation %d, not %d", engine.ErrNoOrigin, o.Execution, l.Info.Generation, o.Generation)
	case l.Info.Function != s.Function:
		return nil, fmt.Errorf("%w: execution %s ran the function %s, not %s", engine.ErrNoOrigin, o.Execution, l.Info.Function, s.Function)
	}
	out := &journal.Origin{Named: &engine.Origin{Execution: o.Execution, Generation: l.Info.Generation, Fresh: o.Fresh}, Private: l.Private, Input: l.Input,
		Continues: !o.Fresh && (l.Info.Generation > 1 || l.Continues)}
	if o.Fresh {
		return out, nil
	}
	t := newTally(l.Unread, r)
	for _, entry := range entries {
		t.see(entry.Record)
	}
	out.Root, out.Unread, out.Parts = &l.Info.Root, t.left(), split(t.feed(own))
	return out, nil
}

// tally adds up what the records of an origin leave to a redrive.
type tally struct {
	registry *engine.Registry

	taken   *engine.Feed
	live    map[string]int          // by branch: the first number that the origin did itself
	waits   map[string]journal.Type // by path: a sleep or a wait
	signals []engine.Message        // in order of arrival
	read    map[int]bool            // that were taken
	ended   map[string]engine.Fed   // what the origin did itself
	rereads []string                // paths of what it read last and a redrive reads anew
	undone  []engine.Scope          // whose undos ran
	open    map[string]engine.Unfinished
}

func newTally(unread []engine.Message, r *engine.Registry) *tally {
	t := &tally{registry: r, live: map[string]int{}, waits: map[string]journal.Type{}, read: map[int]bool{},
		ended: map[string]engine.Fed{}, open: map[string]engine.Unfinished{},
		taken: engine.NewFeed()}
	for _, s := range unread {
		t.signal(s.Name, s.Data)
	}
	return t
}

func (t *tally) signal(name string, data json.RawMessage) {
	t.signals = append(t.signals, engine.Message{N: len(t.signals) + 1, Name: name, Data: data})
}

// see takes in one record of the origin.
func (t *tally) see(r *journal.Record) {
	t.settle(r)
	switch r.Type {
	case journal.Fed:
		t.inherit(r.Feed)
		return
	case journal.Signal:
		t.signal(r.Name, r.Out)
		return
	case journal.VersionMarked:
		t.taken.Versions[r.Name] = r.N
		return
	case journal.StepCompleted:
		t.ended[r.Path] = engine.Fed{What: engine.FedStep, Name: r.Name, Out: r.Out}
	case journal.TimerSet, journal.WaitBegan:
		t.waits[r.Path] = r.Type
	case journal.TimerFired:
		what := engine.FedSleep
		if t.waits[r.Path] == journal.WaitBegan {
			what = engine.FedDeadline
		}
		t.ended[r.Path] = engine.Fed{What: what}
	case journal.SignalTaken:
		t.read[r.N] = true
		t.ended[r.Path] = engine.Fed{What: engine.FedSignal, Name: r.Name, Out: t.signals[r.N-1].Data}
	case journal.ChildStarted:
		t.open[r.Path] = engine.Unfinished{Execution: r.Child, Function: r.Name}
	case journal.ChildEnded:
		if r.Err == nil {
			delete(t.open, r.Path)
			t.ended[r.Path] = engine.Fed{What: engine.FedChild, Name: r.Name, Out: r.Out, Child: r.Child}
		}
	case journal.Compensating:
		t.undone = append(t.undone, engine.Scope{Path: r.Path, Depth: r.N})
	case journal.StepStarted, journal.StepFailed:
	default:
		return
	}
	t.went(r.Path)
}

// settle keeps what was read last: once the origin has asked for anything but
// reading, what it had read until then counts.
func (t *tally) settle(r *journal.Record) {
	switch r.Type {
	case journal.StepCompleted:
		if s := t.registry.Step(r.Name); s != nil && s.Reread {
			t.rereads = append(t.rereads, r.Path)
		}
	case journal.StepStarted, journal.TimerSet, journal.WaitBegan, journal.SignalTaken, journal.ChildStarted, journal.Compensating:
		t.rereads = nil
	}
}

// inherit takes over what the origin itself had taken over.
func (t *tally) inherit(part *engine.Feed) {
	maps.Copy(t.taken.Results, part.Results)
	for path, s := range part.Scopes {
		s.Undone = false // if the origin came there, it ran again, on its root
		t.taken.Scopes[path] = s
	}
	maps.Copy(t.taken.Children, part.Children)
	maps.Copy(t.taken.Versions, part.Versions)
}

// went notes that the origin did the call at a path itself: what it had taken
// over for later calls of the branch, and of the branches around it, counts no
// more.
func (t *tally) went(path string) {
	numbers := strings.Split(path, ".")
	for i := 0; i < len(numbers); i += 2 {
		branch := strings.Join(numbers[:i], ".")
		n, _ := strconv.Atoi(numbers[i])
		if i < len(numbers)-1 {
			n++ // a branch below: what comes after it depends on it
		}
		if first, ok := t.live[branch]; !ok || n < first {
			t.live[branch] = n
		}
	}
}

// stale reports whether something that was taken over lies behind a call that
// the origin did itself.
func (t *tally) stale(path string) bool {
	numbers := strings.Split(path, ".")
	for i := 0; i < len(numbers); i += 2 {
		first, ok := t.live[strings.Join(numbers[:i], ".")]
		if n, _ := strconv.Atoi(numbers[i]); ok && n >= first {
			return true
		}
	}
	return false
}

// feed is what the redrive gets. own is the root of the scopes that take new keys.
func (t *tally) feed(own engine.Root) *engine.Feed {
	for _, path := range t.rereads {
		delete(t.ended, path)
	}
	f := &engine.Feed{Results: t.ended, Scopes: t.taken.Scopes, Children: t.open, Versions: t.taken.Versions}
	for path, r := range t.taken.Results {
		if _, again := f.Results[path]; !again && !t.stale(path) {
			f.Results[path] = r
		}
	}
	for path, c := range t.taken.Children {
		if _, again := f.Children[path]; !again && !t.stale(path) {
			f.Children[path] = c
		}
	}
	for _, scope := range t.undone {
		f.Scopes[scope.String()] = engine.FedScope{Undone: true, Root: own}
		maps.DeleteFunc(f.Results, func(at string, _ engine.Fed) bool { return behind(at, scope.Path) })
		maps.DeleteFunc(f.Children, func(at string, _ engine.Unfinished) bool { return behind(at, scope.Path) })
	}
	return f
}

// behind reports whether the call at a path comes after another one in the same
// branch or below it, or is that one.
func behind(path, first string) bool {
	dot := strings.LastIndexByte(first, '.') + 1
	rest, ok := strings.CutPrefix(path, first[:dot])
	number, _, _ := strings.Cut(rest, ".")
	n, _ := strconv.Atoi(number)
	from, _ := strconv.Atoi(first[dot:])
	return ok && n >= from
}

// left returns the signals that the origin did not take.
func (t *tally) left() []engine.Message {
	return slices.DeleteFunc(slices.Clone(t.signals), func(s engine.Message) bool { return t.read[s.N] })
}

// split cuts what is fed into records.
func split(f *engine.Feed) []*engine.Feed {
	parts := []*engine.Feed{{Scopes: f.Scopes, Children: f.Children, Versions: f.Versions}}
	size := 0
	for path, r := range f.Results {
		more := len(path) + len(r.Name) + len(r.Out) + 64
		if size += more; size > maxFedBytes {
			parts, size = append(parts, &engine.Feed{}), more
		}
		part := parts[len(parts)-1]
		if part.Results == nil {
			part.Results = map[string]engine.Fed{}
		}
		part.Results[path] = r
	}
	return parts
}
