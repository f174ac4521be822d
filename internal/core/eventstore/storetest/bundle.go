package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Driver is what the suite runs on.
type Driver struct {
	// Fresh returns the URL of an empty database that goes away with the test.
	Fresh func(t testing.TB) string
	// Open opens the store in a database.
	Open func(ctx context.Context, d *db.DB, c clock.Clock) (eventstore.Store, error)
}

// bundle is a fresh store and what a case needs around it.
type bundle struct {
	driver Driver
	url    string
	clock  *stepClock
	db     *db.DB
	store  eventstore.Store
}

func setup(t *testing.T, driver Driver) *bundle {
	t.Helper()
	b := &bundle{driver: driver, url: driver.Fresh(t), clock: &stepClock{now: time.Date(2026, 11, 24, 10, 7, 0, 123456789, time.FixedZone("x", 3600))}}
	b.open(t)
	t.Cleanup(func() { b.close(t) })
	return b
}

func (b *bundle) open(t testing.TB) {
	t.Helper()
	ctx := context.Background() // outlives the test's own context in cleanups
	var err error
	if b.db, err = db.Open(ctx, db.Options{URL: b.url, Clock: b.clock}); err != nil {
		t.Fatal(err)
	}
	if b.store, err = b.driver.Open(ctx, b.db, b.clock); err != nil {
		t.Fatal(err)
	}
}

func (b *bundle) close(t testing.TB) {
	t.Helper()
	if err := b.store.Close(); err != nil {
		t.Error(err)
	}
	if err := b.db.Close(); err != nil {
		t.Error(err)
	}
}

// hold keeps the writer busy until the function that it returns is called, so
// that everything submitted meanwhile ends up in one commit.
func (b *bundle) hold(t *testing.T) (release func()) {
	t.Helper()
	held, free, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	b.db.Submit(func(context.Context, db.Tx) error { close(held); <-free; return nil }, func(err error) {
		if err != nil {
			t.Errorf("the held write: %v", err)
		}
		close(over)
	})
	<-held
	return func() { close(free); <-over }
}

// outcome is what became of a submitted batch.
type outcome struct {
	eventstore.Appended
	err error
}

// together submits batches so that one commit takes them all.
func (b *bundle) together(t *testing.T, batches ...eventstore.Batch) []outcome {
	t.Helper()
	release := b.hold(t)
	outcomes := make([]outcome, len(batches))
	var wg sync.WaitGroup
	for i, batch := range batches {
		wg.Add(1)
		b.store.Submit(batch, func(a eventstore.Appended, err error) { outcomes[i] = outcome{a, err}; wg.Done() })
	}
	release()
	wg.Wait()
	return outcomes
}

func (b *bundle) append(t *testing.T, batch eventstore.Batch) eventstore.Appended {
	t.Helper()
	a, err := b.store.Append(t.Context(), batch)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (b *bundle) stream(t *testing.T, id eventstore.StreamID) []eventstore.Event {
	t.Helper()
	events, err := b.store.ReadStream(t.Context(), id, 0, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func (b *bundle) all(t *testing.T, f eventstore.Filter) []eventstore.Event {
	t.Helper()
	events, err := b.store.ReadAll(t.Context(), 0, 1<<20, f)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// everything is the filter that hides nothing.
func everything() eventstore.Filter { return eventstore.Filter{Private: true} }

func stream(id string) eventstore.StreamID {
	return eventstore.StreamID{Workspace: "ws_1", Type: "thing", ID: id}
}

// one is a batch for one stream.
func one(id string, expected int64, events ...eventstore.NewEvent) eventstore.Batch {
	return eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: stream(id), Expected: expected, Events: events}}}
}

// things are n small events.
func things(n int) []eventstore.NewEvent {
	events := make([]eventstore.NewEvent, n)
	for i := range events {
		events[i] = eventstore.NewEvent{Type: "thing.happened", Data: fmt.Appendf(nil, `{"n":%d}`, i)}
	}
	return events
}

// stepClock moves only when it is told to.
type stepClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *stepClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stepClock) step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// AfterFunc uses the machine's clock; the stores plan nothing.
func (c *stepClock) AfterFunc(d time.Duration, f func()) clock.Timer { return time.AfterFunc(d, f) }
