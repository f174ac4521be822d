package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

func restartReadsTheSame(t *testing.T, b *bundle) {
	for i := range 20 {
		b.append(t, one(fmt.Sprint(i%3), eventstore.Any, things(i)...))
	}
	before, epoch := b.all(t, everything()), b.db.Epoch()
	b.close(t)
	b.open(t)
	if d := cmp.Diff(before, b.all(t, everything())); d != "" {
		t.Error(d)
	}
	if b.db.Epoch() != epoch+1 {
		t.Errorf("epoch %d after %d", b.db.Epoch(), epoch)
	}
	version := int64(len(b.stream(t, stream("1"))))
	a := b.append(t, eventstore.Batch{Streams: []eventstore.StreamAppend{
		{Stream: stream("1"), Expected: version, Events: things(1)},
		{Stream: eventstore.StreamID{Workspace: "ws_9", Type: "other", ID: "new"}, Expected: eventstore.NoStream, Events: []eventstore.NewEvent{{Type: "other.begun"}}},
	}})
	if want := int64(len(before) + 2); a.Position != want || a.Events[0].Epoch != epoch+1 {
		t.Errorf("position %d, want %d; epoch %d", a.Position, want, a.Events[0].Epoch)
	}
	if d := cmp.Diff(a.Events, b.all(t, everything())[len(before):]); d != "" {
		t.Error(d)
	}
}

// I11
func eventsNeverChange(t *testing.T, b *bundle) {
	b.append(t, labelled("a", `{"x":1}`, things(2)...))
	before := b.all(t, everything())
	statements := []string{"UPDATE events SET data = NULL WHERE position = 1", "DELETE FROM events", "UPDATE event_streams SET id = 'b'", "DELETE FROM event_streams",
		"UPDATE event_labels SET labels = '{}'", "DELETE FROM event_labels"}
	if b.db.Dialect() == db.Postgres {
		statements = append(statements, "TRUNCATE events", "TRUNCATE event_streams")
	}
	for _, sql := range statements {
		err := b.db.Write(t.Context(), func(ctx context.Context, tx db.Tx) error { _, err := tx.Exec(ctx, sql); return err })
		if err == nil || !strings.Contains(err.Error(), "never") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	if d := cmp.Diff(before, b.all(t, everything())); d != "" {
		t.Error(d)
	}
}

// I4. Another owner has raised the epoch behind this one's back.
func oldEpochWritesNothing(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream, things(1)...))
	raise := func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE db_owner SET epoch = epoch + 1")
		return err
	}
	if err := b.db.Write(t.Context(), raise); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := b.store.Append(t.Context(), one("a", 1, things(1)...)); !errors.Is(err, db.ErrLost) {
			t.Errorf("append of an old owner: %v", err)
		}
		if err := b.db.Write(t.Context(), raise); !errors.Is(err, db.ErrLost) {
			t.Errorf("write of an old owner: %v", err)
		}
	}
	select {
	case <-b.db.Lost():
	default:
		t.Error("Lost is open")
	}
	if n := len(b.all(t, everything())); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

// A row that the store does not know of takes the next position: the commit that
// meets it fails as a whole, and the next one has read the truth.
func failedCommitIsForgotten(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream, things(1)...))
	err := b.db.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
		_, err := tx.Exec(ctx, "INSERT INTO events (position, stream, version, type, schema, epoch, time) VALUES (2, 1, 2, 1, 1, 1, 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range b.together(t, one("a", 1, things(1)...), labelled("new", `{"lost":true}`, eventstore.NewEvent{Type: "new.type"})) {
		if o.err == nil || errors.Is(o.err, eventstore.ErrConflict) || errors.Is(o.err, db.ErrLost) {
			t.Errorf("batch %d: %v", i, o.err)
		}
	}
	a := b.append(t, eventstore.Batch{Streams: []eventstore.StreamAppend{
		{Stream: stream("a"), Expected: 2, Events: things(1)},
		{Stream: stream("new"), Expected: eventstore.NoStream, Labels: json.RawMessage(`{"lost":true}`), Events: []eventstore.NewEvent{{Type: "newer.type"}}},
		{Stream: eventstore.StreamID{Workspace: "ws_new", Type: "thing", ID: "a"}, Events: things(1)},
	}})
	if a.Position != 5 {
		t.Errorf("position %d, want 5", a.Position)
	}
	b.close(t) // what was in memory is gone
	b.open(t)
	if d := cmp.Diff(a.Events, b.all(t, everything())[2:]); d != "" {
		t.Error(d)
	}
}

func cancelledContext(t *testing.T, b *bundle) {
	ctx, cancel := context.WithCancel(t.Context())
	release := b.hold(t)
	results := make(chan error, 1)
	go func() {
		_, err := b.store.Append(ctx, one("a", eventstore.NoStream, things(1)...))
		results <- err
	}()
	cancel() // before the batch was begun: it is never written
	if err := <-results; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting: %v", err)
	}
	release()
	if n := len(b.stream(t, stream("a"))); n != 0 {
		t.Errorf("%d events of a withdrawn batch", n)
	}
	if _, err := b.store.Append(ctx, one("a", eventstore.NoStream, things(1)...)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	during := func(inner context.Context, _ db.Tx) error { cancel(); return inner.Err() }
	if _, err := b.store.Append(ctx, with(one("a", eventstore.NoStream, things(3)...), during)); err != nil {
		t.Errorf("cancelled in the middle: %v", err)
	}
	if n := len(b.stream(t, stream("a"))); n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

func closedStoreRefuses(t *testing.T, b *bundle) {
	done := make(chan error, 1)
	release := b.hold(t)
	b.store.Submit(one("a", eventstore.NoStream, things(1)...), func(_ eventstore.Appended, err error) { done <- err })
	closed := make(chan error, 1)
	go func() { closed <- b.store.Close() }()
	release()
	if err := <-closed; err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Errorf("a batch submitted before Close: %v", err)
	}
	if _, err := b.store.Append(t.Context(), one("a", 1, things(1)...)); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("append after Close: %v", err)
	}
}

// I1, I10
func thousandAppenders(t *testing.T, b *bundle) {
	const callers, streams = 1000, 50
	positions := make([]int64, callers)
	var wg sync.WaitGroup
	for c := range callers {
		wg.Go(func() {
			id := fmt.Sprint(c % streams)
			expected := int64(0)
			for {
				a, err := b.store.Append(t.Context(), one(id, expected, eventstore.NewEvent{Type: "thing.happened", Data: fmt.Appendf(nil, "%d", c)}))
				var conflict *eventstore.ConflictError
				if errors.As(err, &conflict) {
					expected = conflict.Actual
					continue
				}
				if err != nil {
					t.Errorf("caller %d: %v", c, err)
				}
				positions[c] = a.Position
				return
			}
		})
	}
	wg.Wait()
	all := b.all(t, everything())
	if len(all) != callers {
		t.Fatalf("%d events, want %d", len(all), callers)
	}
	versions := map[string]int64{}
	for i, e := range all {
		versions[e.Stream.ID]++
		if e.Position != int64(i+1) || e.Version != versions[e.Stream.ID] {
			t.Fatalf("event %d: position %d, version %d", i, e.Position, e.Version)
		}
	}
	for c, p := range positions {
		if p == 0 || string(all[p-1].Data) != fmt.Sprint(c) {
			t.Fatalf("caller %d was told position %d, where %s is", c, p, all[p-1].Data)
		}
	}
}
