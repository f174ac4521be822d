package eventstore

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"time"
)

// TimeFormat is RFC 3339 in UTC with microseconds, as envelopes have it.
const TimeFormat = "2006-01-02T15:04:05.000000Z"

// envelope is the JSON of an event, without its journal.
type envelope struct {
	ID          string          `json:"id"`
	Position    int64           `json:"position"`
	Stream      streamJSON      `json:"stream"`
	Labels      json.RawMessage `json:"labels,omitempty"`
	Version     int64           `json:"version"`
	Type        string          `json:"type"`
	Schema      int             `json:"schema"`
	Time        string          `json:"time"`
	Epoch       int64           `json:"epoch"`
	Actor       *Actor          `json:"actor,omitempty"`
	Correlation string          `json:"correlation,omitempty"`
	Causation   string          `json:"causation,omitempty"`
	TraceParent string          `json:"traceparent,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
}

type streamJSON struct {
	Workspace string `json:"workspace,omitempty"`
	Type      string `json:"type"`
	ID        string `json:"id"`
}

// known are the fields that are not Extra.
func (envelope) known() []string {
	return []string{"id", "position", "stream", "labels", "version", "type", "schema", "time", "epoch",
		"actor", "correlation", "causation", "traceparent", "data"}
}

// MarshalJSON returns the event's envelope: what the public may see, and the
// fields of Meta.Extra beside the known ones, which they cannot replace.
func (e Event) MarshalJSON() ([]byte, error) {
	v := envelope{ID: e.ID, Position: e.Position, Stream: streamJSON(e.Stream), Labels: e.Labels, Version: e.Version, Type: e.Type,
		Schema: e.Schema, Time: e.Time.UTC().Format(TimeFormat), Epoch: e.Epoch, Correlation: e.Meta.Correlation,
		Causation: e.Meta.Causation, TraceParent: e.Meta.TraceParent, Data: e.Data}
	if e.Meta.Actor != (Actor{}) {
		v.Actor = &e.Meta.Actor
	}
	out, err := marshal(v)
	if err != nil || len(e.Meta.Extra) == 0 {
		return out, err
	}
	extra := maps.Clone(e.Meta.Extra)
	for _, name := range v.known() {
		delete(extra, name)
	}
	if len(extra) == 0 {
		return out, nil
	}
	more, err := marshal(extra)
	if err != nil {
		return nil, fmt.Errorf("the extra fields of event %s: %w", e.ID, err)
	}
	return append(append(out[:len(out)-1], ','), more[1:]...), nil
}

// UnmarshalJSON reads an envelope. Fields that this build does not know go to
// Meta.Extra.
func (e *Event) UnmarshalJSON(in []byte) error {
	var v envelope
	if err := json.Unmarshal(in, &v); err != nil {
		return fmt.Errorf("event envelope: %w", err)
	}
	at, err := time.Parse(time.RFC3339Nano, v.Time)
	if err != nil {
		return fmt.Errorf("event envelope: time: %w", err)
	}
	var extra map[string]json.RawMessage
	if err := json.Unmarshal(in, &extra); err != nil {
		return fmt.Errorf("event envelope: %w", err)
	}
	for _, name := range v.known() {
		delete(extra, name)
	}
	*e = Event{ID: v.ID, Position: v.Position, Stream: StreamID(v.Stream), Labels: v.Labels, Version: v.Version, Type: v.Type,
		Schema: v.Schema, Data: v.Data, Time: at.UTC(), Epoch: v.Epoch,
		Meta: Meta{Correlation: v.Correlation, Causation: v.Causation, TraceParent: v.TraceParent}}
	if v.Actor != nil {
		e.Meta.Actor = *v.Actor
	}
	if len(extra) > 0 {
		e.Meta.Extra = extra
	}
	return nil
}

// marshal leaves <, > and & as they are, so that raw fields come back unchanged.
func marshal(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}
