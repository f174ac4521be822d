package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Sync is the part of a configuration that decides what goes where.
type Sync struct {
	// Every source base is synced into every target base.
	Sources []SyncedBase
	Targets []SyncedBase
	Rules   []Rule
	// ExternalIDField is the name of the field that holds base/record of the
	// source row in every target table.
	ExternalIDField string
	// Memory is what earlier runs of the workflow have bound.
	Memory Memory
}

// SyncedBase is one base of a sync.
type SyncedBase struct {
	Base   airtable.BaseID
	Tables []string // names or IDs; nil means all
}

// Rule sends a source table to a target table, in every pair of bases that has
// both.
type Rule struct {
	SourceTable string // a name or an ID
	TargetTable string
	// FieldMapping maps source fields to target fields, by name or ID. Nil
	// means all writable fields, under their own names.
	FieldMapping map[string]string
}

// Fault is one reason why a sync cannot begin, found by comparing its
// configuration with the schemas.
type Fault struct {
	Code    string `json:"code"`
	Pointer string `json:"pointer"` // into the configuration
	Base    string `json:"base,omitempty"`
	Table   string `json:"table,omitempty"`
	Field   string `json:"field,omitempty"`
	Detail  string `json:"detail"`
}
