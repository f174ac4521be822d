package relational

import (
	"context"
	"embed"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// statements are the SQL that both drivers share.
type statements struct {
	head, position                                                        string
	readStream, readAll, readCategories, readOneStream, readStreams       string
	listCategories, addCategory, listTypes, addType, listActors, addActor string
	findLabels, readLabels, addLabels                                     string
}

// openTables brings the tables up to date and loads the statements.
func openTables(ctx context.Context, d *db.DB) (*statements, error) {
	if err := d.Migrate(ctx, "eventstore", files); err != nil {
		return nil, err
	}
	s := &statements{}
	return s, d.Statements(files, map[string]*string{
		"head": &s.head, "position": &s.position,
		"read_stream": &s.readStream, "read_all": &s.readAll, "read_categories": &s.readCategories,
		"read_one_stream": &s.readOneStream, "read_streams": &s.readStreams,
		"list_categories": &s.listCategories, "add_category": &s.addCategory,
		"list_types": &s.listTypes, "add_type": &s.addType,
		"list_actors": &s.listActors, "add_actor": &s.addActor,
		"find_labels": &s.findLabels, "read_labels": &s.readLabels, "add_labels": &s.addLabels,
	})
}

// collect reads all rows of a query.
func collect[T any](ctx context.Context, q db.Querier, sql string, scan func(db.Rows, *T) error, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		var one T
		if err := scan(rows, &one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
