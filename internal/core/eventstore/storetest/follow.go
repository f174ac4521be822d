package storetest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// follow returns the next n events.
func follow(t *testing.T, s *eventstore.Subscription, n int) []eventstore.Event {
	t.Helper()
	var all []eventstore.Event
	for len(all) < n {
		events, err := s.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, events...)
	}
	return all
}

// I12
func followerSeesAll(t *testing.T, b *bundle) {
	early := b.store.Subscribe(0, everything())
	defer early.Close()
	for i := range 100 {
		b.append(t, one(fmt.Sprint(i%7), eventstore.Any, things(3)...))
	}
	late := b.store.Subscribe(0, everything())
	defer late.Close()
	want := b.all(t, everything())
	if d := cmp.Diff(want, follow(t, early, 300)); d != "" {
		t.Errorf("the early follower: %s", d)
	}
	if d := cmp.Diff(want, follow(t, late, 300)); d != "" {
		t.Errorf("the late follower: %s", d)
	}
}

// I12. Followers and paging readers run while many callers append, some of whom
// are refused.
func followerNeverSkips(t *testing.T, b *bundle) {
	const callers, each = 20, 25
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			for i := range each {
				if _, err := b.store.Append(t.Context(), one(fmt.Sprint(c), int64(2*i), things(2)...)); err != nil {
					t.Errorf("caller %d: %v", c, err)
				}
				if _, err := b.store.Append(t.Context(), one(fmt.Sprint(c), 0, things(1)...)); !errors.Is(err, eventstore.ErrConflict) {
					t.Errorf("caller %d: %v", c, err)
				}
			}
		})
	}
	const total = callers * each * 2
	for range 3 {
		wg.Go(func() {
			s := b.store.Subscribe(0, everything())
			defer s.Close()
			inOrder(t, total, func(int64) ([]eventstore.Event, error) { return s.Next(t.Context()) })
		})
		wg.Go(func() {
			inOrder(t, total, func(after int64) ([]eventstore.Event, error) {
				return b.store.ReadAll(t.Context(), after, 100, everything())
			})
		})
	}
	wg.Wait()
}

// inOrder reads until total and fails on a position that is skipped or repeated.
func inOrder(t *testing.T, total int64, read func(after int64) ([]eventstore.Event, error)) {
	for seen := int64(0); seen < total; {
		events, err := read(seen)
		if err != nil {
			t.Error(err)
			return
		}
		for _, e := range events {
			if e.Position != seen+1 {
				t.Errorf("position %d after %d", e.Position, seen)
				return
			}
			seen++
		}
	}
}

func followerResumes(t *testing.T, b *bundle) {
	for range 10 {
		b.append(t, one("a", eventstore.Any, things(1)...))
	}
	all := b.all(t, everything())
	s := b.store.Subscribe(4, everything())
	if d := cmp.Diff(all[4:], follow(t, s, 6)); d != "" {
		t.Error(d)
	}
	s.Close()
	b.close(t)
	b.open(t)
	s = b.store.Subscribe(s.Position(), everything())
	defer s.Close()
	b.append(t, one("a", 10, things(2)...))
	if got := follow(t, s, 2); got[0].Position != 11 || got[1].Position != 12 {
		t.Errorf("after a restart: %d, %d", got[0].Position, got[1].Position)
	}
}

func followerEnds(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream, things(1)...))
	s := b.store.Subscribe(0, everything())
	if err := b.store.Close(); err != nil {
		t.Fatal(err)
	}
	if got := follow(t, s, 1); len(got) != 1 {
		t.Errorf("%d events before the end", len(got))
	}
	if _, err := s.Next(t.Context()); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
