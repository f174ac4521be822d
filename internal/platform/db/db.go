package db

import (
	"context"
	"io/fs"
	"log/slog"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Options says which database to open.
type Options struct {
	// URL is "sqlite:<path>" or "postgres://…". A SQLite file that does not
	// exist is made, with mode 0600, in a directory that must exist.
	URL string
	// Clock stamps the owner's row. Nil means the machine's clock.
	Clock clock.Clock
	// Readers bounds the read connections. Zero means 4 on SQLite, 8 on
	// PostgreSQL.
	Readers int
	// Logger gets warnings of the writer. Nil means none.
	Logger *slog.Logger
}

// DB is an open database that this process owns. It is safe for concurrent use.
type DB struct{}

// Open opens the database, takes its ownership and raises its epoch by one. It
// fails with an *InUseError (errors.Is ErrInUse) while another live process, or
// another DB of this one, owns it. The caller closes it.
func Open(ctx context.Context, o Options) (*DB, error) { panic("db: skeleton") }

// Dialect returns the dialect of the database.
func (d *DB) Dialect() Dialect { panic("db: skeleton") }

// Epoch returns the number of this ownership; it grows by one with every Open.
func (d *DB) Epoch() int64 { panic("db: skeleton") }

// Read returns the read pool. It sees everything that was committed before the
// call, and nothing of an open transaction.
func (d *DB) Read() Querier { panic("db: skeleton") }

// Write runs w in a transaction and returns after the durable commit. An error
// of w rolls back w alone and is returned as it is. If ctx ends before w was
// begun, w never runs and ctx's error is returned; later the end of ctx is
// ignored, so that the answer is the truth.
func (d *DB) Write(ctx context.Context, w Write) error { panic("db: skeleton") }

// Submit is Write without waiting: done runs on the writer's goroutine after
// the commit or the failure; it must be quick and must not call Write. Writes
// are run in the order in which they were submitted.
func (d *DB) Submit(w Write, done func(error)) { panic("db: skeleton") }

// Migrate brings the tables of one package up to date, forward only. files
// holds numbered goose files (00001_what_it_does.sql) at its root, or in the
// folders sqlite and postgres where the SQL differs. Each set has a version
// table of its own. A store that is newer than files is refused with a
// *NewerError.
func (d *DB) Migrate(ctx context.Context, set string, files fs.FS) error { panic("db: skeleton") }

// Lost is closed when this process no longer owns the database or can no longer
// know what is on disk. Every write fails from then on and the process must end.
func (d *DB) Lost() <-chan struct{} { panic("db: skeleton") }

// Close waits for the writes that were begun, gives up the ownership and closes
// all connections. Later writes fail with ErrClosed. It may be called twice.
func (d *DB) Close() error { panic("db: skeleton") }
