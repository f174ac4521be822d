package vault

import (
	"context"
	"embed"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// statements are the SQL of this package.
type statements struct {
	readMaster, writeMaster                  string
	newestDataKey, readDataKey, writeDataKey string
	readSecret, writeSecret, replaceSecret   string
}

// openTables brings the tables up to date and loads the statements.
func openTables(ctx context.Context, d *db.DB) (*statements, error) {
	if err := d.Migrate(ctx, "secret", files); err != nil {
		return nil, err
	}
	s := &statements{}
	return s, d.Statements(files, map[string]*string{
		"read_master": &s.readMaster, "write_master": &s.writeMaster,
		"newest_data_key": &s.newestDataKey, "read_data_key": &s.readDataKey, "write_data_key": &s.writeDataKey,
		"read_secret": &s.readSecret, "write_secret": &s.writeSecret, "replace_secret": &s.replaceSecret,
	})
}
