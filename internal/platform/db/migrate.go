package db

import (
	"context"
	"fmt"
	"io/fs"
	"regexp"

	"github.com/pressly/goose/v3"
)

var setName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)

// NewerError says that a newer build has written to the store.
type NewerError struct {
	Store, Set  string
	Have, Known int64 // version in the store, newest version that this build knows
}

// Error names the store, the cause and the fix.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the store %s was written by a newer build (%s tables at version %d, this build knows up to %d); "+
		"use that build or a backup from before the upgrade", e.Store, e.Set, e.Have, e.Known)
}

// Is matches ErrFormat.
func (e *NewerError) Is(target error) bool { return target == ErrFormat }

// migrate is DB.Migrate.
func migrate(ctx context.Context, p *parts, set string, files fs.FS) error {
	if !setName.MatchString(set) {
		return fmt.Errorf("migration set %q: the name must match %s", set, setName)
	}
	l, err := newLedger(p, set, files)
	if err != nil {
		return err
	}
	applied, err := l.list(ctx, p.read)
	if err != nil {
		return fmt.Errorf("read the version of the %s tables: %w", set, err)
	}
	if err := compare(p, l, applied); err != nil {
		return err
	}
	if len(applied) == len(l.known) && len(applied) > 0 {
		return nil
	}
	provider, err := goose.NewProvider(goose.DialectCustom, p.migrator, l, goose.WithStore(l),
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate the %s tables: %w", set, err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate the %s tables from version %d to %d: %w", set, have(applied), l.newest, err)
	}
	return nil
}

// compare refuses a store that was not made from this build's migrations.
func compare(p *parts, l *ledger, applied []migration) error {
	if v := have(applied); v > l.newest {
		return withFormatCode(&NewerError{Store: p.store, Set: l.set, Have: v, Known: l.newest})
	}
	for _, a := range applied {
		if l.known[a.version].checksum != a.checksum {
			return p.refuse("was made with another text of the migration %s/%s than this build has", l.set, a.file)
		}
	}
	return nil
}

// have returns the version of what was applied, newest first.
func have(applied []migration) int64 {
	if len(applied) == 0 {
		return 0
	}
	return applied[0].version
}
