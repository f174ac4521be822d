package local

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const pageOfEvents = 1000

// entry is one record of a stream with its place.
type entry struct {
	version  int64
	position int64
	record   *journal.Record
	meta     eventstore.Meta
	labels   engine.Labels
}

// history reads the records of an execution's last generation. from is a version
// at or before the record that it begins with; zero reads the whole stream.
func history(ctx context.Context, store eventstore.Store, id eventstore.StreamID, from int64) ([]entry, error) {
	var all []entry
	err := walk(ctx, store, id, max(0, from-1), func(ev *eventstore.Event, r *journal.Record) {
		if r.Type == journal.Continued {
			all = all[:0]
		}
		e := entry{version: ev.Version, position: ev.Position, record: r, meta: ev.Meta}
		if len(all) == 0 {
			e.labels = engine.DecodeLabels(ev.Labels)
		}
		all = append(all, e)
	})
	if err == nil && len(all) == 0 {
		err = engine.ErrNotFound
	}
	return all, err
}

// walk reads the records of a stream after a version, in order.
func walk(ctx context.Context, store eventstore.Store, id eventstore.StreamID, after int64, see func(*eventstore.Event, *journal.Record)) error {
	for {
		events, err := store.ReadStream(ctx, id, after, pageOfEvents)
		if err != nil {
			return err
		}
		for i := range events {
			r, err := journal.Decode(&events[i])
			if err != nil {
				return err
			}
			see(&events[i], r)
			after = events[i].Version
		}
		if len(events) < pageOfEvents {
			return nil
		}
	}
}

// load reads the execution's stream and replays it. The mismatch says that the
// function cannot go on; the ledger is complete all the same.
func (x *execution) load() (*machine.Mismatch, error) {
	x.unload()
	from, err := x.beginsWith()
	if err != nil {
		return nil, err
	}
	entries, err := history(context.Background(), x.engine.store, x.stream(), from)
	if err != nil {
		return nil, err
	}
	why, err := x.replayAll(entries)
	if err != nil {
		x.unload()
		return nil, err
	}
	x.mu.Lock()
	x.position = max(x.position, entries[len(entries)-1].position)
	x.mu.Unlock()
	return x.replayed(why, x.engine.inherited(entries)), nil
}

// beginsWith returns the version of the record that the generation begins with,
// or one before it.
func (x *execution) beginsWith() (int64, error) {
	x.mu.Lock()
	from := x.row.From
	x.mu.Unlock()
	if from != 0 {
		return from, nil
	}
	row, _, err := x.engine.open.Find(context.Background(), x.key)
	return row.From, err
}

// inherited returns the version of the last record that an earlier process has
// written.
func (e *Engine) inherited(entries []entry) int64 {
	for i := len(entries) - 1; i >= 0; i-- {
		if entries[i].position <= e.head {
			return entries[i].version
		}
	}
	return 0
}

// unload forgets what was loaded.
func (x *execution) unload() {
	if x.machine != nil {
		x.machine.Close()
	}
	x.machine, x.ledger, x.loaded = nil, nil, nil
}

// replayAll feeds the records of a generation.
func (x *execution) replayAll(entries []entry) (why *machine.Mismatch, err error) {
	first := &entries[0]
	x.ledger = journal.New(x.key.Workspace, x.key.Execution)
	x.ledger.Meta = eventstore.Meta{Correlation: first.meta.Correlation, TraceParent: first.meta.TraceParent}
	x.ledger.Info.Kind, x.ledger.Info.Definition = first.labels.Kind, first.labels.Definition
	known := preview(entries)
	for i := range entries {
		e := &entries[i]
		x.ledger.Version = e.version
		differs, err := x.replay(e.record, known)
		if err != nil {
			return nil, err
		}
		if differs != nil && why == nil {
			why = differs
			why.Record = e.version
		}
	}
	return why, nil
}

// known is what a replay has to know of the records to come.
type known struct {
	marks map[string]int  // of changes
	ended map[string]bool // steps, by path
}

func preview(entries []entry) *known {
	k := &known{marks: map[string]int{}, ended: map[string]bool{}}
	for i := range entries {
		switch r := entries[i].record; r.Type {
		case journal.VersionMarked:
			k.marks[r.Name] = r.N
		case journal.StepCompleted, journal.StepFailed:
			k.ended[r.Path] = true
		}
	}
	return k
}

// replay takes in one record.
func (x *execution) replay(r *journal.Record, known *known) (*machine.Mismatch, error) {
	switch {
	case r.Type == journal.Other:
		return nil, nil
	case r.Type == journal.Created || r.Type == journal.Continued || r.Type.IsNote():
		x.ledger.See(r)
		return nil, nil
	case r.Type.IsCommand():
		why := x.match(r)
		x.ledger.See(r)
		return x.failing(why), nil
	}
	if x.machine != nil {
		if c := x.machine.Next(); c != nil {
			return x.failing(&machine.Mismatch{Path: c.Path, Step: c.Name, Recorded: describe(r), Got: c.Describe()}), nil
		}
	}
	var why *machine.Mismatch
	if r.Type == journal.Started {
		info := x.ledger.Info
		info.Version = r.Version
		loaded, err := x.engine.loadFor(info, x.ledger.Input)
		if err != nil {
			return nil, err
		}
		x.loaded = loaded
		why = x.build(r.Version, known)
	}
	if x.machine != nil {
		x.machine.Replays(x.ledger.Version)
	}
	x.consume(r)
	return x.failing(why), nil
}

// build makes the machine that the function of this generation runs in. known is
// nil when it begins now.
func (x *execution) build(version int, known *known) *machine.Mismatch {
	info := x.ledger.Info
	info.Version = version
	f := x.engine.options.Registry.Function(info.Function)
	if f == nil {
		return &machine.Mismatch{Recorded: "the workflow function " + info.Function, Got: "no function of that name in this build"}
	}
	o := machine.Options{Info: info, Function: f, Loaded: x.loaded, Progress: x.report, Feed: x.ledger.Feed,
		Unread: x.ledger.Unread, Cancelled: x.ledger.Cancelled}
	if known != nil {
		o.Replaying, o.Versions, o.Ended = true, known.marks, known.ended
	}
	x.machine = machine.New(o)
	return nil
}

// report hands progress to the observer.
func (x *execution) report(p engine.Progress) {
	x.engine.options.Observer.Progress(x.ledger.Info, p)
}

// failing ends the machine if it cannot go on.
func (x *execution) failing(why *machine.Mismatch) *machine.Mismatch {
	if x.machine == nil {
		return why
	}
	if why == nil {
		why = x.machine.Failure()
	}
	if why != nil {
		x.machine.Close()
		x.machine = nil
	}
	return why
}

// match compares a recorded command with the one that the function asked for.
func (x *execution) match(r *journal.Record) *machine.Mismatch {
	if x.machine == nil {
		return nil
	}
	if r.Reason == journal.Forced { // its function has no part in what follows
		x.machine.Close()
		x.machine = nil
		return nil
	}
	c, why := x.machine.Match(r.Type.Command(), r.Path, r.Name)
	if why != nil {
		return why
	}
	if c.Wait != nil && r.At != 0 {
		c.Wait.At = journal.Time(r.At)
	}
	return nil
}

// replayed ends a replay: from here on inputs are live. Records up to inherited
// are those of an earlier process.
func (x *execution) replayed(why *machine.Mismatch, inherited int64) *machine.Mismatch {
	x.revive = true
	if x.machine == nil {
		return why
	}
	if c := x.machine.Next(); c != nil {
		return x.failing(&machine.Mismatch{Record: x.ledger.Version + 1, Path: c.Path, Step: c.Name, Recorded: "its end", Got: c.Describe()})
	}
	x.machine.Live()
	for w := range x.machine.Waits() {
		if w.Type == machine.WaitStep && x.wasLeft(w, inherited) {
			x.ledger.Note(w.Path).Left = true
		}
	}
	return nil
}

// wasLeft reports whether an earlier process may have been running a step when
// it died: nothing has been recorded about the step since, and it was not
// waiting for anything. A retry that was due before this process began may have
// begun.
func (x *execution) wasLeft(w *machine.Wait, inherited int64) bool {
	last, n := w.Record, x.ledger.Notes[w.Path]
	if n != nil {
		last = max(last, n.Version)
		if n.Held || n.Answered || n.RetryAt > x.engine.began {
			return false
		}
	}
	return last <= inherited && x.ledger.Parks[w.Path] == nil
}

// describe names a record for people.
func describe(r *journal.Record) string {
	c := machine.Command{Path: r.Path, Name: r.Name}
	return r.Type.Verb() + c.Where()
}

// Replay feeds the journal of an execution to the workflow functions of a
// registry without acting on anything, and reports the first difference (I5).
// Corpora of old journals are checked with it against new builds.
func Replay(store eventstore.Store, registry *engine.Registry, workspace, execution string) error {
	e, err := New(Options{Store: store, Registry: registry})
	if err != nil {
		return err
	}
	x := newExecution(e, openset.Key{Workspace: workspace, Execution: execution})
	why, err := x.load()
	if err != nil {
		return fmt.Errorf("replay %s: %w", execution, err)
	}
	x.unload()
	if why != nil {
		return errors.New(asError(why).Message)
	}
	return nil
}
