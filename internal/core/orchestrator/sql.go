package orchestrator

import (
	"context"
	"embed"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// statements are the SQL of the responses that are remembered.
type statements struct{ recallResponse, rememberResponse, forgetResponses string }

// openTables brings the tables up to date and loads the statements.
func openTables(ctx context.Context, d *db.DB) (*statements, error) {
	if err := d.Migrate(ctx, "orchestrator", files); err != nil {
		return nil, err
	}
	s := &statements{}
	return s, d.Statements(files, map[string]*string{
		"recall_answer": &s.recallResponse, "remember_answer": &s.rememberResponse, "forget_answers": &s.forgetResponses,
	})
}
