package readmodel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// gather is how long the projector lets events collect while nobody waits
// for them: an execution that starts and ends meanwhile costs one row write.
const gather = 50 * time.Millisecond

// Limits of one batch.
const (
	maxBatchEvents = 4096
	maxBatchBytes  = 8 << 20
)

// ErrStopped is returned to those who wait for a projector that has stopped.
var ErrStopped = errors.New("the read models are not being updated any more: the process is stopping")

// Options says what a model is made from.
type Options struct {
	Store  eventstore.Store
	DB     *db.DB
	Clock  clock.Clock
	Logger *slog.Logger
}

// Model is the read side. It is safe for concurrent use; Run may be called once.
type Model struct {
	store  eventstore.Store
	db     *db.DB
	clock  clock.Clock
	log    *slog.Logger
	sql    *statements
	reader *reader
	writer *writer
	kick   chan struct{} // capacity 1: someone waits, or a rebuild is wanted

	mu      sync.Mutex
	applied int64
	waiters []waiter
	running bool
	stopped bool
	rebuild chan error         // not nil: a rebuild is wanted; it answers here
	wake    context.CancelFunc // ends the projector's wait for events
}

type waiter struct {
	position int64
	done     chan struct{}
}

// Open prepares the tables and reads the checkpoint.
func Open(ctx context.Context, o Options) (*Model, error) {
	sql, err := openTables(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	m := &Model{store: o.Store, db: o.DB, clock: o.Clock, log: o.Logger, sql: sql,
		reader: &reader{o.DB, sql}, writer: newWriter(o.DB.Dialect(), sql), kick: make(chan struct{}, 1)}
	m.applied, err = m.reader.checkpoint(ctx)
	return m, err
}

// WaitFor returns once the rows hold everything up to position. It does not
// sleep: the projector is woken and wakes the caller.
func (m *Model) WaitFor(ctx context.Context, position int64) error {
	m.mu.Lock()
	if position <= m.applied {
		m.mu.Unlock()
		return nil
	}
	if m.stopped {
		m.mu.Unlock()
		return ErrStopped
	}
	w := waiter{position, make(chan struct{})}
	m.waiters = append(m.waiters, w)
	m.mu.Unlock()
	m.nudge()
	select {
	case <-w.done:
		return m.reached(position)
	case <-ctx.Done():
		m.forget(w)
		return ctx.Err()
	}
}

// Current returns once the rows hold everything that was durable at the call.
func (m *Model) Current(ctx context.Context) error {
	head, err := m.store.Head(ctx)
	if err != nil {
		return err
	}
	return m.WaitFor(ctx, head)
}

// Lag returns how many events the rows are behind the store, and how old the
// oldest of them is.
func (m *Model) Lag(ctx context.Context) (events int64, age time.Duration, err error) {
	m.mu.Lock()
	applied := m.applied
	m.mu.Unlock()
	head, err := m.store.Head(ctx)
	if err != nil || head <= applied {
		return 0, 0, err
	}
	next, err := m.store.ReadAll(ctx, applied, 1, eventstore.Filter{Private: true})
	if err != nil || len(next) == 0 {
		return head - applied, 0, err
	}
	return head - applied, max(0, m.clock.Now().Sub(next[0].Time)), nil
}

func (m *Model) nudge() {
	select {
	case m.kick <- struct{}{}:
	default:
	}
}

func (m *Model) reached(position int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if position <= m.applied {
		return nil
	}
	return ErrStopped
}

func (m *Model) forget(gone waiter) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, w := range m.waiters {
		if w.done == gone.done {
			m.waiters = append(m.waiters[:i], m.waiters[i+1:]...)
			return
		}
	}
}

// advance records how far the rows are and wakes those who wait for it.
func (m *Model) advance(position int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.applied = position
	kept := m.waiters[:0]
	for _, w := range m.waiters {
		if w.position <= position {
			close(w.done)
		} else {
			kept = append(kept, w)
		}
	}
	clear(m.waiters[len(kept):])
	m.waiters = kept
}

func (m *Model) hasWaiters() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.waiters) > 0 || m.rebuild != nil
}

// write stores what f has changed in one transaction and returns when it is
// durable.
func (m *Model) write(ctx context.Context, f *fold) error {
	figures := make([]figuresRow, 0, len(f.recounted))
	for _, r := range f.recounted {
		raw, err := json.Marshal(r.figures)
		if err != nil {
			return fmt.Errorf("figures of %s: %w", r.id, err)
		}
		figures = append(figures, figuresRow{r.seq, string(raw)})
	}
	err := m.db.Write(ctx, func(ctx context.Context, tx db.Tx) error { return m.writer.save(ctx, tx, f, figures) })
	if err != nil {
		return fmt.Errorf("write the read models: %w", err)
	}
	f.written()
	m.advance(f.position)
	return nil
}

// figuresRow is a row of workflow_figures.
type figuresRow struct {
	workflow int64
	figures  string
}
