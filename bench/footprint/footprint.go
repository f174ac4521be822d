// Package footprint measures how many bytes a database takes: in total, by table
// and index, and by the columns that hold text.
package footprint

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Relation is a table or one of its indexes.
type Relation struct {
	Table string
	Index string // empty: the table itself
	Bytes int64
}

// Relations lists every table and index of the database; on PostgreSQL, those in
// the connection's schemas. On SQLite the size is that of the pages, including
// those in the write-ahead log. On PostgreSQL it is that of the files, and a
// table's out-of-line values count as its own.
func Relations(ctx context.Context, d *db.DB) ([]Relation, error) {
	query := `SELECT m.tbl_name, CASE m.type WHEN 'index' THEN m.name ELSE '' END, s.pgsize
		FROM dbstat s JOIN sqlite_schema m ON m.name = s.name WHERE s.aggregate = TRUE`
	if d.Dialect() == db.Postgres {
		query = `SELECT t.relname, '', pg_table_size(t.oid)
			FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace
			WHERE t.relkind IN ('r', 'm') AND s.nspname = ANY (current_schemas(false))
			UNION ALL SELECT t.relname, i.relname, pg_relation_size(i.oid)
			FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace
			JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
			WHERE t.relkind IN ('r', 'm') AND s.nspname = ANY (current_schemas(false))`
	}
	rows, err := d.Read().Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []Relation
	for rows.Next() {
		var r Relation
		if err := rows.Scan(&r.Table, &r.Index, &r.Bytes); err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// Total is how many bytes all tables and indexes take.
func Total(ctx context.Context, d *db.DB) (total int64, err error) {
	if d.Dialect() == db.SQLite { // dbstat reads every page; this does not
		return total, d.Read().QueryRow(ctx, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()").Scan(&total)
	}
	all, err := Relations(ctx, d)
	for _, r := range all {
		total += r.Bytes
	}
	return total, err
}
