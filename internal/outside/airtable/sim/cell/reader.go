package cell

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Context is what reading a cell needs beyond its field: links and attachments name things that must exist, and
// typecast makes choices and records on the way.
type Context interface {
	// AddChoice gives a select field another choice.
	AddChoice(f *schema.Field, name string)
	// HasLinked reports whether the table that a link points to has a record with this id.
	HasLinked(link *schema.Field, id string) bool
	// LinkTitled returns the id of the first record with this title in the table that a link points to. If there is
	// none it makes one, which can be refused.
	LinkTitled(link *schema.Field, title string) (string, *wire.Error)
	// Attachment finds an attachment that any record has in this field.
	Attachment(f *schema.Field, id string) (Attachment, bool)
	// Unreachable reports whether a url is known to lead to no file. Its attachment is dropped, and the answer to the
	// call says so.
	Unreachable(url string) bool
}

// Reader turns the JSON of written cells into what is stored, or says why it cannot.
type Reader struct {
	Context Context
	// Typecast takes texts for most things and makes the choices and records that they name.
	Typecast bool
	Quirks   quirk.Set
}

// errCell refuses JSON of the wrong type for the field.
func errCell(f *schema.Field) *wire.Error {
	return wire.Invalid("INVALID_VALUE_FOR_COLUMN", "Field %s cannot accept the provided value", wire.Quote(f.Name))
}

// errUnparsable refuses a text that the field cannot read.
func errUnparsable(f *schema.Field, value string) *wire.Error {
	return wire.Invalid("INVALID_VALUE_FOR_COLUMN", "Cannot parse value %s for field %s", wire.Quote(value), f.Name)
}

// ErrComputed refuses to write a computed field.
func ErrComputed(f *schema.Field) *wire.Error {
	return wire.Invalid("INVALID_VALUE_FOR_COLUMN", "Field %s cannot accept a value because the field is computed", wire.Quote(f.Name))
}

// text reads a JSON string; with typecast a number or a boolean becomes one.
func (r Reader) text(f *schema.Field, raw json.RawMessage) (string, *wire.Error) {
	if text, ok := wire.String(raw); ok {
		return text, nil
	}
	if r.Typecast && raw[0] != '{' && raw[0] != '[' {
		return string(raw), nil
	}
	return "", errCell(f)
}
