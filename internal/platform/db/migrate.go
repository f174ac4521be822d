package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var ownFiles embed.FS

var setName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

func ownMigrations() fs.FS { return mustSub(ownFiles, "migrations") }

// mustSub returns a folder that the compiler has embedded.
func mustSub(files fs.FS, dir string) fs.FS {
	sub, err := fs.Sub(files, dir)
	if err != nil {
		panic(err)
	}
	return sub
}

// Migrate brings the tables of one package up to date, forward only. files
// holds numbered goose files (00001_what_it_does.sql) at its root, or in the
// folders sqlite and postgres where the SQL differs. Each set has a version
// table of its own. A store that is newer than files is refused with a
// *NewerError.
func (d *DB) Migrate(ctx context.Context, set string, files fs.FS) error {
	return migrate(ctx, d.parts, set, files)
}

func migrate(ctx context.Context, p *parts, set string, files fs.FS) error {
	if !setName.MatchString(set) {
		return fmt.Errorf("migration set %q: the name must match %s", set, setName)
	}
	if _, err := fs.Stat(files, string(p.dialect)); err == nil {
		files = mustSub(files, string(p.dialect))
	}
	dialect := goose.DialectSQLite3
	if p.dialect == Postgres {
		dialect = goose.DialectPostgres
	}
	provider, err := goose.NewProvider(dialect, p.migrator, files, goose.WithTableName("migrations_"+set),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate the %s tables: %w", set, err)
	}
	have, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the %s tables: %w", set, err)
	}
	if have > known {
		return &NewerError{Store: p.store, Set: set, Have: have, Known: known}
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the %s tables from version %d to %d: %w", set, have, known, err)
	}
	return nil
}
