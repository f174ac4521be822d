package dispatch

import (
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func key(name string) workflow.ExecutionKey {
	return workflow.ExecutionKey{Workspace: "ws_a", Execution: workflow.ExecutionID(name)}
}

// An end counts once, and only for an execution that was counted, whatever comes
// first: the list, the end, or the news of it.
func TestTakeoverCountsEndsOnce(t *testing.T) {
	t.Parallel()
	o := newTakeover()
	heard := func(name string, position int64) bool { return o.counts(End{position: position, Key: key(name)}) }
	if heard("ended before it is listed", 5) || o.list(key("ended before it is listed")) {
		t.Error("an execution that has ended is counted")
	}
	for _, name := range []string{"ends while others are listed", "heard of later", "open"} {
		if !o.list(key(name)) {
			t.Errorf("the one that %s is not counted", name)
		}
	}
	if heard("ends while others are listed", 7) || heard("never listed", 8) {
		t.Error("an end counts while the list is being made")
	}
	var late []string
	for _, e := range o.finish(20) {
		late = append(late, string(e.Key.Execution))
	}
	if !slices.Equal(late, []string{"ends while others are listed"}) {
		t.Errorf("late: %v", late)
	}
	for _, c := range []struct {
		name     string
		position int64
		counts   bool
	}{
		{"ends while others are listed", 7, false}, // told twice
		{"long gone", 9, false},
		{"heard of later", 20, true},
		{"heard of later", 20, false},
		{"open", 21, true},
		{"started since", 30, true},
	} {
		if got := heard(c.name, c.position); got != c.counts {
			t.Errorf("the end of what is %s, at %d, counts: %v", c.name, c.position, got)
		}
		o.passed(c.position)
	}
	if o.listed != nil {
		t.Error("what no one needs any more is kept")
	}
}
