package readmodel

import (
	"context"
	"errors"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// retryAfter is the pause after a failed write, such as on a full disk.
const retryAfter = time.Second

// Run folds events until ctx ends. A failed write is logged and tried again
// from the checkpoint; it returns an error only when the store is lost.
func (m *Model) Run(ctx context.Context) error {
	m.start()
	defer m.stop()
	for ctx.Err() == nil {
		err := m.follow(ctx)
		switch {
		case ctx.Err() != nil || errors.Is(err, eventstore.ErrClosed):
			return nil
		case errors.Is(err, db.ErrLost):
			return err
		case m.wantsRebuild():
			m.answerRebuild(m.reset(ctx))
		case err != nil:
			m.log.Error("read models: a batch failed and is tried again", "error", err, "after", retryAfter)
			m.sleep(ctx, retryAfter)
		}
	}
	return nil
}

// follow applies batches from the checkpoint on until something is wrong or
// a rebuild is wanted.
func (m *Model) follow(ctx context.Context) error {
	after, err := m.reader.checkpoint(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m.mu.Lock()
	m.wake = cancel
	m.mu.Unlock()
	sub := m.store.Subscribe(after, eventstore.Filter{Private: true})
	defer sub.Close()
	f := newFold(m.reader)
	for !m.wantsRebuild() {
		batch, err := m.batch(ctx, sub)
		if err != nil {
			return err
		}
		if err := m.apply(ctx, f, batch); err != nil {
			return err
		}
	}
	return nil
}

// batch waits for events, lets more of them collect unless someone waits,
// and returns all that are durable then, up to the limits.
func (m *Model) batch(ctx context.Context, sub *eventstore.Subscription) ([]eventstore.Event, error) {
	batch, err := sub.Next(ctx)
	if err != nil {
		return nil, err
	}
	m.collect(ctx)
	head, err := m.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	batch = append([]eventstore.Event(nil), batch...)
	size := 0
	for i := range batch {
		size += len(batch[i].Data)
	}
	for batch[len(batch)-1].Position < head && len(batch) < maxBatchEvents && size < maxBatchBytes {
		more, err := sub.Next(ctx)
		if err != nil {
			return nil, err
		}
		for i := range more {
			size += len(more[i].Data)
		}
		batch = append(batch, more...)
	}
	return batch, nil
}

// collect pauses for the time of gather, or until someone waits.
func (m *Model) collect(ctx context.Context) {
	if m.hasWaiters() {
		return
	}
	m.sleep(ctx, gather)
}

// sleep lasts d, or until someone waits, or until ctx ends.
func (m *Model) sleep(ctx context.Context, d time.Duration) {
	over := make(chan struct{})
	timer := m.clock.AfterFunc(d, func() { close(over) })
	defer timer.Stop()
	for {
		select {
		case <-m.kick:
			if m.hasWaiters() { // a kick may be left over from one who was served
				return
			}
		case <-over:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (m *Model) apply(ctx context.Context, f *fold, batch []eventstore.Event) error {
	for i := range batch {
		if err := f.apply(ctx, &batch[i]); err != nil {
			return err
		}
	}
	return m.write(ctx, f)
}

// Rebuild drops all rows that are folded from events and makes them again.
// It returns when they are as far as the store was at the call. It works
// beside Run and without it.
func (m *Model) Rebuild(ctx context.Context) error {
	m.mu.Lock()
	if !m.running {
		m.mu.Unlock()
		return m.rebuildAlone(ctx)
	}
	if m.rebuild != nil {
		m.mu.Unlock()
		return errors.New("a rebuild is running already; wait for it")
	}
	answer := make(chan error, 1)
	m.rebuild = answer
	m.wake()
	m.mu.Unlock()
	m.nudge()
	select {
	case err := <-answer:
		if err != nil {
			return err
		}
	case <-ctx.Done():
		return ctx.Err()
	}
	return m.Current(ctx)
}

func (m *Model) rebuildAlone(ctx context.Context) error {
	if err := m.reset(ctx); err != nil {
		return err
	}
	head, err := m.store.Head(ctx)
	if err != nil {
		return err
	}
	f := newFold(m.reader)
	for f.position < head {
		batch, err := m.store.ReadAll(ctx, f.position, maxBatchEvents, eventstore.Filter{Private: true})
		if err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		if err := m.apply(ctx, f, batch); err != nil {
			return err
		}
	}
	return nil
}

// reset empties the tables and sets the checkpoint to the beginning.
func (m *Model) reset(ctx context.Context) error {
	err := m.db.Write(ctx, func(ctx context.Context, tx db.Tx) error {
		for _, drop := range []string{m.sql.dropSteps, m.sql.dropExecutions, m.sql.dropFigures, m.sql.dropWorkflows} {
			if _, err := tx.Exec(ctx, drop); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, m.sql.writeCheckpoint, int64(0))
		return err
	})
	if err == nil {
		m.advance(0)
	}
	return err
}

func (m *Model) wantsRebuild() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rebuild != nil
}

func (m *Model) answerRebuild(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rebuild <- err
	m.rebuild = nil
}

func (m *Model) start() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running, m.wake = true, func() {}
}

// stop wakes everybody who waits; they learn that nothing comes any more.
func (m *Model) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running, m.stopped = false, true
	for _, w := range m.waiters {
		close(w.done)
	}
	m.waiters = nil
	if m.rebuild != nil {
		m.rebuild <- ErrStopped
		m.rebuild = nil
	}
}
