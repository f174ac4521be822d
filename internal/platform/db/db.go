package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// Options says which database to open.
type Options struct {
	// URL is "sqlite:<path>" or "postgres://…". A SQLite file that does not
	// exist is made, with mode 0600, in a directory that must exist. PostgreSQL
	// must be reached directly or through a pooler in session mode.
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
	close  func() error
}

// parts is what a dialect opens.
type parts struct {
	dialect   Dialect
	store     string // for messages: no password
	session   session
	idleping  time.Duration
	read      Querier
	closeRead func() error
	migrator  *sql.DB // for goose; its one connection goes when it is idle
	unlock    func() error
}

// close closes in the order that keeps the lock until nothing is open any more.
func (p *parts) close() error {
	var errs []error
	if p.migrator != nil {
		errs = append(errs, p.migrator.Close())
	}
	if p.closeRead != nil {
		errs = append(errs, p.closeRead())
	}
	if p.session != nil {
		errs = append(errs, p.session.close())
	}
	if p.unlock != nil {
		errs = append(errs, p.unlock())
	}
	return errors.Join(errs...)
}

// setMigrator takes over the pool for migrations, which come in a burst at start.
func (p *parts) setMigrator(pool *sql.DB) {
	pool.SetMaxOpenConns(1)
	pool.SetConnMaxIdleTime(5 * time.Second)
	p.migrator = pool
}

// Open opens the database, takes its ownership and raises its epoch by one. It
// fails with an *InUseError (errors.Is ErrInUse) while another live process, or
// another DB of this one, owns it. The caller closes it.
func Open(ctx context.Context, o Options) (*DB, error) {
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	p, err := openParts(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := migrate(ctx, p, "db", ownMigrations()); err != nil {
		return nil, errors.Join(err, p.close())
	}
	epoch, err := take(ctx, p.session, o.Clock.Now())
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	d := &DB{parts: p, writer: newWriter(p.session, epoch, p.idleping)}
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

// Dialect returns the dialect of the database.
func (d *DB) Dialect() Dialect { return d.parts.dialect }

// Epoch returns the number of this ownership; it grows by one with every Open.
func (d *DB) Epoch() int64 { return d.writer.epoch }

// Read returns the read pool. It sees everything that was committed before the
// call, and nothing of an open transaction.
func (d *DB) Read() Querier { return d.parts.read }

// Lost is closed when this process no longer owns the database or can no longer
// know what is on disk. Every write fails from then on and the process must end.
func (d *DB) Lost() <-chan struct{} { return d.writer.lost }

// Close waits for the writes that were begun, gives up the ownership and closes
// all connections. Later writes fail with ErrClosed. It may be called twice.
func (d *DB) Close() error { return d.close() }
