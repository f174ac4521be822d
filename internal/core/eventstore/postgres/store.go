// Package postgres keeps an event store in a PostgreSQL database.
package postgres

import (
	"context"
	"embed"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed sql/*.sql
var files embed.FS

// statements are the SQL of an append.
type statements struct{ lookup, addStreams, addEvents string }

// Options tunes a store; the zero value is right.
type Options = relational.Options

// Store is an event store; it implements eventstore.Store.
type Store = relational.Store

// Open migrates the store's tables in d and returns the store. d stays open
// when the store is closed; the store is closed first.
func Open(ctx context.Context, d *db.DB, o Options) (*Store, error) {
	in := &inserter{}
	err := d.Statements(files, map[string]*string{
		"lookup": &in.sql.lookup, "add_streams": &in.sql.addStreams, "add_events": &in.sql.addEvents,
	})
	if err != nil {
		return nil, err
	}
	return relational.Open(ctx, d, in, o)
}
