package relational

import (
	"context"
	_ "embed"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

var (
	//go:embed sql/position.sql
	positionSQL string
	//go:embed sql/read_stream.sql
	readStreamSQL string
	//go:embed sql/read_all.sql
	readAllSQL string
	//go:embed sql/read_category.sql
	readCategorySQL string
	//go:embed sql/read_id.sql
	readIDSQL string
)

// everyType is below every type's key; publicTypes is the first public one.
const (
	everyType   int64 = -1 << 31
	publicTypes int64 = 1
)

// ReadStream implements eventstore.Store.
func (s *Store) ReadStream(ctx context.Context, id eventstore.StreamID, afterVersion int64, limit int) ([]eventstore.Event, error) {
	events, err := collect(ctx, s.db.Read(), readStreamSQL, s.scan, id.Workspace, id.Type, id.ID, afterVersion, limit)
	if err != nil {
		return nil, fmt.Errorf("read stream %s: %w", id, err)
	}
	return events, nil
}

// ReadAll implements eventstore.Store.
func (s *Store) ReadAll(ctx context.Context, after int64, limit int, f eventstore.Filter) ([]eventstore.Event, error) {
	lowest := publicTypes
	if f.Private {
		lowest = everyType
	}
	sql, args := readAllSQL, []any{after, lowest, limit}
	switch {
	case f.StreamID != "":
		sql, args = readIDSQL, append(args, f.Workspace, f.StreamType, f.StreamID)
	case f.Workspace != "" || f.StreamType != "":
		sql, args = readCategorySQL, append(args, f.Workspace, f.StreamType)
	}
	events, err := collect(ctx, s.db.Read(), sql, s.scan, args...)
	if err != nil {
		return nil, fmt.Errorf("read the events after position %d: %w", after, err)
	}
	return events, nil
}

// Head implements eventstore.Store.
func (s *Store) Head(ctx context.Context) (int64, error) {
	var position int64
	if err := s.db.Read().QueryRow(ctx, positionSQL).Scan(&position); err != nil {
		return 0, fmt.Errorf("read the head: %w", err)
	}
	return position, nil
}

// scan reads one row of the queries above.
func (s *Store) scan(rows db.Rows, e *eventstore.Event) error {
	var kind, actor, category, at int64
	var data, meta []byte
	var id string
	err := rows.Scan(&e.Position, &e.Version, &kind, &e.Schema, &e.Epoch, &at, &actor, &data, &e.Journal, &meta, &category, &id)
	if err != nil {
		return err
	}
	if e.Meta, err = decodeMeta(meta); err != nil {
		return fmt.Errorf("the metadata at position %d: %w", e.Position, err)
	}
	e.Data = data
	e.Time = time.UnixMicro(at).UTC()
	e.ID = eventID(s.group.salt, e.Position, e.Time)
	s.names.resolve(e, kind, actor, category, id)
	return nil
}

// now is the time that events are stamped with.
func now(c clock.Clock) time.Time { return c.Now().UTC().Truncate(time.Microsecond) }
