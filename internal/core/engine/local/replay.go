package local

import (
	"context"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const pageOfEvents = 1000

// load reads the execution's stream and replays it. The mismatch says that the
// function cannot go on; the ledger is complete all the same.
func (x *exec) load() (*mismatch, error) {
	x.l = &ledger{info: engine.Info{Workspace: x.key.workspace, Execution: x.key.execution}}
	x.m = nil
	var why *mismatch
	for {
		events, err := x.e.store.ReadStream(context.Background(), x.stream(), x.l.version, pageOfEvents)
		if err != nil {
			x.drop()
			return nil, err
		}
		for i := range events {
			differs, err := x.replay(&events[i])
			if err != nil {
				x.drop()
				return nil, err
			}
			if differs != nil && why == nil {
				why = differs
				why.record = events[i].Version
			}
		}
		if len(events) < pageOfEvents {
			break
		}
	}
	return x.replayed(why)
}

// drop forgets what was loaded.
func (x *exec) drop() {
	if x.m != nil {
		x.m.teardown()
	}
	x.m, x.l = nil, nil
}

// replay takes in one event.
func (x *exec) replay(ev *eventstore.Event) (*mismatch, error) {
	r, err := decode(ev)
	if err != nil {
		return nil, err
	}
	x.l.version = ev.Version
	switch {
	case r.kind == kindCreated:
		x.l.see(r)
		x.l.meta = eventstore.Meta{Correlation: ev.Meta.Correlation, TraceParent: ev.Meta.TraceParent}
		return x.build(), nil
	case r.kind == kindOther:
		return nil, nil
	case r.kind.note():
		x.l.see(r)
		return nil, nil
	case r.kind.command():
		x.l.see(r)
		return x.failing(x.match(r)), nil
	}
	if x.m != nil && len(x.m.emitted) > 0 {
		return x.failing(&mismatch{path: x.m.emitted[0].path, step: x.m.emitted[0].name, recorded: r.describe(), got: x.m.emitted[0].describe()}), nil
	}
	x.consume(r)
	return x.failing(nil), nil
}

// build makes the machine that the history is fed to.
func (x *exec) build() *mismatch {
	x.public = engine.NewPublic(x.l.kind, x.l.info.Definition)
	f := x.e.o.Registry.Function(x.l.info.Workflow)
	if f == nil {
		return &mismatch{recorded: "the workflow function " + x.l.info.Workflow, got: "no function of that name in this build"}
	}
	x.m = newMachine(x.l.info, f, x.report)
	x.m.replaying = true
	return nil
}

// report hands progress to the observer.
func (x *exec) report(p engine.Progress) {
	x.e.o.Observer.Progress(x.key.workspace, x.key.execution, p)
}

// failing ends the machine if it cannot go on.
func (x *exec) failing(why *mismatch) *mismatch {
	if x.m == nil {
		return nil
	}
	if why == nil {
		why = x.m.failed
	}
	if why != nil {
		x.m.teardown()
		x.m = nil
	}
	return why
}

// match compares a recorded command with the one that the function emitted.
func (x *exec) match(r *record) *mismatch {
	if r.Reason == forced {
		x.failing(&mismatch{}) // its function has no part in what follows
		return nil
	}
	if x.m == nil {
		return nil
	}
	if len(x.m.emitted) == 0 {
		return &mismatch{path: r.Path, step: r.Name, recorded: r.describe(), got: x.m.blocked()}
	}
	c := x.m.emitted[0]
	if c.kind != r.kind || c.path != r.Path || c.name != r.Name {
		return &mismatch{path: r.Path, step: r.Name, recorded: r.describe(), got: c.describe()}
	}
	x.m.emitted = x.m.emitted[1:]
	if c.w != nil && r.At != 0 {
		c.w.at = fromMicro(r.At)
	}
	return nil
}

// replayed ends a replay: from here on inputs are live.
func (x *exec) replayed(why *mismatch) (*mismatch, error) {
	if x.l.version == 0 {
		x.drop()
		return nil, engine.ErrNotFound
	}
	x.revive = true
	if x.m == nil {
		return why, nil
	}
	m := x.m
	if len(m.emitted) > 0 {
		c := m.emitted[0]
		return x.failing(&mismatch{record: x.l.version + 1, path: c.path, step: c.name, recorded: "its end", got: c.describe()}), nil
	}
	m.replaying = false
	m.fresh, m.aborts = nil, nil
	if x.first {
		x.markLeft()
	}
	return nil, nil
}

// markLeft notes the steps that the last process may have been running.
func (x *exec) markLeft() {
	now := x.e.clock.Now().UnixMicro()
	for w := x.m.first; w != nil; w = w.next {
		if w.kind != waitStep || x.l.parks[w.path] != nil {
			continue
		}
		if n := x.l.notes[w.path]; n != nil && (n.held || n.retryAt > now) {
			continue
		}
		x.l.note(w.path).left = true
	}
}

// describe names a record for people.
func (r *record) describe() string { return describe(r.kind, r.Name, r.Path) }

func (c *command) describe() string { return describe(c.kind, c.name, c.path) }

func describe(k kind, name, path string) string {
	text := strings.TrimPrefix(strings.TrimPrefix(typeOf[k], "execution."), "journal.")
	if name != "" {
		text += " of " + name
	}
	if path != "" {
		text += " at " + path
	}
	return text
}

// blocked says what the function is waiting for.
func (m *machine) blocked() string {
	for w := m.first; w != nil; w = w.next {
		switch w.kind {
		case waitStep:
			return fmt.Sprintf("step %s at %s and nothing further", w.call.Step.Name, w.path)
		case waitSleep:
			return "a sleep at " + w.path + " and nothing further"
		case waitSignal:
			return fmt.Sprintf("a wait for %s at %s and nothing further", w.name, w.path)
		}
	}
	return "nothing further"
}
