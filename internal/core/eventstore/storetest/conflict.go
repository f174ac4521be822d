package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// I10
func expectedVersionDecides(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream, things(3)...))
	for _, c := range []struct {
		id       string
		expected int64
		actual   int64 // -1: accepted
	}{
		{"a", eventstore.NoStream, 3},
		{"a", 2, 3},
		{"a", 4, 3},
		{"a", 3, -1},
		{"a", eventstore.Any, -1},
		{"new", 1, 0},
		{"new", eventstore.NoStream, -1},
		{"newer", eventstore.Any, -1},
	} {
		_, err := b.store.Append(t.Context(), one(c.id, c.expected, things(1)...))
		var conflict *eventstore.ConflictError
		if c.actual < 0 {
			if err != nil {
				t.Errorf("%s expected %d: %v", c.id, c.expected, err)
			}
			continue
		}
		want := eventstore.ConflictError{Stream: stream(c.id), Expected: c.expected, Actual: c.actual}
		if !errors.As(err, &conflict) || !errors.Is(err, eventstore.ErrConflict) || *conflict != want {
			t.Errorf("%s expected %d: %v", c.id, c.expected, err)
		}
	}
}

func conflictOfOne(t *testing.T, b *bundle) {
	b.append(t, one("x", eventstore.NoStream, things(1)...))
	var batches []eventstore.Batch
	for i := range 50 {
		batches = append(batches, one(fmt.Sprint(i), eventstore.NoStream, things(2)...))
	}
	for _, i := range []int{0, 20, 49} {
		batches[i] = one("x", eventstore.NoStream, things(2)...)
	}
	position := int64(1)
	for i, o := range b.together(t, batches...) {
		if i == 0 || i == 20 || i == 49 {
			if !errors.Is(o.err, eventstore.ErrConflict) {
				t.Errorf("batch %d: %v", i, o.err)
			}
			continue
		}
		position += 2
		if o.err != nil || o.Position != position {
			t.Errorf("batch %d: position %d, want %d, %v", i, o.Position, position, o.err)
		}
	}
	if got := b.all(t, everything()); len(got) != 1+47*2 {
		t.Errorf("%d events", len(got))
	}
}

func groupSeesItself(t *testing.T, b *bundle) {
	got := b.together(t,
		one("a", eventstore.NoStream, things(1)...),
		one("a", 1, things(2)...),
		one("a", 1, things(1)...),
		one("a", 3, things(1)...),
		one("a", eventstore.NoStream, things(1)...),
	)
	for i, want := range []int64{1, 3, 0, 4, 0} {
		if want == 0 {
			if !errors.Is(got[i].err, eventstore.ErrConflict) {
				t.Errorf("batch %d: %v", i, got[i].err)
			}
		} else if got[i].err != nil || got[i].Versions[0] != want {
			t.Errorf("batch %d: %v, %v", i, got[i].Versions, got[i].err)
		}
	}
	if n := len(b.stream(t, stream("a"))); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
}

func neverStored(t *testing.T, b *bundle) {
	event := func(change func(e *eventstore.NewEvent)) eventstore.Batch {
		e := eventstore.NewEvent{Type: "thing.happened"}
		change(&e)
		return one("a", eventstore.Any, e)
	}
	in := func(id eventstore.StreamID) eventstore.Batch {
		return eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: id, Events: things(1)}}}
	}
	twice := one("a", eventstore.Any, things(1)...)
	twice.Streams = append(twice.Streams, twice.Streams[0])
	var batches []eventstore.Batch
	for _, c := range []struct {
		name  string
		batch eventstore.Batch
	}{
		{"data is not JSON", event(func(e *eventstore.NewEvent) { e.Data = json.RawMessage(`{"a":`) })},
		{"data is empty", event(func(e *eventstore.NewEvent) { e.Data = json.RawMessage{} })},
		{"data is not UTF-8", event(func(e *eventstore.NewEvent) { e.Data = json.RawMessage("\"\xff\"") })},
		{"metadata is not JSON", event(func(e *eventstore.NewEvent) { e.Meta.Extra = map[string]json.RawMessage{"a": json.RawMessage(`{`)} })},
		{"data is nested too deeply", event(func(e *eventstore.NewEvent) {
			e.Data = json.RawMessage(strings.Repeat(`["]",`, 5000) + "1" + strings.Repeat("]", 5000))
		})},
		{"data is too big", event(func(e *eventstore.NewEvent) { e.Data = json.RawMessage(`"` + strings.Repeat("x", 33<<20) + `"`) })},
		{"schema is too big", event(func(e *eventstore.NewEvent) { e.Schema = 1 << 40 })},
		{"metadata is not UTF-8", event(func(e *eventstore.NewEvent) {
			e.Meta.Extra = map[string]json.RawMessage{"a": json.RawMessage("\"\xff\"")}
		})},
		{"actor without kind", event(func(e *eventstore.NewEvent) { e.Meta.Actor.ID = "x" })},
		{"actor with NUL", event(func(e *eventstore.NewEvent) { e.Meta.Actor = eventstore.Actor{Type: "key", ID: "a\x00"} })},
		{"event without type", event(func(e *eventstore.NewEvent) { e.Type = "" })},
		{"negative schema", event(func(e *eventstore.NewEvent) { e.Schema = -1 })},
		{"stream without type", in(eventstore.StreamID{Workspace: "w", ID: "i"})},
		{"stream without id", in(eventstore.StreamID{Workspace: "w", Type: "t"})},
		{"stream with NUL", in(eventstore.StreamID{Workspace: "w", Type: "t", ID: "a\x00b"})},
		{"stream that is not UTF-8", in(eventstore.StreamID{Workspace: "w", Type: "t", ID: "a\xff"})},
		{"name too long", in(eventstore.StreamID{Workspace: strings.Repeat("w", 256), Type: "t", ID: "i"})},
		{"expected below Any", one("a", -2, things(1)...)},
		{"a stream twice", twice},
	} {
		if _, err := b.store.Append(t.Context(), c.batch); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("%s: %v", c.name, err)
		}
		batches = append(batches, c.batch)
	}
	for name, batch := range badLabels() {
		if _, err := b.store.Append(t.Context(), batch); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
		batches = append(batches, batch)
	}
	got := b.together(t, append(batches, one("ok", eventstore.NoStream, things(1)...))...)
	if last := got[len(got)-1]; last.err != nil {
		t.Errorf("a good batch beside bad ones: %v", last.err)
	}
	if d := cmp.Diff(1, len(b.all(t, everything()))); d != "" {
		t.Error(d)
	}
}
