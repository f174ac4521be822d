package airtablesync

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// events are the domain events that a sync records. They name tables and fields
// and count rows; they never hold a cell.
type events struct {
	tableCreated   kind.Recorder[TableCreated]
	fieldCreated   kind.Recorder[FieldCreated]
	fieldRenamed   kind.Recorder[FieldRenamed]
	deletesHeld    kind.Recorder[DeletesHeld]
	recordsDeleted kind.Recorder[RecordsDeleted]
}

func declareEvents(k *kind.Kind) events {
	return events{
		tableCreated:   kind.Event[TableCreated](k, "table_created", 1),
		fieldCreated:   kind.Event[FieldCreated](k, "field_created", 1),
		fieldRenamed:   kind.Event[FieldRenamed](k, "field_renamed", 1),
		deletesHeld:    kind.Event[DeletesHeld](k, "deletes_held", 1),
		recordsDeleted: kind.Event[RecordsDeleted](k, "records_deleted", 1),
	}
}

// TableCreated says that a target table was created or, after a lost response,
// found.
type TableCreated struct {
	Base  airtable.BaseID  `json:"base"`
	Table airtable.TableID `json:"table"`
	Name  string           `json:"name"`
}

// FieldCreated says that a target field was created or, after a lost response,
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
