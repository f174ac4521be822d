package cell

import (
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func errNotLinks() *wire.Error {
	return wire.Invalid("INVALID_VALUE_FOR_COLUMN", "Value is not an array of record IDs.")
}

// links reads an array of record ids of the linked table. With typecast a text that is not an id stands for the
// record with that title, which is made if there is none.
func (r Reader) links(f *schema.Field, raw json.RawMessage) (Value, *wire.Error) {
	names, ok := r.textList(raw)
	if !ok {
		return nil, errNotLinks()
	}
	var ids []string
	for _, name := range names {
		id, err := r.link(f, name)
		if err != nil {
			return nil, err
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, nil
	}
	return ids, nil
}

// link is the id of one linked record, or "" for an empty name.
func (r Reader) link(f *schema.Field, name string) (string, *wire.Error) {
	switch {
	case wire.IsID(name, "rec"):
		switch known := r.Context.HasLinked(f, name); {
		case known:
			return name, nil
		case r.Typecast && r.Quirks.JunkLinks:
			return r.Context.LinkTitled(f, name)
		}
		return "", wire.RowDoesNotExist(name)
	case !r.Typecast:
		return "", errNotLinks()
	case name == "":
		return "", nil
	}
	return r.Context.LinkTitled(f, name)
}
