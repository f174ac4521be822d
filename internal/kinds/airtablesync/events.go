package airtablesync

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Types of the domain events that a sync records. They name tables and fields
// and count rows; they never hold a cell.
const (
	EventTableCreated   = "airtable_sync.table_created"
	EventFieldCreated   = "airtable_sync.field_created"
	EventFieldRenamed   = "airtable_sync.field_renamed"
	EventDeletesHeld    = "airtable_sync.deletes_held"
	EventRecordsDeleted = "airtable_sync.records_deleted"
	EventRunCompleted   = "airtable_sync.run_completed"
)

// TableCreated says that a target table was created or, after a lost answer,
// found.
type TableCreated struct {
	Base  airtable.BaseID  `json:"base"`
	Table airtable.TableID `json:"table"`
	Name  string           `json:"name"`
}

// FieldCreated says that a target field was created or, after a lost answer,
// found. Inverse is the field that Airtable has added on the other side of a
// link.
type FieldCreated struct {
	Base    airtable.BaseID    `json:"base"`
	Table   airtable.TableID   `json:"table"`
	Field   airtable.FieldID   `json:"field"`
	Name    string             `json:"name"`
	Type    airtable.FieldType `json:"field_type"`
	Inverse airtable.FieldID   `json:"inverse,omitempty"`
}

// FieldRenamed says that an inverse link field got the name that it has in the
// source.
type FieldRenamed struct {
	Base  airtable.BaseID  `json:"base"`
	Table airtable.TableID `json:"table"`
	Field airtable.FieldID `json:"field"`
	Name  string           `json:"name"`
}

// DeletesHeld says that more rows have disappeared from a source table than a
// run deletes without being told to.
type DeletesHeld struct {
	Base    airtable.BaseID  `json:"base"`
	Table   airtable.TableID `json:"table"`
	Name    string           `json:"name"`
	Missing int64            `json:"missing"`
	Rows    int64            `json:"rows"`
}

// RecordsDeleted counts target rows that were deleted because their source rows
// are gone.
type RecordsDeleted struct {
	Base  airtable.BaseID  `json:"base"`
	Table airtable.TableID `json:"table"`
	Count int              `json:"count"`
}

// RunCompleted ends a run; Summary is its result.
type RunCompleted struct {
	Summary Summary `json:"summary"`
}
