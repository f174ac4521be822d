package local

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/machine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Repeats lists the effects of an ended execution that a redrive with another
// input would have again: those of all its generations, of its children, and
// what it took over from an origin, but not what was undone.
func (e *Engine) Repeats(ctx context.Context, workspace string, o engine.Origin) (map[string]int, error) {
	if _, err := e.originEntries(ctx, workspace, o.Execution); err != nil {
		return nil, err
	}
	f := &effects{registry: e.options.Registry, counts: map[string]int{}}
	seen := map[string]bool{}
	for todo := []string{o.Execution}; len(todo) > 0; todo = todo[1:] {
		if seen[todo[0]] {
			continue
		}
		seen[todo[0]] = true
		id := eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: todo[0]}
		f.begin()
		if err := walk(ctx, e.store, id, 0, func(_ *eventstore.Event, r *journal.Record) { f.see(r) }); err != nil {
			return nil, fmt.Errorf("read execution %s: %w", todo[0], err)
		}
		f.add()
		todo = append(todo, f.children...)
	}
	return f.counts, nil
}

// effects adds up what executions have done.
type effects struct {
	registry *engine.Registry
	counts   map[string]int    // by step
	done     map[string]string // steps of the current generation, by path
	children []string
}

func (f *effects) begin() { f.done, f.children = map[string]string{}, nil }

func (f *effects) see(r *journal.Record) {
	switch r.Type {
	case journal.StepCompleted:
		if !r.ReadOnly && !f.isUndo(r.Name) {
			f.done[r.Path] = r.Name
		}
	case journal.Fed:
		for path, fed := range r.Feed.Results {
			f.took(path, fed)
		}
	case journal.ChildStarted:
		f.children = append(f.children, r.Child)
	case journal.Compensating:
		maps.DeleteFunc(f.done, func(path, name string) bool { return behind(path, r.Path) && f.registry.Step(name+"/undo") != nil })
	case journal.Continued:
		f.add()
	}
}

// took takes in what was not done again because an origin had done it.
func (f *effects) took(path string, fed machine.Fed) {
	switch fed.What {
	case machine.FedStep:
		if s := f.registry.Step(fed.Name); s == nil || !s.ReadOnly {
			f.done[path] = fed.Name
		}
	case machine.FedChild:
		f.children = append(f.children, fed.Child)
	}
}

// isUndo reports whether a step is the undo of another one.
func (f *effects) isUndo(name string) bool {
	undone, ok := strings.CutSuffix(name, "/undo")
	return ok && f.registry.Step(undone) != nil
}

// add counts the generation that has ended.
func (f *effects) add() {
	for _, name := range f.done {
		f.counts[name]++
	}
	clear(f.done)
}
