package query

import (
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const (
	// maxWatches bounds the watches that are open at a time.
	maxWatches = 1000
	// maxWatchesEach bounds those of one principal, so that no one can take them all.
	maxWatchesEach = 100
	// watchRetry is what a caller is told to wait when there are too many.
	watchRetry = 10 * time.Second
)

// watches counts what is open.
type watches struct {
	mu  sync.Mutex
	all int
	of  map[watcher]int
}

type watcher struct {
	workspace workflow.WorkspaceID
	principal workflow.PrincipalID
}

func newWatches() *watches { return &watches{of: map[watcher]int{}} }

// open counts a watch, or refuses it.
func (w *watches) open(c workflow.Caller) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := watcher{c.Workspace, c.Principal}
	switch {
	case w.of[by] >= maxWatchesEach:
		return workflow.TooMany(watchRetry, "too_many_watches", "this key has %d watches open, the most that one may have; close some", maxWatchesEach)
	case w.all >= maxWatches:
		return workflow.TooMany(watchRetry, "too_many_watches", "%d watches are open on this server, the most there may be; try again when others have closed theirs", maxWatches)
	}
	w.all++
	w.of[by]++
	return nil
}

func (w *watches) close(c workflow.Caller) {
	w.mu.Lock()
	defer w.mu.Unlock()
	by := watcher{c.Workspace, c.Principal}
	w.all--
	if w.of[by]--; w.of[by] == 0 {
		delete(w.of, by)
	}
}
