package cell

import (
	"bytes"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Read returns the cell to store, nil for an empty one. An empty text, false, [] and null are all empty.
func (r Reader) Read(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	raw = bytes.TrimSpace(raw)
	if f.Type.Computed() {
		return nil, ErrComputed(f)
	}
	if len(raw) == 0 || string(raw) == "null" {
		return emptied(f), nil
	}
	switch f.Shape() {
	case schema.Line:
		return r.line(f, raw)
	case schema.Rich:
		return r.rich(f, raw)
	case schema.Number:
		return r.number(f, raw)
	case schema.Rating:
		return r.rating(f, raw)
	case schema.Checkbox:
		return r.checkbox(f, raw)
	case schema.Date, schema.DateTime:
		return r.date(f, raw)
	case schema.Select:
		return r.selectOne(f, raw)
	case schema.Selects:
		return r.selectMany(f, raw)
	case schema.Person:
		return r.person(f, raw)
	case schema.People:
		return r.people(f, raw)
	case schema.Links:
		return r.links(f, raw)
	case schema.Files:
		return r.files(f, raw)
	default:
		return r.barcode(f, raw)
	}
}

// emptied is what null leaves in a cell: nothing, except in rich text, which then reads as an empty line.
func emptied(f *schema.Field) Value {
	if f.Shape() == schema.Rich {
		return "\n"
	}
	return nil
}
