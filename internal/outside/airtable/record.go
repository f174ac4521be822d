package airtable

import (
	"encoding/json"
	"time"
)

// MaxBatch is how many records one write or delete may have.
const MaxBatch = 10

// MaxPageSize is how many records one page of a listing may have.
const MaxPageSize = 100

// Record is one row. A cell is the JSON that Airtable sent; an empty cell is absent.
type Record struct {
	ID          RecordID                   `json:"id"`
	CreatedTime string                     `json:"createdTime,omitempty"`
	Fields      map[string]json.RawMessage `json:"fields"`
}

// Response is what every response has beside its body.
type Response struct {
	// ServerDate is Airtable's own clock (the Date header, in whole seconds),
	// the only source of marks. It is zero when the header is missing.
	ServerDate time.Time `json:"-"`
}

// ListParams selects what List returns. The zero value lists all records in pages
// of 100.
type ListParams struct {
	PageSize              int    // 1–100; 0 means 100
	MaxRecords            int    // of all pages together; 0 means all
	Offset                string // of the page before; "" is the start
	View                  string // name or id
	FilterByFormula       string
	Fields                []string // names or ids; nil means all
	Sort                  []Sort
	ReturnFieldsByFieldID bool
	// Post forces POST listRecords. Without it the client uses that form only
	// when the address would be too long.
	Post bool
}

// Sort orders a listing by one field.
type Sort struct {
	Field     string `json:"field"`
	Direction string `json:"direction,omitempty"` // asc (default) or desc
}

// Page is one page of a listing. Offset is "" on the last page. A full page may
// be the last one.
type Page struct {
	Response
	Records []Record
	Offset  string
}

// RecordWrite is a record to create (without an ID) or to change. A null cell clears.
type RecordWrite struct {
	ID     RecordID                   `json:"id,omitempty"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// WriteRequest is what Create, Update and Replace send: 1–10 records, of which
// Airtable writes all or none.
type WriteRequest struct {
	Records               []RecordWrite `json:"records"`
	Typecast              bool          `json:"typecast,omitempty"`
	ReturnFieldsByFieldID bool          `json:"returnFieldsByFieldId,omitempty"`
}

// WriteResult has the whole records in the order of the request.
type WriteResult struct {
	Response
	Records []Record `json:"records"`
}

// UpsertRequest is what Upsert sends: 1–10 records, which are matched by the
// fields in MergeOn (1–3 names or ids). A record with an ID is a plain update. Two
// records of one request must not have the same key.
type UpsertRequest struct {
	Records               []RecordWrite
	MergeOn               []string
	Typecast              bool
	ReturnFieldsByFieldID bool
	Replace               bool // PUT: writable fields that are not named are cleared
}

// UpsertResult has the whole records in the order of the request, and says which
// of them were created and which were updated.
type UpsertResult struct {
	Response
	Records []Record   `json:"records"`
	Created []RecordID `json:"createdRecords"`
	Updated []RecordID `json:"updatedRecords"`
}

// DeleteResult names the records that the call deleted.
type DeleteResult struct {
	Response
	Deleted []RecordID
}
