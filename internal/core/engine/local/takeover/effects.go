package takeover

import (
	"maps"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
)

// Effects adds up what executions have done.
type Effects struct {
	registry *engine.Registry
	done     map[string]string // steps of the current generation, by path
	// Counts says how often each step was done.
	Counts map[string]int
	// Children are the executions whose effects count as well.
	Children []string
}

// NewEffects returns no effects.
func NewEffects(r *engine.Registry) *Effects {
	return &Effects{registry: r, Counts: map[string]int{}, done: map[string]string{}}
}

// See takes in a record of an execution.
func (f *Effects) See(r *journal.Record) {
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
		f.Children = append(f.Children, r.Child)
	case journal.Compensating:
		maps.DeleteFunc(f.done, func(path, name string) bool { return behind(path, r.Path) && f.registry.Step(name+"/undo") != nil })
	case journal.Continued:
		f.Add()
	}
}

// took takes in what was not done again because an origin had done it.
func (f *Effects) took(path string, fed engine.Fed) {
	switch fed.What {
	case engine.FedStep:
		if s := f.registry.Step(fed.Name); s == nil || !s.ReadOnly {
			f.done[path] = fed.Name
		}
	case engine.FedChild:
		f.Children = append(f.Children, fed.Child)
	}
}

// isUndo reports whether a step is the undo of another one.
func (f *Effects) isUndo(name string) bool {
	undone, ok := strings.CutSuffix(name, "/undo")
	return ok && f.registry.Step(undone) != nil
}

// Add counts the generation that has ended; it is called after the last record of
// an execution.
func (f *Effects) Add() {
	for _, name := range f.done {
		f.Counts[name]++
	}
	clear(f.done)
}
