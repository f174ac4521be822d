// Package relational is the event store on any database that platform/db opens:
// its tables, group commit, version checks, reading, following. A driver adds the
// few statements whose speed depends on the database. Only the drivers use it.
package relational

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Driver is what differs between databases. Its methods are called from the
// writer's goroutine only.
type Driver interface {
	// Lookup fills Key, Version and Labels of the streams that exist and leaves
	// the others zero.
	Lookup(ctx context.Context, tx db.Tx, streams []Lookup) error
	// Insert writes the rows of one commit; what they refer to is there already.
	Insert(ctx context.Context, tx db.Tx, streams []Stream, events []Event) error
}

// Lookup asks for one stream.
type Lookup struct {
	Category             int64
	ID                   string
	Key, Version, Labels int64
}

// Stream is a row of event_streams; Labels of zero are NULL.
type Stream struct {
	Key, Category int64
	ID            string
	Labels        int64
}

// Event is a row of events. Nil slices and an Actor of zero are NULL; Epoch and
// Time are the same in all rows of a commit.
type Event struct {
	Position, Stream, Version, Type, Schema, Actor, Epoch, Time int64
	Data, Journal, Meta                                         []byte
}
