package storetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// labelled is a batch for one stream that may be created with labels.
func labelled(id, labels string, events ...eventstore.NewEvent) eventstore.Batch {
	batch := one(id, eventstore.Any, events...)
	batch.Streams[0].Labels = json.RawMessage(labels)
	return batch
}

// wantLabels checks the labels of events, one text for each.
func wantLabels(t *testing.T, what string, events []eventstore.Event, want ...string) {
	t.Helper()
	got := make([]string, len(events))
	for i, e := range events {
		got[i] = string(e.Labels)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: %s", what, d)
	}
}

func labelsComeBack(t *testing.T, b *bundle) {
	const sync, report = ` {"kind":"sync", "n":1.0}`, `{"kind":"réport\u0000"}`
	first := labelled("a", sync, things(2)...)
	appended := b.append(t, first).Events
	clear(first.Streams[0].Labels) // the caller may use its memory again
	appended = append(appended, b.append(t, labelled("b", report, things(1)...)).Events...)
	appended = append(appended, b.append(t, one("plain", eventstore.NoStream, things(1)...)).Events...)
	appended = append(appended, b.append(t, labelled("a", report, things(1)...)).Events...)
	appended = append(appended, b.append(t, labelled("plain", report, things(1)...)).Events...)
	want := []string{sync, sync, report, "", sync, ""}
	wantLabels(t, "returned", appended, want...)
	if appended[3].Labels != nil {
		t.Errorf("no labels came back as %q", appended[3].Labels)
	}
	for range 2 {
		wantLabels(t, "all", b.all(t, everything()), want...)
		wantLabels(t, "the stream", b.stream(t, stream("a")), sync, sync, sync)
		wantLabels(t, "filtered by id", b.all(t, eventstore.Filter{StreamID: "b"}), report)
		wantLabels(t, "filtered by stream", b.all(t, eventstore.Filter{Workspace: "ws_1", StreamType: "thing", StreamID: "a"}), sync, sync, sync)
		wantLabels(t, "filtered by type", b.all(t, eventstore.Filter{StreamType: "thing"}), want...)
		follower := b.store.Subscribe(0, eventstore.Filter{})
		wantLabels(t, "followed", follow(t, follower, len(want)), want...)
		follower.Close()
		b.close(t) // and read again from the disk
		b.open(t)
	}
	wantLabels(t, "returned after a restart", b.append(t, labelled("a", report, things(1)...)).Events, sync)
}

func labelsAreStoredOnce(t *testing.T, b *bundle) {
	for i := range 10 {
		b.append(t, labelled(fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i%2), things(1)...))
		if i == 5 {
			b.close(t)
			b.open(t)
		}
	}
	var n int
	if err := b.db.Read().QueryRow(t.Context(), "SELECT count(*) FROM event_labels").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows for 2 different labels, %v", n, err)
	}
}

// A batch that was refused has created nothing, and sets no labels.
func labelsOfARefusedBatch(t *testing.T, b *bundle) {
	failing := func(context.Context, db.Tx) error { return errMine }
	got := b.together(t,
		with(labelled("a", `{"refused":true}`, things(2)...), failing),
		labelled("b", `{"b":1}`, things(1)...),
		labelled("a", `{"accepted":true}`, things(1)...),
		labelled("a", `{"late":true}`, things(1)...),
	)
	if !errors.Is(got[0].err, errMine) {
		t.Errorf("the failing batch: %v", got[0].err)
	}
	want := []string{`{"b":1}`, `{"accepted":true}`, `{"accepted":true}`}
	for range 2 {
		wantLabels(t, "all", b.all(t, everything()), want...)
		b.close(t)
		b.open(t)
	}
	b.append(t, one("new", eventstore.NoStream, things(1)...)) // no key is taken twice
}

// More labels than a store keeps in memory.
func manyLabels(t *testing.T, b *bundle) {
	const n, each = 10_000, 500
	for first := 0; first < n; first += each {
		var batch eventstore.Batch
		for i := first; i < first+each; i++ {
			a := labelled(fmt.Sprint(i), fmt.Sprintf(`{"n":%d}`, i), things(1)...).Streams[0]
			batch.Streams = append(batch.Streams, a)
		}
		b.append(t, batch)
	}
	after := int64(0)
	for after < n {
		page, err := b.store.ReadAll(t.Context(), after, 700, eventstore.Filter{})
		if err != nil || len(page) == 0 {
			t.Fatalf("after %d: %d events, %v", after, len(page), err)
		}
		for _, e := range page {
			if want := fmt.Sprintf(`{"n":%s}`, e.Stream.ID); string(e.Labels) != want {
				t.Fatalf("stream %s: %s, want %s", e.Stream.ID, e.Labels, want)
			}
		}
		after = page[len(page)-1].Position
	}
}

// badLabels can never be stored.
func badLabels() map[string]eventstore.Batch {
	bad := map[string]eventstore.Batch{}
	for name, labels := range map[string]string{
		"labels are not JSON": `{"a":`, "labels are empty": "", "labels are a list": ` []`, "labels are null": "null", "labels are text": `"{}"`,
		"labels are not UTF-8": "{\"a\":\"\xff\"}", "labels are too long": `{"a":"` + strings.Repeat("x", 1024) + `"}`,
	} {
		bad[name] = labelled("a", labels, things(1)...)
	}
	return bad
}
