package sim

import (
	"errors"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/file"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/listing"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// world is everything that the simulator keeps. Its lock is taken once per call: shared by calls that change nothing,
// alone by all others. Nothing below takes it.
type world struct {
	clock    clock.Clock
	listings *listing.Listings
	store    *store // nil without a data file
	files    *file.Store
	fetcher  *fetcher
	quirks   func() quirk.Set
	urlLife  time.Duration

	mu     sync.RWMutex
	schema *schema.Schema
	data   *record.Data
}

// response is a success: its JSON, and the ticket of what must be durable before it is sent.
type response struct {
	body   []byte
	ticket *journal.Ticket
}

// worldOptions say where a world is kept, how long its things last, and which switches count at the moment.
type worldOptions struct {
	dataFile           string
	offsetTTL, urlLife time.Duration
	clock              clock.Clock
	quirks             func() quirk.Set
}

// openWorld returns the world of a data file, or an empty one that is not kept when there is none.
func openWorld(o worldOptions) (*world, error) {
	s := schema.New()
	w := &world{clock: o.clock, listings: listing.New(o.offsetTTL), schema: s, data: record.NewData(s), quirks: o.quirks, urlLife: o.urlLife}
	if o.dataFile == "" {
		w.files = file.OpenStore("")
		w.fetcher = newFetcher(w.files.Put, w.settleFile)
		return w, nil
	}
	var err error
	if w.store, err = openStore(o.dataFile, w.schema, w.data); err != nil {
		return nil, err
	}
	w.files = file.OpenStore(o.dataFile + ".files")
	w.fetcher = newFetcher(w.files.Put, w.settleFile)
	if err = w.resumeFiles(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// resumeFiles removes the files that no cell has any more, and begins to fetch those that are still to be fetched.
func (w *world) resumeFiles() error {
	var all []*record.Record
	for _, b := range w.schema.Bases() {
		for _, t := range b.Tables {
			all = append(all, w.data.Of(t).InIDOrder()...)
		}
	}
	live := map[string]bool{}
	for _, r := range all {
		for _, f := range r.Table().Fields {
			for _, a := range cell.Attachments(r.Cell(f)) {
				live[a.Hash] = true
			}
		}
	}
	err := w.files.Sweep(live)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fetcher.start(all, 0)
	return err
}

// settleFile writes what became of a fetch into the cell, if the attachment is still in it.
func (w *world) settleFile(j job, o outcome) {
	_, _ = w.write(func(c *record.Change) ([]byte, *wire.Error) {
		c.SettleFile(j.table, j.record, j.field, j.file.ID, o.apply)
		return nil, nil
	})
}

func (w *world) close() error {
	w.fetcher.close()
	if w.store == nil {
		return nil
	}
	return w.store.close()
}

// now is the simulator's time, in milliseconds as Airtable shows it.
func (w *world) now() time.Time { return w.clock.Now().Truncate(time.Millisecond) }

// read runs a call that changes nothing. Its response waits for all changes that it may have seen.
func (w *world) read(look func() ([]byte, *wire.Error)) (response, *wire.Error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	body, err := look()
	if err != nil || w.store == nil {
		return response{body: body}, err
	}
	return response{body: body, ticket: w.store.newest()}, nil
}

// write runs a call that changes something. It happens whole or not at all.
func (w *world) write(do func(c *record.Change) ([]byte, *wire.Error)) (response, *wire.Error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.data.Begin(w.now().UnixMilli())
	c.Quirks, c.Unreachable = w.quirks(), w.fetcher.unreachable
	body, err := do(c)
	if err != nil {
		c.Rollback()
		return response{}, err
	}
	w.fetcher.start(c.Touched(), time.Duration(c.Quirks.AttachmentDelayMS)*time.Millisecond)
	if w.store == nil {
		return response{body: body}, nil
	}
	return response{body: body, ticket: w.store.commit(c)}, nil
}

// readTable is read for a call on the records of a table.
func (w *world) readTable(p path, look func(t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error)) (response, *wire.Error) {
	return w.read(func() ([]byte, *wire.Error) {
		t, err := w.schema.Find(p.base, p.table)
		if err != nil {
			return nil, err
		}
		return look(t, record.NewEvaluator(w.data).At(w.now().UnixMilli()))
	})
}

// writeTable is write for a call on the records of a table.
func (w *world) writeTable(p path, do func(c *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error)) (response, *wire.Error) {
	return w.write(func(c *record.Change) ([]byte, *wire.Error) {
		t, err := w.schema.Find(p.base, p.table)
		if err != nil {
			return nil, err
		}
		return do(c, t, record.NewEvaluator(w.data).At(w.now().UnixMilli()))
	})
}

// writeRecords is writeTable for a call of the API. Of the files on this machine, only callers who are on it too may
// have one fetched.
func (w *world) writeRecords(c *call, do func(c *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error)) (response, *wire.Error) {
	return w.writeTable(c.path, func(change *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		if c.remote && change.Quirks.FetchAttachments != "all" {
			change.Quirks.FetchAttachments = "none"
		}
		return do(change, t, e)
	})
}

// writeBase is write for a call on the schema of a base.
func (w *world) writeBase(p path, do func(c *schema.Change, b *schema.Base) ([]byte, *wire.Error)) (response, *wire.Error) {
	return w.write(func(c *record.Change) ([]byte, *wire.Error) {
		b, err := w.schema.Base(p.base)
		if err != nil {
			return nil, err
		}
		return do(c.Schema, b)
	})
}
