package relational

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Append implements eventstore.Store.
func (s *Store) Append(ctx context.Context, b eventstore.Batch) (eventstore.Appended, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	type result struct {
		appended eventstore.Appended
		err      error
	}
	results := make(chan result, 1)
	sub := newSubmission(b, func(a eventstore.Appended, err error) { results <- result{a, err} })
	s.submit(sub)
	select {
	case a := <-results:
		return a.appended, a.err
	case <-ctx.Done():
		if sub.withdraw() {
			return eventstore.Appended{}, ctx.Err()
		}
		a := <-results
		return a.appended, a.err
	}
}

// Submit implements eventstore.Store.
func (s *Store) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	s.submit(newSubmission(b, done))
}

// submit queues a batch and calls the writer, if no call is on its way.
func (s *Store) submit(sub *submission) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		sub.done(eventstore.Appended{}, eventstore.ErrClosed)
		return
	}
	if len(s.queue) == 0 {
		s.since = s.clock.Now()
	}
	s.queue = append(s.queue, sub)
	call := !s.flying
	s.flying = true
	s.mu.Unlock()
	if call {
		s.db.Submit(s.commit, s.committed)
	}
}

// commit writes what has gathered. It runs inside the writer's transaction.
func (s *Store) commit(ctx context.Context, tx db.Tx) error {
	s.gather()
	if s.stale {
		if err := s.loadAll(ctx, tx); err != nil {
			return err
		}
		s.stale = false
	}
	return s.group.write(ctx, tx, s.batches, now(s.clock))
}

// gather takes the batches of one commit from the queue, up to maxEvents and
// maxBytes.
func (s *Store) gather() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.began = s.since
	clear(s.batches)
	s.batches = s.batches[:0]
	events, bytes, taken := 0, 0, 0
	for _, sub := range s.queue {
		if taken > 0 && (events+len(sub.metas) > maxEvents || bytes+sub.bytes > maxBytes) {
			break
		}
		taken++
		if sub.begin() {
			events += len(sub.metas)
			bytes += sub.bytes
			s.batches = append(s.batches, sub)
		}
	}
	rest := copy(s.queue, s.queue[taken:])
	clear(s.queue[rest:])
	s.queue = s.queue[:rest]
}

// committed tells the batches what became of them. It runs on the writer's
// goroutine after the transaction has ended.
func (s *Store) committed(err error) {
	if err != nil {
		s.stale = true
		if len(s.batches) == 0 {
			s.gather() // refused before it was begun
		}
	} else {
		s.tail.Publish(s.group.events)
		s.told(len(s.batches), len(s.group.events), s.clock.Now().Sub(s.began))
	}
	for _, sub := range s.batches {
		if err != nil && sub.err == nil {
			sub.err = err
		}
		sub.finish()
	}
	clear(s.batches)
	s.batches = s.batches[:0]
	s.next()
}

// next calls the writer again for what has gathered meanwhile.
func (s *Store) next() {
	s.mu.Lock()
	call := len(s.queue) > 0
	s.flying = call
	ended := s.closed && !call
	s.mu.Unlock()
	if call {
		s.db.Submit(s.commit, s.committed)
	}
	if ended {
		close(s.drained)
	}
}
