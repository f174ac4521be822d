package footprint

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Column is a column that holds text, JSON or bytes.
type Column struct {
	Table, Name string
	Values      int64 // that are not null
	Bytes       int64 // of the values, without what the database adds
}

// Columns lists the columns of text, JSON and bytes in every table. It reads
// all of them.
func Columns(ctx context.Context, d *db.DB) ([]Column, error) {
	found, err := listColumns(ctx, d)
	if err != nil {
		return nil, err
	}
	out := make([]Column, len(found))
	for i, c := range found {
		out[i] = c.Column
		query := fmt.Sprintf("SELECT count(%[1]s), coalesce(sum(%[2]s), 0) FROM %[3]s", quoted(c.Name), c.length(d.Dialect()), quoted(c.Table))
		if err := d.Read().QueryRow(ctx, query).Scan(&out[i].Values, &out[i].Bytes); err != nil {
			return nil, fmt.Errorf("%s.%s: %w", c.Table, c.Name, err)
		}
	}
	return out, nil
}

// typed is a column with the type that it is declared with.
type typed struct {
	Column
	typ string
}

func listColumns(ctx context.Context, d *db.DB) ([]typed, error) {
	query := `SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND lower(c.type) IN ('text', 'blob') ORDER BY 1, c.cid`
	if d.Dialect() == db.Postgres {
		query = `SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
			WHERE table_schema = ANY (current_schemas(false)) AND data_type IN ('text', 'json', 'jsonb', 'bytea')
			ORDER BY 1, ordinal_position`
	}
	rows, err := d.Read().Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []typed
	for rows.Next() {
		var c typed
		if err := rows.Scan(&c.Table, &c.Name, &c.typ); err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, rows.Err()
}

// length is the SQL for a value's length in bytes.
func (c typed) length(dialect db.Dialect) string {
	switch {
	case dialect == db.SQLite:
		return "length(CAST(" + quoted(c.Name) + " AS BLOB))"
	case c.typ == "bytea":
		return "octet_length(" + quoted(c.Name) + ")"
	}
	return "octet_length(" + quoted(c.Name) + "::text)"
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }
