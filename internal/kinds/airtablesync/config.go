package airtablesync

import "github.com/pyairtable/pyairtable-workflows/internal/platform/secret"

// DefaultExternalIDField is the name of the text field in each target table
// that holds base/record of the source row.
const DefaultExternalIDField = "Source Record ID"

// Config is the public configuration of a sync.
type Config struct {
	SourceBases []BaseConfig `json:"source_bases" nonempty:"true" doc:"Bases that are read."`
	TargetBases []BaseConfig `json:"target_bases" nonempty:"true" doc:"Bases that are written. Every source base is synced into every target base."`
	SyncRules   []Rule       `json:"sync_rules,omitempty" doc:"Which table goes where. A listed table without a rule goes to the table of the same name."`
	// ConflictResolution is source_wins: what the source says is written, whatever
	// the target says.
	ConflictResolution string `json:"conflict_resolution,omitempty" default:"source_wins" enum:"source_wins" unavailable:"target_wins,merge,manual" doc:"What happens to a row that someone has changed in the target: the source wins."`
	RealTimeSync       bool   `json:"real_time_sync,omitempty" noEffect:"changes are read when the workflow is executed" doc:"Sync changes as they happen."`
	// BatchSize is how many rows one page of a listing holds.
	BatchSize       int    `json:"batch_size,omitempty" default:"100" minimum:"1" maximum:"100" doc:"Rows per page when reading. Writes always carry up to 10 rows, as Airtable demands."`
	ExternalIDField string `json:"external_id_field,omitempty" nonempty:"true" default:"Source Record ID" doc:"Text field of every target table that holds base/record of the source row. It is created where it is missing."`
}

// BaseConfig is one base with the credential that opens it.
type BaseConfig struct {
	BaseID string        `json:"base_id" nonempty:"true" pattern:"^app[^/ ?#]*$" patternDescription:"the ID in the base's URL, which begins with app" doc:"The ID in the base's URL."`
	APIKey secret.Secret `json:"api_key" doc:"A personal access token. It is stored as a secret and reads back as secret:sec_…."`
	Tables []string      `json:"tables,omitempty" minItems:"1" notBlank:"true" uniqueItems:"true" doc:"Names or IDs of tables. Leave it out for all tables."`
}

// Rule maps one source table to one target table in every pair of bases that
// has both.
type Rule struct {
	SourceTable  string            `json:"source_table" nonempty:"true" doc:"Name or ID of a source table."`
	TargetTable  string            `json:"target_table" nonempty:"true" doc:"Name or ID of a target table. It is created where it is missing."`
	FieldMapping map[string]string `json:"field_mapping,omitempty" minProperties:"1" notBlank:"true" keyNotBlank:"true" doc:"Source field to target field, by name or ID. Leave it out for all writable fields. A computed source field is written as text."`
}

// Input is what execute takes.
type Input struct {
	Mode Mode `json:"mode,omitempty" default:"auto" doc:"How much of the source is read: incremental is what has changed since the last completed run, auto is incremental once a full run has completed."`
	// AllowDeletes lets the run make deletes that the guard would hold. With mode
	// auto the run is then a full one, because no other deletes.
	AllowDeletes bool `json:"allow_deletes,omitempty" doc:"Delete also when suspiciously many rows have disappeared from the source."`
}

// Mode says how much of the source a run reads.
type Mode string

// The modes.
const (
	ModeAuto        Mode = "auto"        // incremental once a full run has completed
	ModeFull        Mode = "full"        // all of the source, and the target to repair drift
	ModeIncremental Mode = "incremental" // what changed since the last completed run
)

// Values lists the modes.
func (Mode) Values() []Mode { return []Mode{ModeAuto, ModeFull, ModeIncremental} }

// settled returns the input with the mode that it amounts to: only a full run can
// make the deletes that are allowed.
func (in Input) settled() Input {
	if in.AllowDeletes && in.Mode != ModeIncremental {
		in.Mode = ModeFull
	}
	return in
}
