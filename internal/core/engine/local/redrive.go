package local

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// origin is what a redrive takes over.
type origin struct {
	named  *engine.Origin // with the generation
	root   *engine.Root   // nil: new keys throughout
	input  json.RawMessage
	unread []machine.Message
	parts  []*journal.Feed
}

// maxFedBytes bounds one record of what is fed.
const maxFedBytes = 256 << 10

// originOf reads what a redrive takes over from an execution that has ended.
// own is the root of what takes new keys.
func (e *Engine) originOf(ctx context.Context, workspace string, o engine.Origin, own engine.Root) (*origin, error) {
	entries, err := e.originEntries(ctx, workspace, o)
	if err != nil {
		return nil, err
	}
	l := journal.New(workspace, o.Execution)
	l.See(entries[0].record)
	if o.Generation != 0 && o.Generation != l.Info.Generation {
		return nil, fmt.Errorf("%w: execution %s has ended in generation %d, not %d", engine.ErrNoOrigin, o.Execution, l.Info.Generation, o.Generation)
	}
	out := &origin{named: &engine.Origin{Execution: o.Execution, Generation: l.Info.Generation, Fresh: o.Fresh}, input: l.Input}
	if o.Fresh {
		return out, nil
	}
	t := newTakeover(l.Info.Root, engine.Root{Execution: o.Execution, Generation: l.Info.Generation}, l.Unread)
	for _, entry := range entries {
		t.see(entry.record)
	}
	out.root, out.unread = &l.Info.Root, t.left()
	f := t.feed()
	for path, s := range f.Scopes {
		if s.Undone {
			f.Scopes[path] = machine.Scope{Undone: true, Root: own}
		}
	}
	out.parts = split(f)
	return out, nil
}

// originEntries reads the last generation of an execution that may be redriven.
func (e *Engine) originEntries(ctx context.Context, workspace string, o engine.Origin) ([]entry, error) {
	id := eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: o.Execution}
	entries, err := history(ctx, e.store, id, 0)
	if err != nil {
		return nil, fmt.Errorf("read execution %s: %w", o.Execution, err)
	}
	if name := entries[0].record.Begin.Engine; name != Name {
		return nil, fmt.Errorf("%w: execution %s is of the engine %q", engine.ErrNoOrigin, o.Execution, name)
	}
	switch last := entries[len(entries)-1].record; {
	case !last.Type.IsEnd():
		return nil, fmt.Errorf("%w: execution %s has not ended; cancel it first", engine.ErrNoOrigin, o.Execution)
	case last.Type == journal.Completed:
		return nil, fmt.Errorf("%w: execution %s has completed; start a new one", engine.ErrNoOrigin, o.Execution)
	}
	return entries, nil
}

// Repeats lists the effects of an ended execution that a redrive with another
// input would have again.
func (e *Engine) Repeats(ctx context.Context, workspace string, o engine.Origin) (map[string]int, error) {
	entries, err := e.originEntries(ctx, workspace, o)
	if err != nil {
		return nil, err
	}
	l := journal.New(workspace, o.Execution)
	l.See(entries[0].record)
	t := newTakeover(l.Info.Root, engine.Root{}, nil)
	for _, entry := range entries {
		t.see(entry.record)
	}
	repeats := map[string]int{}
	for _, r := range t.feed().Results {
		if s := e.options.Registry.Step(r.Name); r.What == machine.FedStep && (s == nil || !s.ReadOnly) {
			repeats[r.Name]++
		}
	}
	return repeats, nil
}

// takeover adds up what the records of an origin leave to a redrive.
type takeover struct {
	root    engine.Root // of the origin's keys
	own     engine.Root // of the origin itself
	taken   journal.Feed
	live    map[string]int          // by branch: the first number that the origin did itself
	waits   map[string]journal.Type // by path: a sleep or a wait
	signals []machine.Message       // in order of arrival
	read    map[int]bool            // that were taken
	ended   map[string]machine.Fed  // what the origin did itself
	undone  map[string]bool         // scopes whose undos ran
	open    map[string]string       // children that did not complete
}

func newTakeover(root, own engine.Root, unread []machine.Message) *takeover {
	t := &takeover{root: root, own: own, live: map[string]int{}, waits: map[string]journal.Type{}, read: map[int]bool{},
		ended: map[string]machine.Fed{}, undone: map[string]bool{}, open: map[string]string{},
		taken: journal.Feed{Results: map[string]machine.Fed{}, Scopes: map[string]machine.Scope{}, Children: map[string]string{}, Versions: map[string]int{}}}
	for _, s := range unread {
		t.signal(s.Name, s.Data)
	}
	return t
}

func (t *takeover) signal(name string, data json.RawMessage) {
	t.signals = append(t.signals, machine.Message{N: len(t.signals) + 1, Name: name, Data: data})
}

// see takes in one record of the origin.
func (t *takeover) see(r *journal.Record) {
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
		t.ended[r.Path] = machine.Fed{What: machine.FedStep, Name: r.Name, Out: r.Out}
	case journal.TimerSet, journal.WaitBegan:
		t.waits[r.Path] = r.Type
	case journal.TimerFired:
		what := machine.FedSleep
		if t.waits[r.Path] == journal.WaitBegan {
			what = machine.FedDeadline
		}
		t.ended[r.Path] = machine.Fed{What: what}
	case journal.SignalTaken:
		t.read[r.N] = true
		t.ended[r.Path] = machine.Fed{What: machine.FedSignal, Name: r.Name, Out: t.signals[r.N-1].Data}
	case journal.ChildStarted:
		t.open[r.Path] = r.Child
	case journal.ChildEnded:
		if r.Err == nil {
			delete(t.open, r.Path)
			t.ended[r.Path] = machine.Fed{What: machine.FedChild, Name: r.Name, Out: r.Out}
		}
	case journal.Compensating:
		t.undone[r.Path] = true
	case journal.StepStarted, journal.StepFailed:
	default:
		return
	}
	t.went(r.Path)
}

// inherit takes over what the origin itself had taken over.
func (t *takeover) inherit(part *journal.Feed) {
	for path, r := range part.Results {
		t.taken.Results[path] = r
	}
	for path, s := range part.Scopes {
		if s.Undone { // it ran again, on the origin's own keys
			s = machine.Scope{Root: t.own}
		}
		t.taken.Scopes[path] = s
	}
	for path, execution := range part.Children {
		t.taken.Children[path] = execution
	}
	for name, n := range part.Versions {
		t.taken.Versions[name] = n
	}
}

// went notes that the origin did the call at a path itself: what it had taken
// over for later calls of the branch, and of the branches around it, counts no
// more.
func (t *takeover) went(path string) {
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
func (t *takeover) stale(path string) bool {
	numbers := strings.Split(path, ".")
	for i := 0; i < len(numbers); i += 2 {
		first, ok := t.live[strings.Join(numbers[:i], ".")]
		if n, _ := strconv.Atoi(numbers[i]); ok && n >= first {
			return true
		}
	}
	return false
}

// feed is what the redrive gets.
func (t *takeover) feed() *machine.Feed {
	f := &machine.Feed{Results: map[string]machine.Fed{}, Scopes: t.taken.Scopes, Children: map[string]string{}, Versions: t.taken.Versions}
	for path, r := range t.taken.Results {
		if !t.stale(path) {
			f.Results[path] = r
		}
	}
	for path, r := range t.ended {
		f.Results[path] = r
	}
	for path, execution := range t.taken.Children {
		if !t.stale(path) {
			f.Children[path] = execution
		}
	}
	for path, execution := range t.open {
		f.Children[path] = execution
	}
	for path := range t.undone {
		f.Scopes[path] = machine.Scope{Undone: true}
		maps.DeleteFunc(f.Results, func(at string, _ machine.Fed) bool { return behind(at, path) })
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
func (t *takeover) left() []machine.Message {
	return slices.DeleteFunc(slices.Clone(t.signals), func(s machine.Message) bool { return t.read[s.N] })
}

// split cuts what is fed into records.
func split(f *machine.Feed) []*journal.Feed {
	parts := []*journal.Feed{{Scopes: f.Scopes, Children: f.Children, Versions: f.Versions}}
	size := 0
	for path, r := range f.Results {
		if size += len(path) + len(r.Name) + len(r.Out) + 64; size > maxFedBytes {
			parts, size = append(parts, &journal.Feed{}), 0
		}
		part := parts[len(parts)-1]
		if part.Results == nil {
			part.Results = map[string]machine.Fed{}
		}
		part.Results[path] = r
	}
	return parts
}
