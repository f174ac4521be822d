package relational

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

var (
	//go:embed sql/salt.sql
	saltSQL string
	//go:embed sql/head.sql
	headSQL string
	//go:embed sql/categories.sql
	categoriesSQL string
	//go:embed sql/types.sql
	typesSQL string
	//go:embed sql/actors.sql
	actorsSQL string
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
	db    *db.DB
	clock clock.Clock
	told  func(batches, events int, took time.Duration)
	names *names
	tail  *eventstore.Tail

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

// Open returns the store in d, whose tables exist already.
func Open(ctx context.Context, d *db.DB, driver Driver, o Options) (*Store, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	if o.Committed == nil {
		o.Committed = func(int, int, time.Duration) {}
	}
	n := &names{}
	s := &Store{db: d, clock: o.Clock, told: o.Committed, names: n, drained: make(chan struct{}),
		group: &group{driver: driver, names: n, epoch: d.Epoch()}}
	err := d.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		var salt [8]byte
		if _, err := rand.Read(salt[:]); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, saltSQL, int64(binary.BigEndian.Uint64(salt[:])>>1)); err != nil {
			return err
		}
		return s.loadAll(ctx, tx)
	})
	if err != nil {
		return nil, fmt.Errorf("open the event store: %w", err)
	}
	s.tail = eventstore.NewTail(s.group.position)
	return s, nil
}

// loadAll reads what the writer keeps in memory.
func (s *Store) loadAll(ctx context.Context, q db.Querier) error {
	g := s.group
	var salt int64
	if err := q.QueryRow(ctx, headSQL).Scan(&salt, &g.position, &g.streams); err != nil {
		return fmt.Errorf("read the head: %w", err)
	}
	if g.salt == 0 {
		g.salt = salt // never changes, and readers use it
	}
	categories, err := collect(ctx, q, categoriesSQL, func(rows db.Rows, c *Category) error {
		return rows.Scan(&c.Key, &c.Workspace, &c.Type)
	})
	if err != nil {
		return fmt.Errorf("read the stream categories: %w", err)
	}
	types, err := collect(ctx, q, typesSQL, func(rows db.Rows, t *Type) error { return rows.Scan(&t.Key, &t.Name) })
	if err != nil {
		return fmt.Errorf("read the event types: %w", err)
	}
	actors, err := collect(ctx, q, actorsSQL, func(rows db.Rows, a *Actor) error { return rows.Scan(&a.Key, &a.Kind, &a.ID) })
	if err != nil {
		return fmt.Errorf("read the actors: %w", err)
	}
	s.names.replace(categories, types, actors)
	g.versions = versions{}
	return nil
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q db.Querier, sql string, scan func(db.Rows, *T) error, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
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
