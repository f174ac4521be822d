package storetest

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// I10
func versionsAreGapless(t *testing.T, b *bundle) {
	for i := range 5 {
		a := b.append(t, one("a", int64(i*3), things(3)...))
		if want := []int64{int64(i*3 + 3)}; !cmp.Equal(a.Versions, want) {
			t.Errorf("versions %v, want %v", a.Versions, want)
		}
	}
	for i, e := range b.stream(t, stream("a")) {
		if e.Version != int64(i+1) {
			t.Fatalf("event %d has version %d", i, e.Version)
		}
	}
}

func positionsGrowByOne(t *testing.T, b *bundle) {
	for i := range 10 {
		a := b.append(t, one(fmt.Sprint(i%3), eventstore.Any, things(2)...))
		if a.Position != int64(i*2+2) || len(a.Events) != 2 || a.Events[1].Position != a.Position {
			t.Fatalf("append %d: %+v", i, a)
		}
	}
	events := b.all(t, everything())
	if len(events) != 20 {
		t.Fatalf("%d events, want 20", len(events))
	}
	for i, e := range events {
		if e.Position != int64(i+1) {
			t.Fatalf("event %d has position %d", i, e.Position)
		}
	}
	if head, err := b.store.Head(t.Context()); err != nil || head != 20 {
		t.Errorf("head %d, %v", head, err)
	}
}

// I10
func batchIsAllOrNothing(t *testing.T, b *bundle) {
	b.append(t, one("b", eventstore.NoStream, things(1)...))
	_, err := b.store.Append(t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{
		{Stream: stream("a"), Expected: eventstore.NoStream, Events: things(3)},
		{Stream: stream("b"), Expected: eventstore.NoStream, Events: things(3)},
	}})
	if !errors.Is(err, eventstore.ErrConflict) {
		t.Fatalf("got %v", err)
	}
	if got := b.stream(t, stream("a")); len(got) != 0 {
		t.Errorf("stream a has %d events", len(got))
	}
	if a := b.append(t, one("a", eventstore.NoStream, things(1)...)); a.Position != 2 {
		t.Errorf("position %d after a refused batch, want 2", a.Position)
	}
}

func batchWithoutEvents(t *testing.T, b *bundle) {
	if a := b.append(t, eventstore.Batch{}); a.Position != 0 || len(a.Events) != 0 {
		t.Errorf("empty batch: %+v", a)
	}
	b.append(t, one("a", eventstore.NoStream, things(2)...))
	if a := b.append(t, one("a", 2)); a.Position != 0 || a.Versions[0] != 2 {
		t.Errorf("version check: %+v", a)
	}
	if _, err := b.store.Append(t.Context(), one("a", 1)); !errors.Is(err, eventstore.ErrConflict) {
		t.Errorf("got %v", err)
	}
}

func batchesOfEverySize(t *testing.T, b *bundle) {
	total := 0
	for _, size := range []int{1, 7, 8, 9, 63, 64, 65, 73, 200, 5000} {
		a := b.append(t, one(fmt.Sprint("s", size), eventstore.NoStream, things(size)...))
		total += size
		if a.Position != int64(total) || a.Versions[0] != int64(size) {
			t.Fatalf("size %d: position %d, versions %v", size, a.Position, a.Versions)
		}
		if d := cmp.Diff(a.Events, b.stream(t, stream(fmt.Sprint("s", size)))); d != "" {
			t.Fatalf("size %d: what was returned is not what is stored: %s", size, d)
		}
	}
}

func bigEventComesBack(t *testing.T, b *bundle) {
	big := append(append([]byte(`"`), bytes.Repeat([]byte("é"), 1<<20)...), '"')
	journal := bytes.Repeat([]byte{0, 1, 0xff}, 1<<19)
	b.append(t, one("big", eventstore.NoStream, eventstore.NewEvent{Type: "thing.happened", Data: big, Journal: journal}))
	got := b.stream(t, stream("big"))
	if !bytes.Equal(got[0].Data, big) || !bytes.Equal(got[0].Journal, journal) {
		t.Error("a big event came back changed")
	}
}

func submitKeepsTheOrder(t *testing.T, b *bundle) {
	var wg sync.WaitGroup
	var order []int64 // only the committer's side writes it
	for i := range 500 {
		wg.Add(1)
		b.store.Submit(one("a", int64(i), things(1)...), func(a eventstore.Appended, err error) {
			defer wg.Done()
			if err != nil {
				t.Errorf("append %d: %v", i, err)
				return
			}
			order = append(order, a.Versions[0])
		})
	}
	wg.Wait()
	for i, v := range order {
		if v != int64(i+1) {
			t.Fatalf("result %d is for version %d", i, v)
		}
	}
}
