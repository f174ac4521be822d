// Package sqlite keeps an event store in a sqlite database.
package sqlite

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Options tunes a store; the zero value is right.
type Options struct {
	// Clock stamps events. Nil means the machine's clock.
	Clock clock.Clock
}

// Store is an event store.
type Store struct{ eventstore.Store }

// Open migrates the store's tables in d and returns the store. d stays open
// when the store is closed.
func Open(ctx context.Context, d *db.DB, o Options) (*Store, error) { panic("sqlite: skeleton") }
