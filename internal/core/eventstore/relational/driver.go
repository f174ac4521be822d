// Package relational is the event store on any database that platform/db opens:
// group commit, version checks, reading, following. A driver adds its tables and
// the two statements whose speed depends on the database. It is not for use by
// others than the drivers.
package relational

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Driver is what differs between databases. Its methods are called from the
// writer's goroutine only.
type Driver interface {
	// Lookup fills Key and Version of the streams that exist and leaves the
	// others zero.
	Lookup(ctx context.Context, tx db.Tx, streams []Lookup) error
	// Insert writes all rows.
	Insert(ctx context.Context, tx db.Tx, rows *Rows) error
}

// Lookup asks for one stream.
type Lookup struct {
	Category int64
	ID       string
	Key      int64
	Version  int64
}

// Rows is what one commit adds.
type Rows struct {
	Categories []Category
	Types      []Type
	Actors     []Actor
	Streams    []Stream
	Events     []Event
}

func (r *Rows) reset() {
	clear(r.Events) // lets go of the callers' data
	*r = Rows{Categories: r.Categories[:0], Types: r.Types[:0], Actors: r.Actors[:0], Streams: r.Streams[:0], Events: r.Events[:0]}
}

// Category is a row of event_categories.
type Category struct {
	Key             int64
	Workspace, Type string
}

// Type is a row of event_types; private types have keys below zero.
type Type struct {
	Key  int64
	Name string
}

// Actor is a row of event_actors.
type Actor struct {
	Key      int64
	Kind, ID string
}

// Stream is a row of event_streams.
type Stream struct {
	Key, Category int64
	ID            string
}

// Event is a row of events. Nil slices and an Actor of zero are NULL; Epoch and
// Time are the same in all rows of a commit.
type Event struct {
	Position, Stream, Version, Type, Schema, Actor, Epoch, Time int64
	Data, Journal, Meta                                         []byte
}
