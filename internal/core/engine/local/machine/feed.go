package machine

import (
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// Feed is what a redrive takes over from its origin. It is complete when the
// function begins and does not change.
type Feed struct {
	// Results by path.
	Results map[string]Fed
	// Scopes by the path of their first call: sagas whose keys have another root
	// than the execution's.
	Scopes map[string]Scope
	// Children by path: those that did not complete, and are redriven themselves.
	Children map[string]string
	// Versions holds the marks of changes.
	Versions map[string]int
}

// Fed is the result of one durable call of the origin.
type Fed struct {
	What FedKind         `json:"what"`
	Name string          `json:"name,omitempty"` // of the step, the signal, the child's function
	Out  json.RawMessage `json:"out,omitempty"`
}

// FedKind says what a result is the result of.
type FedKind string

// The results that are fed.
const (
	FedStep     FedKind = "step"
	FedSleep    FedKind = "sleep"
	FedSignal   FedKind = "signal"
	FedDeadline FedKind = "deadline" // of a wait for signals
	FedChild    FedKind = "child"
)

// Scope is a saga of the origin.
type Scope struct {
	Root engine.Root `json:"root"`
	// Undone: its undos ran. It is not fed, and Root is the redrive's own.
	Undone bool `json:"undone,omitempty"`
}

func (f *Feed) child(path string) string {
	if f == nil {
		return ""
	}
	return f.Children[path]
}

func (f *Feed) scope(path string) (Scope, bool) {
	if f == nil {
		return Scope{}, false
	}
	s, ok := f.Scopes[path]
	return s, ok
}

// feeding is how far one branch still gets results of the origin: up to the
// first that is missing or differs.
type feeding struct{ on bool }

// take returns the result of the call at a path, or nil from the first one on
// that the origin does not have.
func (f *feeding) take(m *Machine, path string, what FedKind, name string) *Fed {
	if !f.on {
		return nil
	}
	r, ok := m.o.Feed.Results[path]
	if ok && r.What == what && (name == "" || r.Name == name) {
		return &r
	}
	f.on = false
	return nil
}

// receive is take for a wait for signals; it returns the index of the name.
func (f *feeding) receive(m *Machine, path string, of []string) (*Fed, int) {
	if !f.on {
		return nil, 0
	}
	r, ok := m.o.Feed.Results[path]
	i := slices.Index(of, r.Name)
	if ok && (r.What == FedDeadline || r.What == FedSignal && i >= 0) {
		return &r, i
	}
	f.on = false
	return nil, 0
}

// version returns the mark that the origin has for a change, while the branch is
// fed.
func (f *feeding) version(m *Machine, change string) (int, bool) {
	if !f.on {
		return 0, false
	}
	n, ok := m.o.Feed.Versions[change]
	return n, ok
}

// branch is the feeding of a branch inside.
func (f *feeding) branch() *feeding { return &feeding{on: f.on} }

// joined ends the feeding when a branch inside went its own way: what follows
// depends on it.
func (f *feeding) joined(inside *feeding) { f.on = f.on && inside.on }

func sortMessages(all []Message) {
	slices.SortFunc(all, func(a, b Message) int { return a.N - b.N })
}
