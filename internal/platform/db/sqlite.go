package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"sync"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// setUpSQLite makes two settings of the whole process: locks that do not vanish
// when some other descriptor of the file is closed, and the same durability for
// half the wait. Where the platform has neither, SQLite's own defaults stay.
var setUpSQLite = sync.OnceFunc(func() {
	_, _ = sqlite.OFDLocking(true)
	_, _ = sqlite.Fdatasync(true)
})

// openSQLite locks the file, opens the writer's connection and the read pool.
func openSQLite(ctx context.Context, path string, readers int) (_ *parts, err error) {
	p, err := newParts(SQLite)
	if err != nil {
		return nil, err
	}
	file, err := lockFile(path)
	if errors.Is(err, ErrInUse) {
		return nil, &InUseError{Store: path, Owner: sqliteOwner(ctx, path, p.sql)}
	}
	if err != nil {
		return nil, err
	}
	p.store, p.unlock = path, file.Close
	p.remedy = "move the file away or delete it together with its -wal and -shm, then start again"
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open the SQLite store %s: %w", path, err), p.close())
		}
	}()
	setUpSQLite()
	session, err := openSQLiteSession(ctx, path, p)
	if err != nil {
		return p, err
	}
	p.session = session
	migrator, err := sql.Open("sqlite", sqliteDSN(path))
	if err != nil {
		return p, err
	}
	p.setMigrator(migrator)
	pool, err := sql.Open("sqlite", sqliteDSN(path, "query_only(1)", "cache_size(-2000)"))
	if err != nil {
		return p, err
	}
	if readers == 0 {
		readers = 4
	}
	pool.SetMaxOpenConns(readers)
	pool.SetMaxIdleConns(readers)
	pool.SetConnMaxIdleTime(time.Minute)
	p.read, p.closeRead = newSQLiteReader(pool), pool.Close
	return p, pool.PingContext(ctx)
}

// sqliteDSN is the data source of every connection to path.
func sqliteDSN(path string, pragmas ...string) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": append([]string{
		"busy_timeout(10000)", "journal_mode(wal)", "synchronous(full)", "foreign_keys(1)",
		"temp_store(memory)", "cache_size(-8000)", "wal_autocheckpoint(2000)"}, pragmas...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// sqliteOwner asks a store that is in use who uses it.
func sqliteOwner(ctx context.Context, path string, own *ownSQL) string {
	pool, err := sql.Open("sqlite", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&_pragma=busy_timeout(200)")
	if err != nil {
		return ""
	}
	defer pool.Close()
	return knownOwner(ctx, newSQLiteReader(pool), own)
}

// judge sorts SQLite's errors. A write that the disk refused before any
// fsync leaves no valid commit in the log; after a failed fsync, or when the
// file is damaged, no one knows.
func (s *sqliteSession) judge(err error) verdict {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return failed
	}
	switch code := se.Code(); code & 0xff {
	case sqlite3.SQLITE_FULL:
		return full
	case sqlite3.SQLITE_IOERR:
		if code == sqlite3.SQLITE_IOERR_WRITE {
			return full
		}
		return lost
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return lost
	}
	return failed
}

// endsTransaction reports whether SQLite may have rolled back the transaction
// together with the statement that failed.
func endsTransaction(err error) bool {
	var se *sqlite.Error
	if !errors.As(err, &se) {
		return false
	}
	switch se.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
		sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return true
	}
	return false
}

// checkLinks refuses a file with several names: SQLite keeps its log beside the
// name it was opened under, so after a crash another name would miss commits.
func checkLinks(path string, info os.FileInfo) error {
	if n := linkCount(info); n > 1 {
		return fmt.Errorf("the SQLite store %s has %d hard links, and its log belongs to one of the names only; "+
			"remove the other links, or make copies with the store stopped", path, n)
	}
	return nil
}
