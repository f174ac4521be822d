package sim

import (
	"context"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

const (
	// maxFetches bounds how many files are fetched at a time.
	maxFetches = 4
	// maxFailures is how often a url may fail before its attachments are dropped at once.
	maxFailures = 2
)

// fetcher gets the files of attachments after they have been written, one goroutine for each. It ends with its world.
type fetcher struct {
	world  *world
	ctx    context.Context
	cancel context.CancelFunc
	slots  chan struct{}
	wait   sync.WaitGroup

	mu     sync.Mutex
	busy   map[string]bool // ids of attachments
	failed map[string]int  // by url
}

// job is one attachment to be fetched.
type job struct {
	table, record, field string // ids
	file                 cell.Attachment
	delay                time.Duration
}

func newFetcher(w *world) *fetcher {
	ctx, cancel := context.WithCancel(context.Background())
	return &fetcher{world: w, ctx: ctx, cancel: cancel, slots: make(chan struct{}, maxFetches), busy: map[string]bool{}, failed: map[string]int{}}
}

// close gives up what is under way; it is fetched when the simulator starts again.
func (f *fetcher) close() {
	f.cancel()
	f.wait.Wait()
}

// unreachable reports whether a url has failed too often. That is known until the simulator restarts.
func (f *fetcher) unreachable(url string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.failed[url] >= maxFailures
}

// start begins to fetch what is still to be fetched of these records. The caller keeps changes away.
func (f *fetcher) start(records []*record.Record, delay time.Duration) {
	for _, r := range records {
		if r.Deleted() {
			continue
		}
		for _, field := range r.Table().Fields {
			if field.Shape() != schema.Files {
				continue
			}
			for _, one := range cell.Attachments(r.Cell(field)) {
				if one.Pending {
					f.begin(job{table: r.Table().ID, record: r.ID, field: field.ID, file: one, delay: delay})
				}
			}
		}
	}
}

func (f *fetcher) begin(j job) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.busy[j.file.ID] || f.ctx.Err() != nil {
		return
	}
	f.busy[j.file.ID] = true
	f.wait.Go(func() { f.run(j) })
}

// run fetches one file and puts what is known of it into the cell. A file that cannot be fetched disappears from it.
func (f *fetcher) run(j job) {
	timer := time.NewTimer(j.delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.ctx.Done():
		return
	}
	select {
	case f.slots <- struct{}{}:
		defer func() { <-f.slots }()
	case <-f.ctx.Done():
		return
	}
	got, err := file.Fetch(f.ctx, j.file.URL)
	if f.ctx.Err() != nil {
		return
	}
	var hash string
	if err == nil {
		hash, err = f.world.files.Put(got.Data)
	}
	f.settle(j, got, hash, err)
}

// settle writes the outcome into the cell, if the attachment is still in it.
func (f *fetcher) settle(j job, got file.Fetched, hash string, failure error) {
	f.mu.Lock()
	delete(f.busy, j.file.ID)
	if failure != nil {
		f.failed[j.file.URL]++
	}
	f.mu.Unlock()
	_, _ = f.world.write(func(change *record.Change) ([]byte, *wire.Error) {
		change.SettleFile(j.table, j.record, j.field, j.file.ID, func(a cell.Attachment) (cell.Attachment, bool) {
			if failure != nil {
				return a, false
			}
			a.Pending, a.Hash, a.Size, a.Type, a.Width, a.Height = false, hash, len(got.Data), got.Type, got.Width, got.Height
			if a.Filename == "" {
				a.Filename = file.NameFor(got.Type)
			}
			return a, true
		})
		return nil, nil
	})
}
