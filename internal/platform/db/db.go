package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Options says which database to open.
type Options struct {
	// URL is "sqlite:<path>" or "postgres://…". A SQLite file that does not
	// exist is made, with mode 0600, in a directory that must exist. On
	// PostgreSQL the store lives in the schema Schema, made when it is missing, or
	// in the one that the URL's search_path names, which must exist. The server
	// must be reached directly or through a pooler in session mode, which is
	// checked.
	URL string
	// Clock stamps the owner's row. Nil means the machine's clock.
	Clock clock.Clock
	// Readers bounds the read connections. Zero means 4 on SQLite, 8 on
	// PostgreSQL.
	Readers int
}

// DB is an open database that this process owns. It is safe for concurrent use.
type DB struct {
	parts  *parts
	writer *writer
	store  string
	close  func() error
}

// Open opens the database, takes its ownership and raises its epoch by one. It
// fails with an *InUseError (errors.Is ErrInUse) while another live process, or
// another DB of this one, owns it, and with an error that matches ErrFormat when
// it holds anything but data of this build's format. The caller closes it.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	p, err := openParts(ctx, o)
	if err != nil {
		return nil, err
	}
	store, epoch, err := own(ctx, p, o.Clock)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	d := &DB{parts: p, writer: newWriter(p.session, epoch, p.idlePing), store: store}
	d.close = sync.OnceValue(func() error {
		d.writer.close()
		return p.close()
	})
	return d, nil
}

func openParts(ctx context.Context, o Options) (*parts, error) {
	if path, ok := strings.CutPrefix(o.URL, "sqlite:"); ok && path != "" {
		return openSQLite(ctx, path, o.Readers)
	}
	if strings.HasPrefix(o.URL, "postgres://") || strings.HasPrefix(o.URL, "postgresql://") {
		return openPostgres(ctx, o.URL, o.Readers)
	}
	scheme, _, _ := strings.Cut(o.URL, ":")
	return nil, fmt.Errorf("database.url begins with %q; it must be sqlite:<path> or postgres://<user>@<host>/<database>", scheme)
}

// own makes a store that is locked this process's own.
func own(ctx context.Context, p *parts, c clock.Clock) (store string, epoch int64, err error) {
	if err := checkFormat(ctx, p, p.schema); err != nil {
		return "", 0, err
	}
	if _, err := p.session.Exec(ctx, p.sql.createLedger); err != nil {
		return "", 0, fmt.Errorf("make the ledger of migrations: %w", err)
	}
	if err := migrate(ctx, p, "db", ownFiles); err != nil {
		return "", 0, err
	}
	return take(ctx, p.session, p.sql, c.Now())
}

// Dialect returns the dialect of the database.
func (d *DB) Dialect() Dialect { return d.parts.dialect }

// StoreID returns the id of the store, "st_" and a UUIDv7. It was made with the
// store and never changes; what is kept outside of the database and belongs to
// it carries it.
func (d *DB) StoreID() string { return d.store }

// Epoch returns the number of this ownership; it grows by one with every Open.
func (d *DB) Epoch() int64 { return d.writer.epoch }

// Read returns the read pool. It sees everything that was committed before the
// call, and nothing of an open transaction.
func (d *DB) Read() Querier { return d.parts.read }

// Migrate brings the tables of one package up to date, forward only. files holds
// numbered goose files (00001_what_it_does.sql), one text for both dialects, at
// its root or in a folder named migrations. A store that is newer than files is
// refused with a *NewerError, one whose applied migrations differ from files
// with a *FormatError.
func (d *DB) Migrate(ctx context.Context, set string, files fs.FS) error {
	return migrate(ctx, d.parts, set, files)
}

// Statements fills in the SQL that a package has declared: a name for each
// variable that gets the text. files holds the .sql files at its root or in a
// folder named sql. It fails with all names that are declared and in no file,
// in a file and not used, or in the files twice.
func (d *DB) Statements(files fs.FS, declared map[string]*string) error {
	return statements(d.parts.dialect, files, declared)
}

// Workspace returns the small integer that stands for a workspace in every key
// of the store, for reading: that of a workspace which the store has never seen
// matches no row. The empty id, of what belongs to no workspace, is 0. In a
// write, Tx.Workspace is the one to ask. SQL may join db_workspaces (key, id)
// where it needs the ids of many.
func (d *DB) Workspace(ctx context.Context, id string) (int64, error) {
	return d.parts.workspaces.read(ctx, d.parts.read, id)
}

// Submit is Write without waiting: done runs on the writer's goroutine after
// the commit or the failure; it must be quick and must not call Write. Writes
// are run in the order in which they were submitted.
func (d *DB) Submit(w Write, done func(error)) { d.writer.submit(&job{write: w, done: done}) }

// Write runs w in a transaction and returns after the durable commit. An error
// of w rolls back w alone and is returned as it is. If ctx ends before w was
// begun, w never runs and ctx's error is returned; later the end of ctx is
// ignored, so that the result is the truth.
func (d *DB) Write(ctx context.Context, w Write) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	result := make(chan error, 1)
	j := &job{write: w, done: func(err error) { result <- err }}
	d.writer.submit(j)
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		if j.cancel() {
			return ctx.Err()
		}
		return <-result
	}
}

// Lost is closed when this process no longer owns the database or can no longer
// know what is on disk. Every write fails from then on and the process must end.
func (d *DB) Lost() <-chan struct{} { return d.writer.lost }

// Close waits for the writes that were begun, gives up the ownership and closes
// all connections. Later writes fail with ErrClosed. It may be called twice.
func (d *DB) Close() error { return d.close() }
