package storetest

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

func streamInPages(t *testing.T, b *bundle) {
	for range 10 {
		b.append(t, eventstore.Batch{Streams: []eventstore.StreamAppend{
			{Stream: stream("a"), Expected: eventstore.Any, Events: things(3)},
			{Stream: stream("b"), Expected: eventstore.Any, Events: things(1)},
		}})
	}
	all := b.stream(t, stream("a"))
	if len(all) != 30 {
		t.Fatalf("%d events, want 30", len(all))
	}
	var paged []eventstore.Event
	for after := int64(0); ; {
		page, err := b.store.ReadStream(t.Context(), stream("a"), after, 7)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		paged = append(paged, page...)
		after = page[len(page)-1].Version
	}
	if d := cmp.Diff(all, paged); d != "" {
		t.Error(d)
	}
	for _, id := range []eventstore.StreamID{stream("unknown"), {Workspace: "ws_2", Type: "thing", ID: "a"}, {Workspace: "ws_1", Type: "other", ID: "a"}} {
		if got := b.stream(t, id); len(got) != 0 {
			t.Errorf("%s has %d events", id, len(got))
		}
	}
}

func filterChooses(t *testing.T, b *bundle) {
	values := []string{"", "1", "2"}
	for i := range 60 {
		id := eventstore.StreamID{Workspace: values[i%3], Type: "t" + values[i/3%3], ID: "i" + values[i/9%3]}
		typ := "thing.happened"
		if i%5 == 0 {
			typ = "journal.fed"
		}
		b.append(t, eventstore.Batch{Streams: []eventstore.StreamAppend{{Stream: id, Expected: eventstore.Any, Events: []eventstore.NewEvent{{Type: typ}}}}})
	}
	all := b.all(t, everything())
	for _, w := range []string{"", "1", "3"} {
		for _, typ := range []string{"", "t1", "t3"} {
			for _, id := range []string{"", "i", "i2", "i3"} {
				for _, private := range []bool{false, true} {
					f := eventstore.Filter{Workspace: w, StreamType: typ, StreamID: id, Private: private}
					var want, got []int64
					for i := range all {
						if f.Match(&all[i]) {
							want = append(want, all[i].Position)
						}
					}
					for _, e := range b.all(t, f) {
						got = append(got, e.Position)
					}
					if d := cmp.Diff(want, got); d != "" {
						t.Errorf("%+v: %s", f, d)
					}
					pageAfter(t, b, f, want)
				}
			}
		}
	}
}

// pageAfter reads the second half of what a filter chooses.
func pageAfter(t *testing.T, b *bundle, f eventstore.Filter, want []int64) {
	t.Helper()
	if len(want) < 2 {
		return
	}
	half := len(want) / 2
	got, err := b.store.ReadAll(t.Context(), want[half-1], 1, f)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || got[0].Position != want[half] {
		t.Errorf("%+v after %d: %v, want %d", f, want[half-1], fmt.Sprint(got), want[half])
	}
}

func privateHidden(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream,
		eventstore.NewEvent{Type: "thing.happened", Journal: []byte("for replay")},
		eventstore.NewEvent{Type: "journal.fed", Journal: []byte("for replay too")},
	))
	public := b.all(t, eventstore.Filter{})
	if len(public) != 1 || public[0].Type != "thing.happened" || public[0].Journal != nil {
		t.Errorf("the public sees %+v", public)
	}
	for name, got := range map[string][]eventstore.Event{"private filter": b.all(t, everything()), "stream": b.stream(t, stream("a"))} {
		if len(got) != 2 || string(got[0].Journal) != "for replay" || string(got[1].Journal) != "for replay too" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	follower := b.store.Subscribe(0, eventstore.Filter{})
	defer follower.Close()
	got, err := follower.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(public, got); d != "" {
		t.Errorf("a follower sees something else than a reader: %s", d)
	}
}
