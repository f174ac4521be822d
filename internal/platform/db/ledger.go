package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// ledger knows the migrations of one package: those that this build has, and in
// db_migrations those that were applied. It is the version table that goose
// asks.
type ledger struct {
	sql     *ownSQL
	set     string
	known   map[int64]migration
	newest  int64 // version in known
	files   fs.FS
	dialect Dialect
}

// migration is a file of this build or a row of the ledger.
type migration struct {
	version        int64
	file, checksum string
	text           string // in the store's dialect
}

// newLedger reads the migrations of a package.
func newLedger(p *parts, set string, files fs.FS) (*ledger, error) {
	l := &ledger{sql: p.sql, set: set, known: map[int64]migration{}, files: folder(files, "migrations"), dialect: p.dialect}
	names, err := fs.Glob(l.files, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, file := range names {
		m, err := l.read(file)
		if err != nil {
			return nil, fmt.Errorf("migration %s/%s: %w", set, file, err)
		}
		l.known[m.version] = m
		l.newest = max(l.newest, m.version)
	}
	return l, nil
}

func (l *ledger) read(file string) (migration, error) {
	raw, err := fs.ReadFile(l.files, file)
	if err != nil {
		return migration{}, err
	}
	text, err := l.dialect.migration(string(raw))
	if err != nil {
		return migration{}, err
	}
	version, err := goose.NumericComponent(file)
	if err != nil {
		return migration{}, err
	}
	sum := sha256.Sum256([]byte(text))
	return migration{version, file, hex.EncodeToString(sum[:]), text}, nil
}

// list returns what was applied, newest first, without the row of version 0.
func (l *ledger) list(ctx context.Context, q Querier) ([]migration, error) {
	rows, err := q.Query(ctx, l.sql.listMigrations, l.set)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var applied []migration
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.file, &m.checksum); err != nil {
			return nil, err
		}
		if m.version > 0 {
			applied = append(applied, m)
		}
	}
	return applied, rows.Err()
}

// Open implements fs.FS for goose: the files of this build in the store's
// dialect.
func (l *ledger) Open(name string) (fs.File, error) {
	f, err := l.files.Open(name)
	if err != nil {
		return nil, err
	}
	for _, m := range l.known {
		if m.file == name {
			return translated{f, strings.NewReader(m.text)}, nil
		}
	}
	return f, nil
}

// translated is a file with another text.
type translated struct {
	fs.File
	text *strings.Reader
}

func (f translated) Read(to []byte) (int, error) { return f.text.Read(to) }

// Tablename implements database.Store.
func (l *ledger) Tablename() string { return "db_migrations" }

// CreateVersionTable implements database.Store. Open has made the table.
func (l *ledger) CreateVersionTable(context.Context, database.DBTxConn) error { return nil }

// Insert implements database.Store, in the transaction of the migration.
func (l *ledger) Insert(ctx context.Context, tx database.DBTxConn, r database.InsertRequest) error {
	m := l.known[r.Version] // version 0 says that the package is known, and has no file
	_, err := tx.ExecContext(ctx, l.sql.addMigration, l.set, r.Version, m.file, m.checksum)
	return err
}

// Delete implements database.Store: there is no way back.
func (l *ledger) Delete(context.Context, database.DBTxConn, int64) error {
	return errors.ErrUnsupported
}

// GetMigration implements database.Store.
func (l *ledger) GetMigration(ctx context.Context, c database.DBTxConn, version int64) (*database.GetMigrationResult, error) {
	all, err := l.ListMigrations(ctx, c)
	for _, m := range all {
		if m.Version == version {
			return &database.GetMigrationResult{IsApplied: true}, nil
		}
	}
	if err == nil {
		err = database.ErrVersionNotFound
	}
	return nil, err
}

// GetLatestVersion implements database.Store.
func (l *ledger) GetLatestVersion(ctx context.Context, c database.DBTxConn) (int64, error) {
	all, err := l.ListMigrations(ctx, c)
	if err != nil {
		return 0, err
	}
	if len(all) == 0 {
		return 0, database.ErrVersionNotFound
	}
	return all[0].Version, nil
}

// ListMigrations implements database.Store: newest first.
func (l *ledger) ListMigrations(ctx context.Context, c database.DBTxConn) ([]*database.ListMigrationsResult, error) {
	rows, err := c.QueryContext(ctx, l.sql.listMigrations, l.set)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []*database.ListMigrationsResult
	for rows.Next() {
		var m migration
		if err := rows.Scan(&m.version, &m.file, &m.checksum); err != nil {
			return nil, err
		}
		all = append(all, &database.ListMigrationsResult{Version: m.version, IsApplied: true})
	}
	return all, rows.Err()
}
