package sim

import (
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/listing"
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

	mu     sync.RWMutex
	schema *schema.Schema
	data   *record.Data
}

// response is a success: its JSON, and the ticket of what must be durable before it is sent.
type response struct {
	body   []byte
	ticket *journal.Ticket
}

// openWorld returns the world of a data file, or an empty one that is not kept when path is "".
func openWorld(path string, offsetTTL time.Duration, c clock.Clock) (*world, error) {
	s := schema.New()
	w := &world{clock: c, listings: listing.New(offsetTTL), schema: s, data: record.NewData(s)}
	if path == "" {
		return w, nil
	}
	var err error
	w.store, err = openStore(path, w.schema, w.data)
	return w, err
}

func (w *world) close() error {
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
	body, err := do(c)
	if err != nil {
		c.Rollback()
		return response{}, err
	}
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
