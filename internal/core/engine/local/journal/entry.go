package journal

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

// Entry is one record of a stream with its place.
type Entry struct {
	Version  int64
	Position int64
	Record   *Record
	Meta     eventstore.Meta
	Labels   engine.Labels // of the stream; only of the first of several
}

// Origin is what a redrive takes over.
type Origin struct {
	Named   *engine.Origin // with the generation
	Private bool
	Root    *engine.Root // nil: new keys throughout
	Input   json.RawMessage
	// Continues: the input is one that a function continued with, no one else's.
	Continues bool
	Unread    []engine.Message
	Parts     []*engine.Feed
}
