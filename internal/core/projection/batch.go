package projection

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// maxBatchBytes bounds the data of the events of a batch.
const maxBatchBytes = 8 << 20

// batch is what one write stores: the events that a projection wants up to a
// position.
type batch struct {
	events []eventstore.Event
	bytes  int
	upTo   int64
}

// add takes in a chunk, up to limit events, and reports whether there is room for
// more.
func (b *batch) add(p *Projection, c chunk, limit int) (more bool) {
	for i := range c.events {
		e := &c.events[i]
		if !p.wants(e) {
			continue
		}
		if len(b.events) == limit || b.bytes > maxBatchBytes {
			b.upTo = e.Position - 1
			return false
		}
		b.events = append(b.events, *e)
		b.bytes += len(e.Data)
	}
	b.upTo = c.upTo
	return len(b.events) < limit && b.bytes <= maxBatchBytes
}

// fold applies the events of a batch and returns the write that stores what has
// changed. On an error, index is the place of the event that could not be folded,
// or -1.
func (b *batch) fold(ctx context.Context, f Fold) (changes db.Write, index int, err error) {
	defer recovered(&err)
	for index = range b.events {
		if err := f.Apply(ctx, &b.events[index]); err != nil {
			return nil, index, err
		}
	}
	index = -1
	changes, err = f.Changes()
	return changes, index, err
}
