package airtablesync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
)

// watched is a branch that does nothing but report progress.
type watched struct {
	engine.Thread
	seen []engine.Progress
}

func (w *watched) Info() engine.Info          { return engine.Info{} }
func (w *watched) Replaying() bool            { return false }
func (w *watched) Progress(p engine.Progress) { w.seen = append(w.seen, p) }

func TestProgressTracker(t *testing.T) {
	t.Parallel()
	w := &watched{}
	run := engine.NewRun(w)
	var p ProgressTracker
	p.Say(run, "reading")
	p.Begin(run, "syncing", engine.ProgressItem{Name: "A"}, engine.ProgressItem{Name: "B"})
	p.Found(run, 0, 5)
	p.Found(run, 1, 3)
	p.Done(run, 1, 2)
	p.Say(run, "finishing")
	items := func(totalA, totalB, doneB int64) []engine.ProgressItem {
		return []engine.ProgressItem{{Name: "A", Total: totalA}, {Name: "B", Total: totalB, Done: doneB}}
	}
	want := []engine.Progress{
		{Message: "reading"},
		{Message: "syncing", Items: items(0, 0, 0)},
		{Message: "syncing", Items: items(5, 0, 0), Total: 5},
		{Message: "syncing", Items: items(5, 3, 0), Total: 8},
		{Message: "syncing", Items: items(5, 3, 2), Total: 8, Done: 2},
		{Message: "finishing", Items: items(5, 3, 2), Total: 8, Done: 2},
	}
	if diff := cmp.Diff(want, w.seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
