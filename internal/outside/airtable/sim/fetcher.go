package sim

import (
	"context"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

const (
	// maxFetches bounds how many files are fetched at a time.
	maxFetches = 4
	// maxFailures is how often a url may fail before its attachments are dropped at once.
	maxFailures = 2
)

// fetcher gets the files of attachments after they have been written, one goroutine for each. It ends with its world.
type fetcher struct {
	keep   func(data []byte) (hash string, err error)
	settle func(job, outcome)
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

// outcome is what became of a fetch.
type outcome struct {
	file.Fetched
	hash string
	err  error
}

// newFetcher returns a fetcher that keeps what it gets by keep and tells settle of every outcome.
func newFetcher(keep func([]byte) (string, error), settle func(job, outcome)) *fetcher {
	ctx, cancel := context.WithCancel(context.Background())
	return &fetcher{keep: keep, settle: settle, ctx: ctx, cancel: cancel, slots: make(chan struct{}, maxFetches), busy: map[string]bool{}, failed: map[string]int{}}
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

// run fetches one file.
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
	var o outcome
	o.Fetched, o.err = file.Fetch(f.ctx, j.file.URL)
	if f.ctx.Err() != nil {
		return
	}
	if o.err == nil {
		o.hash, o.err = f.keep(o.Data)
	}
	f.done(j, o.err)
	f.settle(j, o)
}

// done counts what failed.
func (f *fetcher) done(j job, failure error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.busy, j.file.ID)
	if failure != nil {
		f.failed[j.file.URL]++
	}
}

// apply is an attachment after its file has been fetched, or false when that failed and it disappears.
func (o outcome) apply(a cell.Attachment) (cell.Attachment, bool) {
	if o.err != nil {
		return a, false
	}
	a.Pending, a.Hash, a.Size, a.Type, a.Width, a.Height = false, o.hash, len(o.Data), o.Type, o.Width, o.Height
	if a.Filename == "" {
		a.Filename = file.NameFor(o.Type)
	}
	return a, true
}
