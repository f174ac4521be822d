package storetest

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

func envelopeComesBack(t *testing.T, b *bundle) {
	full := eventstore.NewEvent{Type: "thing.happened", Schema: 3, Data: json.RawMessage(`{"a":1}`), Journal: []byte{1, 0, 2}, Meta: eventstore.Meta{
		Actor: eventstore.Actor{Type: "key", ID: "key_1"}, Correlation: "corr", Causation: "caus", TraceParent: "00-ab-cd-01",
		Extra: map[string]json.RawMessage{"later": json.RawMessage(`{"x":[1,1e400,"<é>"]}`)}}}
	a := b.append(t, one("a", eventstore.NoStream, full, eventstore.NewEvent{Type: "thing.happened"}))
	want := []eventstore.Event{
		{ID: a.Events[0].ID, Position: 1, Stream: stream("a"), Version: 1, Type: full.Type, Schema: 3, Data: full.Data, Journal: full.Journal,
			Meta: full.Meta, Time: a.Events[0].Time, Epoch: b.db.Epoch()},
		{ID: a.Events[1].ID, Position: 2, Stream: stream("a"), Version: 2, Type: full.Type, Schema: 1, Time: a.Events[0].Time, Epoch: b.db.Epoch()},
	}
	if d := cmp.Diff(want, a.Events); d != "" {
		t.Errorf("returned: %s", d)
	}
	if d := cmp.Diff(want, b.stream(t, stream("a"))); d != "" {
		t.Errorf("stored: %s", d)
	}
}

func dataComesBack(t *testing.T, b *bundle) {
	values := []string{`null`, `0`, `1.0`, `1e400`, `-0`, `12345678901234567890.123456789`, `""`, `" "`, `"\u0000"`, `"é𝄞\ud800"`, `"<&>"`,
		` { "b" : 1 , "a" : 2 , "a" : 3 } `, "[\n]", `{"key\u0000":true}`,
		strings.Repeat("[", 999) + strings.Repeat("]", 999), `["` + strings.Repeat("[{", 3000) + `\"["]`}
	var events []eventstore.NewEvent
	for _, v := range values {
		events = append(events, eventstore.NewEvent{Type: "thing.happened", Data: json.RawMessage(v)})
	}
	b.append(t, one("a", eventstore.NoStream, append(events, eventstore.NewEvent{Type: "thing.happened"})...))
	got := b.stream(t, stream("a"))
	for i, v := range values {
		if string(got[i].Data) != v {
			t.Errorf("%q came back as %q", v, got[i].Data)
		}
	}
	if last := got[len(values)]; last.Data != nil || last.Journal != nil {
		t.Errorf("no data came back as %q, journal %q", last.Data, last.Journal)
	}
}

func timeIsTheClocks(t *testing.T, b *bundle) {
	b.append(t, one("a", eventstore.NoStream, things(1)...))
	b.clock.step(2*time.Hour + 1500*time.Nanosecond)
	b.append(t, one("a", 1, things(1)...))
	want := []time.Time{time.Date(2026, 11, 24, 9, 7, 0, 123456000, time.UTC), time.Date(2026, 11, 24, 11, 7, 0, 123458000, time.UTC)}
	for i, e := range b.stream(t, stream("a")) {
		if e.Time != want[i] { // the same location too
			t.Errorf("event %d: %v, want %v", i, e.Time, want[i])
		}
	}
}

func idIsStable(t *testing.T, b *bundle) {
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	a := b.append(t, one("a", eventstore.NoStream, things(200)...))
	seen := map[string]bool{}
	for i, e := range b.stream(t, stream("a")) {
		if e.ID != a.Events[i].ID || !form.MatchString(e.ID) || seen[e.ID] {
			t.Fatalf("event %d: id %s, returned as %s", i, e.ID, a.Events[i].ID)
		}
		seen[e.ID] = true
	}
	millis := fmt.Sprintf("%012x", a.Events[0].Time.UnixMilli())
	if got := a.Events[0].ID[:8] + a.Events[0].ID[9:13]; got != millis {
		t.Errorf("the id begins with %s, its time is %s", got, millis)
	}
	other := setup(t, b.driver)
	if o := other.append(t, one("a", eventstore.NoStream, things(1)...)); o.Events[0].ID == a.Events[0].ID {
		t.Error("two stores gave the same id")
	}
}
