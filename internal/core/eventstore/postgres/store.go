// Package postgres keeps an event store in a PostgreSQL database.
package postgres

import (
	"context"
	"embed"
	"io/fs"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/relational"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql
var files embed.FS

// Options tunes a store; the zero value is right.
type Options = relational.Options

// Store is an event store; it implements eventstore.Store.
type Store = relational.Store

// Open migrates the store's tables in d and returns the store. d stays open
// when the store is closed; the store is closed first.
func Open(ctx context.Context, d *db.DB, o Options) (*Store, error) {
	tables, err := fs.Sub(files, "migrations")
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(ctx, "eventstore", tables); err != nil {
		return nil, err
	}
	return relational.Open(ctx, d, &inserter{}, o)
}
