package db

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Format is the number of the format in which this build keeps its data. It is
// raised when data changes in a way that no migration carries over, such as the
// meaning of a journal. A store of another format is refused.
const Format = 1

// ErrFormat matches every error which says that this build cannot work on what
// the store holds: a *FormatError or a *NewerError.
var ErrFormat = errors.New("store of another format")

// FormatError says that what a store holds was not made by this build or one
// that it can follow.
type FormatError struct {
	Store  string // the path, or the URL without its password and the schema
	Reason string // what was found and what this build reads
	Fix    string
}

// Error names the store, the cause and the fix, in one sentence.
func (e *FormatError) Error() string {
	return fmt.Sprintf("the store %s %s; %s", e.Store, e.Reason, e.Fix)
}

// Is matches ErrFormat.
func (e *FormatError) Is(target error) bool { return target == ErrFormat }

// refuse returns a *FormatError with its code.
func (p *parts) refuse(format string, args ...any) error {
	return withFormatCode(&FormatError{Store: p.store, Reason: fmt.Sprintf(format, args...), Fix: p.remedy})
}

// withFormatCode classifies an error about the format for those who ask for
// codes.
func withFormatCode(err error) error {
	return failure.Wrap(err, failure.Validation, "store_format", "%v", err)
}

// checkFormat refuses a store that holds something else than this build's data
// or nothing.
func checkFormat(ctx context.Context, p *parts, schema string) error {
	columns, err := listColumns(ctx, p, schema)
	if err != nil {
		return fmt.Errorf("look into the store: %w", err)
	}
	delete(columns, "db_migrations") // may be older than the rest
	owner, ours := columns["db_owner"]
	switch {
	case len(columns) == 0:
		return nil
	case !ours:
		names := slices.Sorted(maps.Keys(columns))
		return p.refuse("holds tables of another program (%s)", strings.Join(names[:min(3, len(names))], ", "))
	case !slices.Contains(owner, "format"):
		return p.refuse("was made by a build from before formats were numbered, and this build reads format %d", Format)
	}
	var have int64
	err = p.session.QueryRow(ctx, p.sql.readFormat).Scan(&have)
	if errors.Is(err, ErrNoRows) {
		return nil // its first owner died before it signed
	}
	if err != nil {
		return fmt.Errorf("read the store's format: %w", err)
	}
	if have != Format {
		return p.refuse("has format %d, and this build reads format %d", have, Format)
	}
	return nil
}

// listColumns returns the columns of every table.
func listColumns(ctx context.Context, p *parts, schema string) (map[string][]string, error) {
	var args []any
	if p.dialect == Postgres {
		args = append(args, schema)
	}
	rows, err := p.session.Query(ctx, p.sql.listColumns, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns := map[string][]string{}
	for rows.Next() {
		var table, column string
		if err := rows.Scan(&table, &column); err != nil {
			return nil, err
		}
		columns[table] = append(columns[table], column)
	}
	return columns, rows.Err()
}
