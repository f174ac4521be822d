package relational

import (
	"context"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// everyType is below every type's key; publicTypes is the first public one.
const (
	everyType   int64 = -1 << 31
	publicTypes int64 = 1
)

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, id eventstore.StreamID, afterVersion int64, limit int) ([]eventstore.Event, error) {
	workspace, err := s.db.Workspace(ctx, id.Workspace)
	if err != nil {
		return nil, err
	}
	events, err := s.read(ctx, s.sql.readStream, workspace, id.Type, id.ID, afterVersion, limit)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", id, err)
	}
	return events, nil
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, after int64, limit int, f eventstore.Filter) ([]eventstore.Event, error) {
	workspace, err := s.db.Workspace(ctx, f.Workspace)
	if err != nil {
		return nil, err
	}
	sql, args := s.choose(workspace, after, limit, f)
	events, err := s.read(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("read the events after position %d: %w", after, err)
	}
	return events, nil
}

// choose returns the statement that fits a filter, and its arguments.
func (s *Store) choose(workspace, after int64, limit int, f eventstore.Filter) (sql string, args []any) {
	lowest := publicTypes
	if f.Private {
		lowest = everyType
	}
	args = []any{after, lowest, limit}
	switch {
	case f.Workspace == "" && f.StreamType == "" && f.StreamID == "":
		return s.sql.readAll, args
	case f.StreamID == "":
		return s.sql.readCategories, append(args, f.Workspace == "", workspace, f.StreamType)
	case f.Workspace == "" || f.StreamType == "":
		return s.sql.readStreams, append(args, f.Workspace == "", workspace, f.StreamType, f.StreamID)
	}
	return s.sql.readOneStream, append([]any{workspace, f.StreamType, f.StreamID}, args...)
}

// read runs one of the queries of events.
func (s *Store) read(ctx context.Context, sql string, args ...any) ([]eventstore.Event, error) {
	var keys []int64 // of the labels, one for each event
	events, err := collect(ctx, s.db.Read(), sql, func(rows db.Rows, e *eventstore.Event) error {
		key, err := s.scan(rows, e)
		keys = append(keys, key)
		return err
	}, args...)
	if err != nil {
		return nil, err
	}
	texts, err := s.labels.read(ctx, s.db.Read(), s.sql.readLabels, keys)
	if err != nil {
		return nil, err
	}
	for i := range events {
		events[i].Labels = texts[keys[i]]
	}
	return events, nil
}

// Head implements eventstore.Store.
func (s *Store) Head(ctx context.Context) (int64, error) {
	var position int64
	if err := s.db.Read().QueryRow(ctx, s.sql.position).Scan(&position); err != nil {
		return 0, fmt.Errorf("read the head: %w", err)
	}
	return position, nil
}

// scan reads one row of the queries above and returns the key of its labels.
func (s *Store) scan(rows db.Rows, e *eventstore.Event) (labels int64, err error) {
	var typ, actor, category, at int64
	var data, meta []byte
	var id string
	err = rows.Scan(&e.Position, &e.Version, &typ, &e.Schema, &e.Epoch, &at, &actor, &data, &meta, &category, &labels, &id, &e.Journal)
	if err != nil {
		return 0, err
	}
	if e.Meta, err = decodeMeta(meta); err != nil {
		return 0, fmt.Errorf("the metadata at position %d: %w", e.Position, err)
	}
	e.Data = data
	e.Time = time.UnixMicro(at).UTC()
	e.ID = eventID(s.group.salt, e.Position, e.Time)
	s.names.resolve(e, typ, actor, category, id)
	return labels, nil
}

// now is the time that events are stamped with.
func now(c clock.Clock) time.Time { return c.Now().UTC().Truncate(time.Microsecond) }
