package projection

import (
	"context"
	"fmt"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// even is a store with an event at every second position up to head.
type even struct {
	eventstore.Store
	head  int64
	reads int
}

func (s *even) ReadAll(_ context.Context, after int64, limit int, _ eventstore.Filter) (events []eventstore.Event, _ error) {
	s.reads++
	for p := after + 2 - after%2; p <= s.head && len(events) < limit; p += 2 {
		events = append(events, eventstore.Event{Position: p})
	}
	return events, nil
}

func TestPagesHoldWhatFollows(t *testing.T) {
	t.Parallel()
	const head = 2*pageEvents + 101
	store := &even{head: head}
	p := &pages{store: store}
	p.enter()
	p.enter()
	for _, c := range []struct {
		after, head int64
		want        string // events, the first, the last, up to
		reads       int
	}{
		{0, head, fmt.Sprint(pageEvents, 2, 2*pageEvents, 2*pageEvents), 1},
		{0, head, fmt.Sprint(pageEvents, 2, 2*pageEvents, 2*pageEvents), 1},
		{500, head, fmt.Sprint(pageEvents-250, 502, 2*pageEvents, 2*pageEvents), 1},
		{501, head, fmt.Sprint(pageEvents-250, 502, 2*pageEvents, 2*pageEvents), 1},
		{2*pageEvents - 1, head, fmt.Sprint(1, 2*pageEvents, 2*pageEvents, 2*pageEvents), 1},
		{2 * pageEvents, head, fmt.Sprint(50, 2*pageEvents+2, head-1, head), 2},
		{2 * pageEvents, head - 10, fmt.Sprint(50, 2*pageEvents+2, head-1, head), 2},
	} {
		got, err := p.after(t.Context(), c.after, c.head)
		if err != nil || len(got.events) == 0 {
			t.Fatalf("after %d: %v, %v", c.after, got, err)
		}
		n := len(got.events)
		if text := fmt.Sprint(n, got.events[0].Position, got.events[n-1].Position, got.upTo); text != c.want || store.reads != c.reads {
			t.Errorf("after %d: %s with %d reads, want %s with %d", c.after, text, store.reads, c.want, c.reads)
		}
	}
	// What was written after the head was read belongs to the page all the same.
	store.head = head + 5
	if got, err := p.after(t.Context(), head, head); err != nil || len(got.events) != 3 || got.upTo != head+5 {
		t.Errorf("%v, %v", got, err)
	}
	p.leave()
	if len(p.kept) == 0 {
		t.Error("the pages went with the first of two readers")
	}
	p.leave()
	if len(p.kept) != 0 {
		t.Error("pages stay without readers")
	}
	for i := range int64(2 * keptPages) {
		if _, err := p.after(t.Context(), head-i-1, head); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.kept) > keptPages {
		t.Errorf("%d pages are kept", len(p.kept))
	}
}
