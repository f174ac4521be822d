package airtable

import "encoding/json"

// Canonical returns the form in which cells of field f are compared: equal
// cells have equal bytes. An empty cell (absent, null, "", false, [], an
// empty rich text) returns nil. Cells of unknown types compare as JSON values.
func Canonical(f Field, cell json.RawMessage) json.RawMessage { panic("soon") }

// ForWrite turns a cell as it is read into what the API takes when written to
// a field of type t; an empty cell becomes null, which clears.
func ForWrite(t FieldType, cell json.RawMessage) json.RawMessage { panic("soon") }

// Text renders a cell of any type as plain text: what a computed source
// becomes in a text field.
func Text(cell json.RawMessage) string { panic("soon") }

// Links returns the record ids of a link cell, in order.
func Links(cell json.RawMessage) []RecordID { panic("soon") }

// LinkCell returns the link cell that holds ids, in order; null for none.
func LinkCell(ids []RecordID) json.RawMessage { panic("soon") }
