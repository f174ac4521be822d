package db

import "embed"

//go:embed migrations/*.sql sql/*.sql
var ownFiles embed.FS

// ownSQL are the statements of this package.
type ownSQL struct {
	takeStore, knownOwner, checkEpoch          string
	readFormat, listColumns                    string
	createLedger, addMigration, listMigrations string
	findWorkspace, addWorkspace                string

	// For PostgreSQL alone.
	settings, setSetting, backend           string
	currentSchema, schemaExists, lockSchema string
}

func newOwnSQL(d Dialect) (*ownSQL, error) {
	s := &ownSQL{}
	declared := map[string]*string{
		"take_store": &s.takeStore, "known_owner": &s.knownOwner, "check_epoch": &s.checkEpoch,
		"read_format": &s.readFormat, "list_columns": &s.listColumns,
		"create_ledger": &s.createLedger, "add_migration": &s.addMigration, "list_migrations": &s.listMigrations,
		"find_workspace": &s.findWorkspace, "add_workspace": &s.addWorkspace,
	}
	if d == Postgres {
		declared["settings"], declared["set_setting"], declared["backend"] = &s.settings, &s.setSetting, &s.backend
		declared["current_schema"] = &s.currentSchema
		declared["schema_exists"], declared["lock_schema"] = &s.schemaExists, &s.lockSchema
	}
	return s, statements(d, ownFiles, declared)
}
