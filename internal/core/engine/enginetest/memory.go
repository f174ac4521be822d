package enginetest

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Memory is an event store without a disk, for tests of executions in virtual
// time: appends, reads and conflicts as eventstore.Store promises, inline
// writers with a nil transaction. It has no subscriptions.
type Memory struct {
	// Now stamps events; nil means the time of the process or the bubble.
	Now func() time.Time

	mu      sync.Mutex
	events  []*eventstore.Event
	streams map[eventstore.StreamID][]int // indexes into events
	labels  map[eventstore.StreamID]json.RawMessage
	fail    error

	queue  chan job
	closed chan struct{}
	wait   sync.WaitGroup
}

type job struct {
	batch eventstore.Batch
	done  func(eventstore.Appended, error)
}

var _ eventstore.Store = (*Memory)(nil)

// NewMemory returns an empty store. Close it.
func NewMemory() *Memory {
	m := &Memory{streams: map[eventstore.StreamID][]int{}, labels: map[eventstore.StreamID]json.RawMessage{}, queue: make(chan job, 4096), closed: make(chan struct{})}
	m.wait.Go(m.commit)
	return m
}

// Fail makes every append fail with err until it is called with nil.
func (m *Memory) Fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

func (m *Memory) commit() {
	for {
		select {
		case j := <-m.queue:
			j.done(m.append(j.batch))
		case <-m.closed:
			return
		}
	}
}

func (m *Memory) append(b eventstore.Batch) (eventstore.Appended, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return eventstore.Appended{}, m.fail
	}
	for _, s := range b.Streams {
		have := int64(len(m.streams[s.Stream]))
		if s.Expected != eventstore.Any && s.Expected != have {
			return eventstore.Appended{}, &eventstore.ConflictError{Stream: s.Stream, Expected: s.Expected, Actual: have}
		}
	}
	for _, write := range b.Inline {
		if err := write(context.Background(), nil); err != nil {
			return eventstore.Appended{}, err
		}
	}
	now := time.Now()
	if m.Now != nil {
		now = m.Now()
	}
	var done eventstore.Appended
	for _, s := range b.Streams {
		index := m.streams[s.Stream]
		if len(index) == 0 {
			m.labels[s.Stream] = s.Labels
		}
		for _, e := range s.Events {
			index = append(index, len(m.events))
			done.Position = int64(len(m.events) + 1)
			m.events = append(m.events, &eventstore.Event{Position: done.Position, Stream: s.Stream, Labels: m.labels[s.Stream], Version: int64(len(index)),
				Type: e.Type, Schema: max(e.Schema, 1), Data: e.Data, Journal: e.Journal, Meta: e.Meta, Time: now.UTC().Truncate(time.Microsecond)})
		}
		m.streams[s.Stream] = index
		done.Versions = append(done.Versions, int64(len(index)))
	}
	return done, nil
}

// Submit appends in order, on the store's goroutine.
func (m *Memory) Submit(b eventstore.Batch, done func(eventstore.Appended, error)) {
	select {
	case m.queue <- job{b, done}:
	case <-m.closed:
		done(eventstore.Appended{}, eventstore.ErrClosed)
	}
}

// Append is Submit that waits.
func (m *Memory) Append(_ context.Context, b eventstore.Batch) (eventstore.Appended, error) {
	type result struct {
		a   eventstore.Appended
		err error
	}
	c := make(chan result, 1)
	m.Submit(b, func(a eventstore.Appended, err error) { c <- result{a, err} })
	r := <-c
	return r.a, r.err
}

// ReadStream returns events of one stream.
func (m *Memory) ReadStream(_ context.Context, id eventstore.StreamID, after int64, limit int) ([]eventstore.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	index := m.streams[id]
	var out []eventstore.Event
	for i := after; i < int64(len(index)) && len(out) < limit; i++ {
		out = append(out, *m.events[index[i]])
	}
	return out, nil
}

// ReadAll returns events of all streams.
func (m *Memory) ReadAll(_ context.Context, after int64, limit int, f eventstore.Filter) ([]eventstore.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []eventstore.Event
	for i := after; i < int64(len(m.events)) && len(out) < limit; i++ {
		e := m.events[i]
		private := strings.HasPrefix(e.Type, eventstore.PrivatePrefix)
		if (f.StreamType == "" || f.StreamType == e.Stream.Type) && (f.Workspace == "" || f.Workspace == e.Stream.Workspace) &&
			(f.StreamID == "" || f.StreamID == e.Stream.ID) && (f.Private || !private) {
			out = append(out, *e)
		}
	}
	return out, nil
}

// Head returns the last position.
func (m *Memory) Head(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.events)), nil
}

// Subscribe is not offered.
func (m *Memory) Subscribe(int64, eventstore.Filter) *eventstore.Subscription { return nil }

// Close ends the committer; later appends fail.
func (m *Memory) Close() error {
	m.mu.Lock()
	select {
	case <-m.closed:
		m.mu.Unlock()
		return nil
	default:
	}
	close(m.closed)
	m.mu.Unlock()
	m.wait.Wait()
	return nil
}

// ErrDisk stands for a full disk.
var ErrDisk = errors.New("no space left on device")
