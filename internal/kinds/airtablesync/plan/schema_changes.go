package plan

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// SchemaChanges are what must be created in the targets before rows can be
// written, in an order in which each one is possible. They add what is missing;
// nothing that exists is altered or removed, except that a link field which
// Airtable has named by itself gets its name from the source.
type SchemaChanges []SchemaChange

// ChangeType says what a SchemaChange does.
type ChangeType string

// The types of changes.
const (
	CreateTable ChangeType = "create_table"
	CreateField ChangeType = "create_field"
	// RenameField gives an inverse link field, which Airtable names by itself,
	// the name that it has in the source.
	RenameField ChangeType = "rename_field"
)

// SchemaChange is one change of a target base. Repeating it adopts what the
// first attempt made.
type SchemaChange struct {
	Type   ChangeType          `json:"kind"`
	Base   airtable.BaseID     `json:"base"`
	Table  airtable.TableID    `json:"table,omitempty"`  // empty for create_table
	Name   string              `json:"name"`             // of the table
	Fields []airtable.NewField `json:"fields,omitempty"` // exactly one for create_field
	Field  airtable.FieldID    `json:"field,omitempty"`  // of rename_field
	Rename string              `json:"rename,omitempty"` // its new name
	// External says that the field is the one that holds the source row's ID.
	External bool `json:"external,omitempty"`
}

// Text says in words what the change does.
func (c SchemaChange) Text() string {
	switch c.Type {
	case CreateTable:
		return fmt.Sprintf("create table %q in target base %s", c.Name, c.Base)
	case CreateField:
		return fmt.Sprintf("create field %q in table %q of target base %s", c.Fields[0].Name, c.Name, c.Base)
	}
	return fmt.Sprintf("rename a field of table %q in target base %s to %q", c.Name, c.Base, c.Rename)
}
