// Package eventstore holds streams of events that never change: append with
// optimistic concurrency, read by stream or by global position, follow. It
// declares what its drivers (sqlite, postgres) promise; storetest proves it. It
// is not a queue and knows no event by name.
package eventstore

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Expected versions that are not a version.
const (
	// Any appends whatever the version of the stream is.
	Any int64 = -1
	// NoStream appends only to a stream that has no event yet.
	NoStream int64 = 0
)

// PrivatePrefix begins the types of events that only their own module reads:
// they are invisible unless a Filter asks for them.
const PrivatePrefix = "journal."

// StreamAppend is what one stream gets.
type StreamAppend struct {
	Stream StreamID
	// Expected is the stream's version before this append, Any or NoStream.
	Expected int64
	// Labels are a JSON object that every event of the stream carries, such as
	// what the stream is about. The append that creates the stream sets them for
	// good; later they are ignored. Equal ones are stored once. Nil means none.
	Labels json.RawMessage
	Events []NewEvent
}

// Batch is appended completely or not at all. A stream may be in it once.
type Batch struct {
	Streams []StreamAppend
	// Inline runs in the same transaction, in this order, once the versions were
	// checked. It does not see the batch's own events in the tables. An error
	// rolls back this batch alone.
	Inline []db.Write
}

// Appended is what became of a batch.
type Appended struct {
	// Position is that of the last event; zero for a batch without events.
	Position int64
	// Versions holds the last version of each stream, in the batch's order.
	Versions []int64
	// Events are the events as a reader gets them, in order of position.
	Events []Event
}

// Filter chooses events. The zero value is every public event.
type Filter struct {
	Workspace  string // empty: all
	StreamType string // empty: all
	StreamID   string // empty: all
	// Private includes events whose type begins with PrivatePrefix.
	Private bool
}

// Store keeps events. It is safe for concurrent use.
type Store interface {
	// Append returns after the batch is durable. A batch that is refused has
	// written nothing: *ConflictError for a version, *InvalidError for what can
	// never be stored, otherwise the error of an inline writer or of the
	// database. If ctx ends before the batch was begun, it is not written;
	// later the end of ctx is ignored, so that the result is the truth.
	Append(ctx context.Context, b Batch) (Appended, error)
	// Submit is Append without waiting. done runs on the committer's side after
	// the commit: it must be quick and must not call Append. Batches of one
	// caller are written in the order of their Submit calls; so are the calls
	// of done. The batch belongs to the store until done has run.
	Submit(b Batch, done func(Appended, error))
	// ReadStream returns up to limit events of one stream after a version, in
	// order, journal column and private events included.
	ReadStream(ctx context.Context, id StreamID, afterVersion int64, limit int) ([]Event, error)
	// ReadAll returns up to limit events after a position, in order of
	// position, without the journal column unless the filter is Private. An
	// event below the last position returned never appears later.
	ReadAll(ctx context.Context, after int64, limit int, f Filter) ([]Event, error)
	// Head returns the position of the last durable event, zero when empty.
	Head(ctx context.Context) (int64, error)
	// Subscribe follows the events after a position. The caller closes it.
	Subscribe(after int64, f Filter) *Subscription
	// Close ends the subscriptions and refuses further appends with ErrClosed.
	// It does not close the database. It may be called twice.
	Close() error
}
