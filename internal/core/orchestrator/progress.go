package orchestrator

import (
	"context"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/readmodel"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// progressEvery is how often the last reports are written: at most one write
// a second, however many executions report.
const progressEvery = time.Second

// progressBoard holds the last progress report of every open execution. The
// last one wins; nobody waits for a slow watcher.
type progressBoard struct {
	clock clock.Clock

	mu       sync.Mutex
	latest   map[executionKey]*report
	changed  map[executionKey]*report // not yet written
	watchers map[*progressWatcher]struct{}
	dirty    chan struct{} // capacity 1
}

type report struct {
	of       workflow.ID
	progress workflow.Progress
	ended    bool
}

// progressWatcher collects the newest report of each execution it is
// interested in, until somebody takes them.
type progressWatcher struct {
	wants   func(executionKey, workflow.ID) bool
	pending map[executionKey]workflow.Progress // guarded by the board
	ready   chan struct{}                      // capacity 1
}

func newProgressBoard() *progressBoard {
	return &progressBoard{clock: clock.System(), latest: map[executionKey]*report{}, changed: map[executionKey]*report{},
		watchers: map[*progressWatcher]struct{}{}, dirty: make(chan struct{}, 1)}
}

func (b *progressBoard) report(key executionKey, of workflow.ID, p workflow.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.UpdatedAt = b.clock.Now().UTC().Truncate(time.Microsecond)
	r := &report{of: of, progress: p}
	b.latest[key], b.changed[key] = r, r
	signal(b.dirty)
	for w := range b.watchers {
		if w.wants(key, of) {
			w.pending[key] = p
			signal(w.ready)
		}
	}
}

// ended lets go of an execution's report once it is written.
func (b *progressBoard) ended(key executionKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.latest[key]
	if r == nil {
		return
	}
	r.ended = true
	if b.changed[key] == nil {
		delete(b.latest, key)
	}
}

// get returns the last report that is in memory.
func (b *progressBoard) get(key executionKey) *workflow.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.latest[key]; r != nil {
		p := r.progress
		return &p
	}
	return nil
}

// take returns what has to be written.
func (b *progressBoard) take() []readmodel.SavedProgress {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]readmodel.SavedProgress, 0, len(b.changed))
	for key, r := range b.changed {
		out = append(out, readmodel.SavedProgress{Workspace: key.Workspace, Execution: key.Execution, Progress: r.progress})
	}
	return out
}

// saved forgets what was written and has not changed since.
func (b *progressBoard) saved(written []readmodel.SavedProgress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, w := range written {
		key := executionKey{Workspace: w.Workspace, Execution: w.Execution}
		r := b.changed[key]
		if r == nil || r.progress.UpdatedAt.After(w.Progress.UpdatedAt) {
			continue
		}
		delete(b.changed, key)
		if r.ended {
			delete(b.latest, key)
		}
	}
}

func (b *progressBoard) watch(wants func(executionKey, workflow.ID) bool) *progressWatcher {
	w := &progressWatcher{wants: wants, pending: map[executionKey]workflow.Progress{}, ready: make(chan struct{}, 1)}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.watchers[w] = struct{}{}
	for key, r := range b.latest {
		if wants(key, r.of) {
			w.pending[key] = r.progress
			signal(w.ready)
		}
	}
	return w
}

func (b *progressBoard) unwatch(w *progressWatcher) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.watchers, w)
}

// one returns one pending report of w.
func (b *progressBoard) one(w *progressWatcher) (ExecutionProgress, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for key, p := range w.pending {
		delete(w.pending, key)
		if len(w.pending) > 0 {
			signal(w.ready)
		}
		return ExecutionProgress{Execution: key.Execution, Progress: p}, true
	}
	return ExecutionProgress{}, false
}

// saveProgress writes the reports until ctx ends, and once more then.
func (s *Service) saveProgress(ctx context.Context) error {
	for {
		select {
		case <-s.hub.progress.dirty:
		case <-ctx.Done():
			return s.flushProgress(context.WithoutCancel(ctx))
		}
		if err := s.flushProgress(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("progress could not be stored and is tried again", "error", err)
			signal(s.hub.progress.dirty)
		}
		s.pause(ctx, progressEvery)
	}
}

func (s *Service) flushProgress(ctx context.Context) error {
	reports := s.hub.progress.take()
	if len(reports) == 0 {
		return nil
	}
	if err := s.model.SaveProgress(ctx, reports); err != nil {
		return err
	}
	s.hub.progress.saved(reports)
	return nil
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
