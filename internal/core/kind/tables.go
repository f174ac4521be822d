package kind

import (
	"context"
	"io/fs"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Tables are a kind's own tables: working state that is not derived from events.
// Their names begin with the kind's, and their keys with the workspace's integer.
type Tables struct {
	// Files holds the folders migrations and sql, as package db reads them. Nil:
	// the kind has no tables.
	Files fs.FS
	// Statements are filled in with the texts of the statements.
	Statements map[string]*string
	// Archive removes the rows of a workflow that was archived. Nil: there are
	// none.
	Archive func(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error
}

// open brings the tables up to date and reads their statements.
func (t Tables) open(ctx context.Context, d *db.DB, kind string) error {
	if t.Files == nil {
		return nil
	}
	if err := d.Migrate(ctx, "kind_"+kind, t.Files); err != nil {
		return err
	}
	return d.Statements(t.Files, t.Statements)
}
