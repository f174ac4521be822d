package record

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// maxBatch is the largest number of records that one call may write or delete.
const maxBatch = 10

// Body is the body of a create, update, replace or upsert.
type Body struct {
	Records  json.RawMessage            `json:"records"`
	Fields   map[string]json.RawMessage `json:"fields"`
	Typecast bool                       `json:"typecast"`
	ByID     bool                       `json:"returnFieldsByFieldId"`
	Upsert   *struct {
		MergeOn []string `json:"fieldsToMergeOn"`
	} `json:"performUpsert"`
}

// Input is one record of a batch as it came.
type Input struct {
	ID     string                     `json:"id"`
	Fields map[string]json.RawMessage `json:"fields"`
}

func errCreateShape() *wire.Error {
	return wire.Invalid("INVALID_RECORDS", `You must provide an array of up to 10 record objects, each with a "fields" object for cell values.`)
}

func errCreateTooMany(n int) *wire.Error {
	return wire.Invalid("INVALID_RECORDS", "A maximum of 10 records can be created per request but you have provided %d.", n)
}

func errUpdateShape() *wire.Error {
	return wire.Invalid("INVALID_RECORDS",
		`You must provide an array of up to 10 record objects, each with an "id" ID field and a "fields" object for cell values.`)
}

func errDeleteIDs() *wire.Error {
	return wire.Invalid("INVALID_RECORDS", "You must provide an array of up to 10 record IDs.")
}

func errDeleteNoArray() *wire.Error {
	return wire.Invalid("INVALID_RECORDS", `"records" must be an array of up to 10 record IDs.`)
}

func errNoFields() *wire.Error {
	return wire.Invalid("INVALID_REQUEST_MISSING_FIELDS", `Could not find field "fields" in the request body`)
}

// ToCreate are the records to create: up to ten in Records, or one in Fields.
func (b Body) ToCreate() ([]Input, *wire.Error) {
	switch {
	case b.Records != nil:
		records, ok := b.inputs()
		switch {
		case !ok:
			return nil, errCreateShape()
		case len(records) > maxBatch:
			return nil, errCreateTooMany(len(records))
		}
		return records, checkFields(records, errCreateShape)
	case b.Fields != nil:
		return []Input{{Fields: b.Fields}}, nil
	}
	return nil, errNoFields()
}

// ToUpdate are the records to update or, without ids, to upsert.
func (b Body) ToUpdate() ([]Input, *wire.Error) {
	records, ok := b.inputs()
	if !ok || len(records) > maxBatch {
		return nil, errUpdateShape()
	}
	if err := checkFields(records, errUpdateShape); err != nil {
		return nil, err
	}
	for _, r := range records {
		if r.ID != "" && !wire.IsID(r.ID, "rec") || r.ID == "" && b.Upsert == nil {
			return nil, errUpdateShape()
		}
	}
	return records, nil
}

// ToUpdateOne are the cells to change in the one record that the path names.
func (b Body) ToUpdateOne() (map[string]json.RawMessage, *wire.Error) {
	if b.Fields == nil {
		return nil, errNoFields()
	}
	return b.Fields, nil
}

// inputs reads the batch. It returns false when it is not an array of one or more records.
func (b Body) inputs() ([]Input, bool) {
	var records []Input
	ok := bytes.HasPrefix(bytes.TrimSpace(b.Records), []byte("[")) && json.Unmarshal(b.Records, &records) == nil
	return records, ok && len(records) > 0
}

// checkFields refuses a record without fields.
func checkFields(records []Input, wrong func() *wire.Error) *wire.Error {
	if slices.ContainsFunc(records, func(r Input) bool { return r.Fields == nil }) {
		return wrong()
	}
	return nil
}

// ToDelete are the ids of the records to delete, from a query such as records[]=rec…&records[]=rec…. The form
// without brackets is not an array.
func ToDelete(query url.Values) ([]string, *wire.Error) {
	ids := query["records[]"]
	if ids == nil {
		ids = wire.Indexed(query, "records")
	}
	switch {
	case len(ids) == 0 && query.Has("records"):
		return nil, errDeleteNoArray()
	case len(ids) == 0 || len(ids) > maxBatch:
		return nil, errDeleteIDs()
	}
	if slices.ContainsFunc(ids, func(id string) bool { return !wire.IsID(id, "rec") }) {
		return nil, errDeleteIDs()
	}
	return ids, nil
}
