package machine

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// feed is what a redrive takes over; nil for any other execution.
type feed struct {
	*engine.Feed
	reached map[string]int // by branch: the last number of a result in it
}

// child returns the execution that the child of a call takes over from.
func (f *feed) child(path, function string) string {
	if f == nil || f.Children[path].Function != function {
		return ""
	}
	return f.Children[path].Execution
}

func (f *feed) scope(of engine.Scope) (engine.FedScope, bool) {
	if f == nil {
		return engine.FedScope{}, false
	}
	s, ok := f.Scopes[of.String()]
	return s, ok
}

// version decides about a change that a branch meets before the call at a path,
// while the branch is fed: what the origin has marked, nothing if it passed this
// place before the change existed, or the newest.
func (f *feed) version(change, path string, newest int) (n int, marked bool) {
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
func (f *feed) reaches(path string) bool {
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
func (f *feed) reach(path string) {
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
func (f *feeding) take(m *Machine, path string, what engine.FedType, name string) *engine.Fed {
	if !f.on {
		return nil
	}
	r, ok := m.feed.Results[path]
	if ok && r.What == what && r.Name == name {
		return &r
	}
	f.on = false
	return nil
}

// receive is take for a wait for signals; it returns the index of the name. A
// wait that only looked and found nothing has left no result, but the origin
// went on from it.
func (f *feeding) receive(m *Machine, path string, of []string, wait time.Duration) (*engine.Fed, int) {
	if !f.on {
		return nil, 0
	}
	r, ok := m.feed.Results[path]
	i := slices.Index(of, r.Name)
	switch {
	case ok && (r.What == engine.FedDeadline || r.What == engine.FedSignal && i >= 0):
		return &r, i
	case !ok && wait == 0 && m.feed.reaches(path):
		return &engine.Fed{What: engine.FedDeadline}, 0
	}
	f.on = false
	return nil, 0
}

// joined ends the feeding when a branch inside went its own way: what follows
// depends on it.
func (f *feeding) joined(inside *feeding) { f.on = f.on && inside.on }

func sortMessages(all []engine.Message) {
	slices.SortFunc(all, func(a, b engine.Message) int { return a.N - b.N })
}
