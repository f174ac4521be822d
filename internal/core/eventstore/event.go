package eventstore

import (
	"encoding/json"
	"time"
)

// StreamID names a stream. Type and ID are never empty; the workspace is empty
// only for streams that belong to none.
type StreamID struct{ Workspace, Type, ID string }

// String returns workspace/type/id, for messages.
func (s StreamID) String() string { return s.Workspace + "/" + s.Type + "/" + s.ID }

// Actor is who caused an event: its type "key", "system", …, and its id.
type Actor struct {
	Type string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// Meta travels with an event.
type Meta struct {
	Actor       Actor
	Correlation string // the command or trace that all of this belongs to
	Causation   string // the event or command that led directly here
	TraceParent string // W3C traceparent
	// Extra holds the envelope's fields that this build does not know; they
	// survive a round trip.
	Extra map[string]json.RawMessage
}

// NewEvent is an event that is to be appended.
type NewEvent struct {
	Type    string          // dotted, past tense; "journal.…" is private
	Schema  int             // version of Data's shape, from 1; zero means 1
	Data    json.RawMessage // valid JSON or nil
	Journal []byte          // what only its own module needs; nil or empty: none
	Meta    Meta
}

// Event is an event as the store has it. Readers share its slices and must not
// change them.
type Event struct {
	ID       string // UUIDv7, derived from store, position and time
	Position int64  // global, grows by one
	Stream   StreamID
	Labels   json.RawMessage // the stream's; nil: none
	Version  int64           // in the stream, from 1, without gaps
	Type     string
	Schema   int
	Data     json.RawMessage
	Journal  []byte
	Meta     Meta
	Time     time.Time // UTC, microseconds, from the injected clock
	Epoch    int64     // ownership of the store under which it was written
}
