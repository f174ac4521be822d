package machine

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// Feed is what a redrive takes over from its origin. It is complete when the
// function begins and does not change.
type Feed struct {
	// Results by path.
	Results map[string]Fed
	// Scopes by their names: sagas whose keys have another root than the
	// execution's.
	Scopes map[string]Scope
	// Children by path: those that did not complete, and are redriven themselves.
	Children map[string]Unfinished
	// Versions holds the marks of changes.
	Versions map[string]int

	reached map[string]int // by branch: the last number of a result in it
}

// Fed is the result of one durable call of the origin.
type Fed struct {
	What FedType         `json:"what"`
	Name string          `json:"name,omitempty"` // of the step, the signal, the child's function
	Out  json.RawMessage `json:"out,omitempty"`
	// Child is the execution that a child's result is of.
	Child string `json:"child,omitempty"`
}

// FedType says what a result is the result of.
type FedType string

// The results that are fed.
const (
	FedStep     FedType = "step"
	FedSleep    FedType = "sleep"
	FedSignal   FedType = "signal"
	FedDeadline FedType = "deadline" // of a wait for signals
	FedChild    FedType = "child"
)

// Scope is a saga of the origin.
type Scope struct {
	Root engine.Root `json:"root"`
	// Undone: its undos ran. It is not fed, and Root is the redrive's own.
	Undone bool `json:"undone,omitempty"`
}

// Unfinished is a child of the origin that did not complete.
type Unfinished struct {
	Execution string `json:"execution"`
	Function  string `json:"function"`
}

// child returns the execution that the child of a call takes over from.
func (f *Feed) child(path, function string) string {
	if f == nil || f.Children[path].Function != function {
		return ""
	}
	return f.Children[path].Execution
}

func (f *Feed) scope(of engine.Scope) (Scope, bool) {
	if f == nil {
		return Scope{}, false
	}
	s, ok := f.Scopes[of.String()]
	return s, ok
}

// version decides about a change that a branch meets before the call at a path,
// while the branch is fed: what the origin has marked, nothing if it passed this
// place before the change existed, or the newest.
func (f *Feed) version(change, path string, newest int) (n int, marked bool) {
	if n, ok := f.Versions[change]; ok {
		return n, true
	}
	if f.reaches(path) {
		return 0, false
	}
	return newest, true
}

// reaches reports whether the origin has a result at a path, below it, or behind
// it in the same branch.
func (f *Feed) reaches(path string) bool {
	if f.reached == nil {
		f.reached = map[string]int{}
		for at := range f.Results {
			f.reach(at)
		}
	}
	branch, n := cutPath(path)
	return f.reached[branch] >= n
}

// reach notes a result for its branch and for the branches around it.
func (f *Feed) reach(path string) {
	for {
		branch, n := cutPath(path)
		f.reached[branch] = max(f.reached[branch], n)
		if branch == "" {
			return
		}
		path, _ = cutPath(branch) // without the item's index
	}
}

// cutPath parts a path into its branch, or the index of an item from the path of
// its Map, and the number.
func cutPath(path string) (string, int) {
	dot := strings.LastIndexByte(path, '.')
	n, _ := strconv.Atoi(path[dot+1:]) // paths are written by package engine
	return path[:max(dot, 0)], n
}

// feeding is how far one branch still gets results of the origin: up to the
// first that is missing or differs.
type feeding struct{ on bool }

// take returns the result of the call at a path, or nil from the first one on
// that the origin does not have.
func (f *feeding) take(m *Machine, path string, what FedType, name string) *Fed {
	if !f.on {
		return nil
	}
	r, ok := m.o.Feed.Results[path]
	if ok && r.What == what && r.Name == name {
		return &r
	}
	f.on = false
	return nil
}

// receive is take for a wait for signals; it returns the index of the name. A
// wait that only looked and found nothing has left no result, but the origin
// went on from it.
func (f *feeding) receive(m *Machine, path string, of []string, wait time.Duration) (*Fed, int) {
	if !f.on {
		return nil, 0
	}
	r, ok := m.o.Feed.Results[path]
	i := slices.Index(of, r.Name)
	switch {
	case ok && (r.What == FedDeadline || r.What == FedSignal && i >= 0):
		return &r, i
	case !ok && wait == 0 && m.o.Feed.reaches(path):
		return &Fed{What: FedDeadline}, 0
	}
	f.on = false
	return nil, 0
}

// joined ends the feeding when a branch inside went its own way: what follows
// depends on it.
func (f *feeding) joined(inside *feeding) { f.on = f.on && inside.on }

func sortMessages(all []Message) {
	slices.SortFunc(all, func(a, b Message) int { return a.N - b.N })
}
