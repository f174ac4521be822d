package projection_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/postgres"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a store with projections on it.
type bench struct {
	t     testing.TB
	db    *db.DB
	store *countingStore
	*projection.Set
	clock clock.Clock
	stop  func()
}

// countingStore counts the reads from disk.
type countingStore struct {
	eventstore.Store
	reads atomic.Int64
}

func (s *countingStore) ReadAll(ctx context.Context, after int64, limit int, f eventstore.Filter) ([]eventstore.Event, error) {
	s.reads.Add(1)
	return s.Store.ReadAll(ctx, after, limit, f)
}

// each runs a test on an empty store of each database.
func each(t *testing.T, test func(b *bench)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, url string) { test(open(t, url)) })
}

// open opens a store whose pauses take no time.
func open(t testing.TB, url string) *bench {
	t.Helper()
	b := &bench{t: t, clock: hasty{}, stop: func() {}}
	b.db = dbtest.Open(t, url)
	var store eventstore.Store
	var err error
	if b.db.Dialect() == db.Postgres {
		store, err = postgres.Open(t.Context(), b.db, postgres.Options{})
	} else {
		store, err = sqlite.Open(t.Context(), b.db, sqlite.Options{})
	}
	b.must(err)
	b.store = &countingStore{Store: store}
	t.Cleanup(func() { b.must(store.Close()) })
	t.Cleanup(func() { b.stop() })
	return b
}

func (b *bench) options() projection.Options {
	return projection.Options{Store: b.store, DB: b.db, Clock: b.clock, Logger: slog.New(slog.NewTextHandler(b.t.Output(), nil))}
}

// add begins a new set with some projections.
func (b *bench) add(declared ...projection.Projection) []*projection.Follower {
	b.t.Helper()
	var err error
	b.Set, err = projection.Open(b.t.Context(), b.options())
	b.must(err)
	var followers []*projection.Follower
	for _, p := range declared {
		f, err := b.Add(b.t.Context(), p)
		b.must(err)
		followers = append(followers, f)
	}
	return followers
}

// run keeps the projections up to date until stop.
func (b *bench) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := b.Run(ctx); err != nil {
			b.t.Errorf("run: %v", err)
		}
	})
	b.stop = sync.OnceFunc(func() {
		cancel()
		running.Wait()
	})
}

// append adds an event with a number to a stream of the type "count".
func (b *bench) append(id string, data string) int64 {
	b.t.Helper()
	return b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "count", ID: id}, eventstore.NewEvent{Type: "count.added", Data: json.RawMessage(data)})
}

func (b *bench) appendTo(stream eventstore.StreamID, events ...eventstore.NewEvent) int64 {
	b.t.Helper()
	a, err := b.store.Append(b.t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: stream, Expected: eventstore.Any, Events: events}}})
	b.must(err)
	return a.Position
}

// fill appends n events to some streams, every tenth of them private.
func (b *bench) fill(n int) {
	b.t.Helper()
	for i := 0; i < n; i += 100 {
		var events []eventstore.NewEvent
		for j := i; j < min(i+100, n); j++ {
			typ := "count.added"
			if j%10 == 9 {
				typ = "journal.noise"
			}
			events = append(events, eventstore.NewEvent{Type: typ, Data: json.RawMessage(fmt.Sprint(j))})
		}
		b.appendTo(eventstore.StreamID{Workspace: "ws", Type: "count", ID: fmt.Sprint(i % 7)}, events...)
	}
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// tally declares a projection that adds the numbers of each stream of the type
// "count", in a table of its own that is made.
func (b *bench) tally(name string) projection.Projection {
	b.t.Helper()
	dbtest.Exec(b.t, b.db, "CREATE TABLE IF NOT EXISTS "+name+" (id TEXT PRIMARY KEY, events BIGINT NOT NULL, total BIGINT NOT NULL CHECK (total >= 0))")
	return projection.Projection{Name: name, Version: 1, Streams: []string{"count"}, Tables: []string{name},
		Begin: func(d *db.DB) projection.Fold { return newAdder(d, name) }}
}

// sum is a row of a tally.
type sum struct {
	id            string
	events, total int64
}

// adder is the fold of a tally. A number that is none stops it; a negative total
// is refused by the table.
type adder struct {
	db      *db.DB
	table   string
	held    map[string]*sum
	changed []*sum
	upsert  *projection.Upsert[*sum]
}

func newAdder(d *db.DB, table string) *adder {
	return &adder{db: d, table: table, held: map[string]*sum{}, upsert: projection.NewUpsert(d.Dialect(),
		"INSERT INTO "+table+" (id, events, total) VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET events = excluded.events, total = excluded.total",
		func(_ context.Context, _ db.Tx, s *sum, to []any) ([]any, error) {
			return append(to, s.id, s.events, s.total), nil
		})}
}

func (a *adder) Apply(ctx context.Context, e *eventstore.Event) error {
	s := a.held[e.Stream.ID]
	if s == nil {
		s = &sum{id: e.Stream.ID}
		err := a.db.Read().QueryRow(ctx, "SELECT events, total FROM "+a.table+" WHERE id = $1", s.id).Scan(&s.events, &s.total)
		if err != nil && !errors.Is(err, db.ErrNoRows) {
			return err
		}
		a.held[s.id] = s
	}
	s.events++ // before the number is looked at: what fails has left traces
	var n int64
	if err := json.Unmarshal(e.Data, &n); err != nil {
		return fmt.Errorf("decode a number: %w", err)
	}
	s.total += n
	if !slices.Contains(a.changed, s) {
		a.changed = append(a.changed, s)
	}
	return nil
}

func (a *adder) Changes() (db.Write, error) {
	changed := a.changed
	a.changed = nil
	return func(ctx context.Context, tx db.Tx) error { return a.upsert.Write(ctx, tx, changed) }, nil
}

// hasty is a clock whose pauses take no time.
type hasty struct{}

func (hasty) Now() time.Time { return time.Now() }

func (hasty) AfterFunc(_ time.Duration, f func()) clock.Timer { return time.AfterFunc(0, f) }

// hand is a clock whose pauses end by hand.
type hand struct{ pauses chan pause }

type pause struct {
	time.Duration
	end func()
}

func (h hand) Now() time.Time { return time.Now() }

func (h hand) AfterFunc(d time.Duration, f func()) clock.Timer {
	h.pauses <- pause{d, f}
	return idle{}
}

type idle struct{}

func (idle) Stop() bool { return true }
