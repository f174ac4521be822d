package airtable

import "encoding/json"

// Base is the schema of a base: all its tables with their fields.
type Base struct {
	Response
	ID     BaseID  `json:"id"`
	Name   string  `json:"name,omitempty"`
	Tables []Table `json:"tables"`
}

// Table is one table of a schema.
type Table struct {
	ID             TableID `json:"id"`
	Name           string  `json:"name"`
	Description    string  `json:"description,omitempty"`
	PrimaryFieldID FieldID `json:"primaryFieldId"`
	Fields         []Field `json:"fields"`
	Views          []View  `json:"views,omitempty"`
}

// Field is one field of a table. Options is the JSON that Airtable sent.
type Field struct {
	ID          FieldID         `json:"id"`
	Name        string          `json:"name"`
	Type        FieldType       `json:"type"`
	Description string          `json:"description,omitempty"`
	Options     json.RawMessage `json:"options,omitempty"`
}

// View is one view of a table.
type View struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// NewBase describes a base to create. ID is an extension of our simulator; leave
// it empty for Airtable.
type NewBase struct {
	ID          BaseID      `json:"id,omitempty"`
	Name        string      `json:"name"`
	WorkspaceID WorkspaceID `json:"workspaceId"`
	Tables      []NewTable  `json:"tables"`
}

// NewTable describes a table to create; its first field is the primary one.
type NewTable struct {
	Name        string     `json:"name"`
	Description string     `json:"description,omitempty"`
	Fields      []NewField `json:"fields"`
}

// NewField describes a field to create. Options come from CreateOptions.
type NewField struct {
	Name        string          `json:"name"`
	Type        FieldType       `json:"type"`
	Description string          `json:"description,omitempty"`
	Options     json.RawMessage `json:"options,omitempty"`
}

// TablePatch changes a table. What is nil stays as it is.
type TablePatch struct {
	Name        *string `json:"name,omitempty"`
	Description *string `json:"description,omitempty"`
}

// FieldPatch changes a field. What is nil stays as it is. Airtable accepts Options
// for formula fields only.
type FieldPatch struct {
	Name        *string         `json:"name,omitempty"`
	Description *string         `json:"description,omitempty"`
	Options     json.RawMessage `json:"options,omitempty"`
}

// User is the owner of a token. Scopes are known for OAuth tokens only.
type User struct {
	ID     string   `json:"id"`
	Email  string   `json:"email,omitempty"`
	Scopes []string `json:"scopes,omitempty"`
}

// Table returns the table with that id or, failing that, that exact name.
func (b *Base) Table(idOrName string) (*Table, bool) {
	for i := range b.Tables {
		if string(b.Tables[i].ID) == idOrName {
			return &b.Tables[i], true
		}
	}
	for i := range b.Tables {
		if b.Tables[i].Name == idOrName {
			return &b.Tables[i], true
		}
	}
	return nil, false
}

// Field returns the field with that id or, failing that, that exact name.
func (t *Table) Field(idOrName string) (*Field, bool) {
	for i := range t.Fields {
		if string(t.Fields[i].ID) == idOrName {
			return &t.Fields[i], true
		}
	}
	for i := range t.Fields {
		if t.Fields[i].Name == idOrName {
			return &t.Fields[i], true
		}
	}
	return nil, false
}

// Primary returns the table's primary field, or nil if the schema has none.
func (t *Table) Primary() *Field {
	f, _ := t.Field(string(t.PrimaryFieldID))
	return f
}
