package eventstore_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// disk is what a store has on disk, and counts the reads.
type disk struct {
	events []eventstore.Event
	reads  int
}

func (d *disk) ReadAll(_ context.Context, after int64, limit int, _ eventstore.Filter) ([]eventstore.Event, error) {
	d.reads++
	rest := d.events[after:]
	return rest[:min(limit, len(rest))], nil
}

func events(from, to int64) []eventstore.Event {
	var all []eventstore.Event
	for p := from; p <= to; p++ {
		all = append(all, eventstore.Event{Position: p, Type: "thing.happened", Stream: eventstore.StreamID{Workspace: fmt.Sprint(p % 2), Type: "t", ID: "i"}})
	}
	return all
}

func next(t *testing.T, s *eventstore.Subscription, n int) []eventstore.Event {
	t.Helper()
	var all []eventstore.Event
	for len(all) < n {
		got, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got...)
	}
	return all
}

func TestWhatWasJustCommittedIsNotReadAgain(t *testing.T) {
	t.Parallel()
	tail, d := eventstore.NewTail(0), &disk{}
	s := eventstore.NewSubscription(tail, d, 0, eventstore.Filter{})
	for p := int64(1); p <= 1000; p += 10 {
		tail.Publish(events(p, p+9))
	}
	if got := next(t, s, 1000); got[999].Position != 1000 {
		t.Errorf("last position %d", got[999].Position)
	}
	if d.reads != 0 {
		t.Errorf("%d reads from disk, want none", d.reads)
	}
}

func TestWhatTheTailHasForgottenComesFromDisk(t *testing.T) {
	t.Parallel()
	all := events(1, 20000)
	tail, d := eventstore.NewTail(0), &disk{events: all}
	for p := 0; p < len(all); p += 100 {
		tail.Publish(all[p : p+100])
	}
	s := eventstore.NewSubscription(tail, d, 0, eventstore.Filter{})
	for i, e := range next(t, s, 20000) {
		if e.Position != int64(i+1) {
			t.Fatalf("event %d has position %d", i, e.Position)
		}
	}
	if d.reads == 0 || d.reads > 30 {
		t.Errorf("%d reads from disk", d.reads)
	}
}

func TestFilterOfAFollower(t *testing.T) {
	t.Parallel()
	tail := eventstore.NewTail(0)
	s := eventstore.NewSubscription(tail, &disk{}, 0, eventstore.Filter{Workspace: "1"})
	tail.Publish(events(1, 10))
	for _, e := range next(t, s, 5) {
		if e.Stream.Workspace != "1" {
			t.Errorf("position %d is of workspace %s", e.Position, e.Stream.Workspace)
		}
	}
	if s.Position() != 10 {
		t.Errorf("position %d, want 10: what is not wanted was seen too", s.Position())
	}
}

func TestNextEndsWithItsOwner(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		end  func(s *eventstore.Subscription, tail *eventstore.Tail, cancel func())
		want error
	}{
		"subscription": {func(s *eventstore.Subscription, _ *eventstore.Tail, _ func()) { s.Close(); s.Close() }, eventstore.ErrClosed},
		"store":        {func(_ *eventstore.Subscription, tail *eventstore.Tail, _ func()) { tail.End(); tail.End() }, eventstore.ErrClosed},
		"context":      {func(_ *eventstore.Subscription, _ *eventstore.Tail, cancel func()) { cancel() }, context.Canceled},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tail := eventstore.NewTail(0)
				s := eventstore.NewSubscription(tail, &disk{}, 0, eventstore.Filter{})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				got := make(chan error, 1)
				go func() { _, err := s.Next(ctx); got <- err }()
				synctest.Wait()
				c.end(s, tail, cancel)
				if err := <-got; !errors.Is(err, c.want) {
					t.Errorf("got %v, want %v", err, c.want)
				}
			})
		})
	}
}
