package readmodel

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Projection is the name of the projection, which metrics and rebuild use.
const Projection = "orchestrator"

// version is that of the fold: raise it when it makes other rows of the same
// events.
const version = 1

// Model is the read side. It is safe for concurrent use. Its rows are kept up to
// date while the set that it was opened with runs; to wait for them is the job of
// the Follower.
type Model struct {
	*projection.Follower
	db     *db.DB
	sql    *statements
	reader *reader
}

// Open prepares the tables and adds the projection to set.
func Open(ctx context.Context, d *db.DB, set *projection.Set) (*Model, error) {
	sql, err := openTables(ctx, d)
	if err != nil {
		return nil, err
	}
	m := &Model{db: d, sql: sql, reader: &reader{d, sql}}
	m.Follower, err = set.Add(ctx, declare(m.reader, newWriter(d.Dialect(), sql)))
	return m, err
}

// declare returns the projection.
func declare(r *reader, w *writer) projection.Projection {
	return projection.Projection{
		Name: Projection, Version: version, Streams: []string{workflow.StreamType, engine.StreamType},
		Tables: []string{"workflows", "workflow_figures", "executions", "execution_steps"},
		Begin:  func(*db.DB) projection.Fold { return newFold(r, w) },
	}
}
