package eventstore

import (
	"context"
	"strings"
	"sync"
)

// page bounds what Next reads from disk, or passes on from memory, at once.
const page = 512

// Reader reads from disk; a Store is one.
type Reader interface {
	ReadAll(ctx context.Context, after int64, limit int, f Filter) ([]Event, error)
}

// Subscription follows the store from a position. It belongs to one goroutine,
// but Close may be called from any.
type Subscription struct {
	tail     *Tail
	reader   Reader
	filter   Filter
	position int64
	closed   chan struct{}
	close    func()
}

// NewSubscription follows tail after a position, and reader for what is older
// than tail. Drivers call it.
func NewSubscription(tail *Tail, reader Reader, after int64, f Filter) *Subscription {
	s := &Subscription{tail: tail, reader: reader, filter: f, position: after, closed: make(chan struct{})}
	s.close = sync.OnceFunc(func() { close(s.closed) })
	return s
}

// Next waits for events after the last ones and returns them in order of
// position, at least one. It returns ctx's error when ctx ends, and ErrClosed
// once the subscription or the store was closed. Readers share the events and
// must not change them.
func (s *Subscription) Next(ctx context.Context) ([]Event, error) {
	for {
		if err := s.over(ctx); err != nil {
			return nil, err
		}
		v := s.tail.after(s.position)
		events, err := s.take(ctx, v)
		if err != nil || len(events) > 0 {
			return events, err
		}
		if s.position < v.head {
			continue
		}
		if v.ended {
			return nil, ErrClosed
		}
		select {
		case <-v.more:
		case <-s.closed:
		case <-ctx.Done():
		}
	}
}

// Position returns the position up to which Next has looked: everything that
// the filter wants up to there was returned.
func (s *Subscription) Position() int64 { return s.position }

// Close ends the subscription; a waiting Next returns ErrClosed.
func (s *Subscription) Close() { s.close() }

func (s *Subscription) over(ctx context.Context) error {
	select {
	case <-s.closed:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// take returns what the filter wants and moves the position past what was seen.
func (s *Subscription) take(ctx context.Context, v view) ([]Event, error) {
	if v.held {
		return s.fromMemory(v), nil
	}
	events, err := s.reader.ReadAll(ctx, s.position, page, s.filter)
	if err != nil {
		return nil, err
	}
	// A short page has seen everything that was committed before it was read.
	if len(events) < page {
		s.position = max(s.position, v.head)
	}
	if n := len(events); n > 0 {
		s.position = max(s.position, events[n-1].Position)
	}
	return events, nil
}

func (s *Subscription) fromMemory(v view) []Event {
	var events []Event
	for _, group := range v.groups {
		for i := range group {
			e := &group[i]
			if e.Position <= s.position {
				continue
			}
			if len(events) == page {
				return events
			}
			s.position = e.Position
			if s.filter.Match(e) {
				events = append(events, *e)
				if !s.filter.Private {
					events[len(events)-1].Journal = nil
				}
			}
		}
	}
	return events
}

// Match reports whether the filter lets an event through.
func (f Filter) Match(e *Event) bool {
	return (f.Workspace == "" || f.Workspace == e.Stream.Workspace) &&
		(f.StreamType == "" || f.StreamType == e.Stream.Type) &&
		(f.StreamID == "" || f.StreamID == e.Stream.ID) &&
		(f.Private || !strings.HasPrefix(e.Type, PrivatePrefix))
}
