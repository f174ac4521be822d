// Package progress holds the latest progress report of every open execution, for
// readers, watchers and whoever stores it. The latest report wins, and a slow
// watcher delays no one.
package progress

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Board holds the reports. It is safe for concurrent use.
type Board struct {
	clock clock.Clock

	mu       sync.Mutex
	latest   map[workflow.ExecutionKey]*entry
	changed  map[workflow.ExecutionKey]*entry // not yet written
	watchers map[*Watcher]struct{}
	dirty    chan struct{} // capacity 1
}

// entry is a report. A later one is another entry.
type entry struct {
	key      workflow.ExecutionKey
	of       workflow.ID
	progress workflow.Progress
	ended    bool
}

// Watcher collects the newest report of each execution that it is interested in,
// until someone takes them.
type Watcher struct {
	board   *Board
	wants   func(workflow.ExecutionKey, workflow.ID) bool
	pending map[workflow.ExecutionKey]workflow.Progress // guarded by the board
	ready   chan struct{}                               // capacity 1
}

// New returns an empty board.
func New(c clock.Clock) *Board {
	return &Board{clock: c, latest: map[workflow.ExecutionKey]*entry{}, changed: map[workflow.ExecutionKey]*entry{},
		watchers: map[*Watcher]struct{}{}, dirty: make(chan struct{}, 1)}
}

// Report records what an execution of a workflow reports.
func (b *Board) Report(key workflow.ExecutionKey, of workflow.ID, p workflow.Progress) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p.UpdatedAt = b.clock.Now().UTC().Truncate(time.Microsecond)
	r := &entry{key: key, of: of, progress: p}
	b.latest[key], b.changed[key] = r, r
	signal(b.dirty)
	for w := range b.watchers {
		if w.wants(key, of) {
			w.pending[key] = p
			signal(w.ready)
		}
	}
}

// Ended drops an execution's report once it has been written.
func (b *Board) Ended(key workflow.ExecutionKey) {
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

// Get returns the latest report in memory, or nil.
func (b *Board) Get(key workflow.ExecutionKey) *workflow.Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r := b.latest[key]; r != nil {
		p := r.progress
		return &p
	}
	return nil
}

// unsaved returns the reports that have to be written.
func (b *Board) unsaved() []*entry {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Collect(maps.Values(b.changed))
}

// saved forgets what was written, unless there is a later report. The time does
// not say which one is later: clocks step back.
func (b *Board) saved(written []*entry) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range written {
		if b.changed[e.key] != e {
			continue
		}
		delete(b.changed, e.key)
		if e.ended {
			delete(b.latest, e.key)
		}
	}
}

// Watch returns a watcher for the executions that wants accepts; it is called with
// each execution and its workflow. The watcher starts with the latest reports. The
// caller closes it.
func (b *Board) Watch(wants func(workflow.ExecutionKey, workflow.ID) bool) *Watcher {
	w := &Watcher{board: b, wants: wants, pending: map[workflow.ExecutionKey]workflow.Progress{}, ready: make(chan struct{}, 1)}
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

// Ready gets a value when Next may have something to say.
func (w *Watcher) Ready() <-chan struct{} { return w.ready }

// Next returns one report that was not taken yet; false means that there is none.
func (w *Watcher) Next() (workflow.ProgressReport, bool) {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	for key, p := range w.pending {
		delete(w.pending, key)
		if len(w.pending) > 0 {
			signal(w.ready)
		}
		return workflow.ProgressReport{Key: key, Progress: p}, true
	}
	return workflow.ProgressReport{}, false
}

// Close ends the watch.
func (w *Watcher) Close() {
	w.board.mu.Lock()
	defer w.board.mu.Unlock()
	delete(w.board.watchers, w)
}

// signal wakes whoever waits on a channel of capacity 1.
func signal(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}
