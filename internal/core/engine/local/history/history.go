// Package history reads the records of executions from an event store.
package history

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
)

const pageOfEvents = 1000

// Stream names the stream of an execution.
func Stream(workspace, execution string) eventstore.StreamID {
	return eventstore.StreamID{Workspace: workspace, Type: engine.StreamType, ID: execution}
}

// Read returns the records of an execution's last generation. from is a version
// at or before the record that it begins with; zero reads the whole stream. It
// fails with engine.ErrNotFound.
func Read(ctx context.Context, store eventstore.Store, id eventstore.StreamID, from int64) ([]journal.Entry, error) {
	var all []journal.Entry
	err := Walk(ctx, store, id, max(0, from-1), func(ev *eventstore.Event, r *journal.Record) {
		if r.Type == journal.Continued {
			all = all[:0]
		}
		e := journal.Entry{Version: ev.Version, Position: ev.Position, Record: r, Meta: ev.Meta}
		if len(all) == 0 {
			e.Labels = engine.DecodeLabels(ev.Labels)
		}
		all = append(all, e)
	})
	if err == nil && len(all) == 0 {
		err = engine.ErrNotFound
	}
	return all, err
}

// Walk shows the records of a stream after a version, in order.
func Walk(ctx context.Context, store eventstore.Store, id eventstore.StreamID, after int64, see func(*eventstore.Event, *journal.Record)) error {
	for {
		events, err := store.ReadStream(ctx, id, after, pageOfEvents)
		if err != nil {
			return err
		}
		for i := range events {
			r, err := journal.Decode(&events[i])
			if err != nil {
				return err
			}
			see(&events[i], r)
			after = events[i].Version
		}
		if len(events) < pageOfEvents {
			return nil
		}
	}
}
