package eventstore_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

func TestEnvelopeKeepsUnknownFields(t *testing.T) {
	t.Parallel()
	const in = `{"id":"0192f0c1-2b7e-7c3a-9a55-6f1c2d3e4f50","position":7,"stream":{"workspace":"ws_1","type":"execution","id":"ex_1"},"labels":{"kind":"k"},` +
		`"version":3,"type":"execution.started","schema":2,"time":"2026-11-24T10:07:00.000123Z","epoch":4,` +
		`"actor":{"kind":"key","id":"key_1"},"correlation":"c","causation":"d","traceparent":"00-a-b-01","data":{"a":1.0,"b":"<&>"},` +
		`"later":{"x":[1e400,"é"]},"zone":"<eu>"}`
	var e eventstore.Event
	if err := json.Unmarshal([]byte(in), &e); err != nil {
		t.Fatal(err)
	}
	want := eventstore.Event{ID: "0192f0c1-2b7e-7c3a-9a55-6f1c2d3e4f50", Position: 7,
		Stream: eventstore.StreamID{Workspace: "ws_1", Type: "execution", ID: "ex_1"}, Labels: json.RawMessage(`{"kind":"k"}`), Version: 3, Type: "execution.started",
		Schema: 2, Time: time.Date(2026, 11, 24, 10, 7, 0, 123000, time.UTC), Epoch: 4, Data: json.RawMessage(`{"a":1.0,"b":"<&>"}`),
		Meta: eventstore.Meta{Actor: eventstore.Actor{Type: "key", ID: "key_1"}, Correlation: "c", Causation: "d", TraceParent: "00-a-b-01",
			Extra: map[string]json.RawMessage{"later": json.RawMessage(`{"x":[1e400,"é"]}`), "zone": json.RawMessage(`"<eu>"`)}}}
	if d := cmp.Diff(want, e); d != "" {
		t.Error(d)
	}
	out, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(in, string(out)); d != "" {
		t.Error(d)
	}
}

func TestEnvelopeHidesTheJournalAndGuardsItsFields(t *testing.T) {
	t.Parallel()
	e := eventstore.Event{ID: "x", Labels: json.RawMessage(`{}`), Journal: []byte("secret"), Time: time.UnixMicro(0),
		Meta: eventstore.Meta{Extra: map[string]json.RawMessage{"id": json.RawMessage(`"forged"`), "labels": json.RawMessage(`"forged"`)}}}
	out, err := e.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"x","position":0,"stream":{"type":"","id":""},"labels":{},"version":0,"type":"","schema":0,"time":"1970-01-01T00:00:00.000000Z","epoch":0}`
	if string(out) != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}
