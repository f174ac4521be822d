package relational

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Bounds of one commit; a single larger batch still is one.
const (
	maxEvents = 4096
	maxBytes  = 32 << 20
)

// Options tunes a store; the zero value is right.
type Options struct {
	// Clock stamps events. Nil means the machine's clock.
	Clock clock.Clock
	// Committed is told about every commit, if set: its events and how long its
	// batches waited from the first one's arrival until they were durable. It
	// runs on the writer's goroutine and must be quick.
	Committed func(batches, events int, took time.Duration)
}

// Store is the event store of a database. It implements eventstore.Store.
type Store struct {
	db     *db.DB
	sql    *statements
	clock  clock.Clock
	told   func(batches, events int, took time.Duration)
	names  *names
	labels *labels
	tail   *eventstore.Tail

	mu      sync.Mutex
	queue   []*submission
	since   time.Time     // when the first of queue came
	flying  bool          // a commit is on its way to the writer or in it
	closed  bool          // no more submissions
	drained chan struct{} // closed when closed and nothing is on its way

	// What follows belongs to the writer's goroutine.
	group   *group
	stale   bool // the last commit failed: load everything again
	batches []*submission
	began   time.Time
}

// Open returns the store in d. It brings its tables up to date.
func Open(ctx context.Context, d *db.DB, driver Driver, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Committed == nil {
		o.Committed = func(int, int, time.Duration) {}
	}
	sql, err := openTables(ctx, d)
	if err != nil {
		return nil, err
	}
	s := &Store{db: d, sql: sql, clock: o.Clock, told: o.Committed, names: &names{}, labels: &labels{}, drained: make(chan struct{})}
	s.group = &group{driver: driver, sql: sql, names: s.names, labels: s.labels, salt: salt(d.StoreID()), epoch: d.Epoch()}
	if err := s.loadAll(ctx, d.Read()); err != nil {
		return nil, fmt.Errorf("open the event store: %w", err)
	}
	s.tail = eventstore.NewTail(s.group.position)
	return s, nil
}

// salt is what makes the ids of a store's events its own.
func salt(store string) int64 {
	sum := sha256.Sum256([]byte(store))
	return int64(binary.BigEndian.Uint64(sum[:]) >> 1)
}

// loadAll reads what the writer keeps in memory.
func (s *Store) loadAll(ctx context.Context, q db.Querier) error {
	g := s.group
	if err := q.QueryRow(ctx, s.sql.head).Scan(&g.position, &g.lastStream, &g.lastLabels); err != nil {
		return fmt.Errorf("read the head: %w", err)
	}
	g.versions = versions{}
	s.labels.forget()
	return s.names.load(ctx, q, s.sql)
}

// Subscribe implements eventstore.Store.
func (s *Store) Subscribe(after int64, f eventstore.Filter) *eventstore.Subscription {
	return eventstore.NewSubscription(s.tail, s, after, f)
}

// Close implements eventstore.Store.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	idle := first && !s.flying
	s.mu.Unlock()
	if idle {
		close(s.drained)
	}
	<-s.drained
	s.tail.End()
	return nil
}
