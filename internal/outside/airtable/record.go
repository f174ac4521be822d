package airtable

import (
	"encoding/json"
	"time"
)

// MaxBatch is how many records one write or delete may carry.
const MaxBatch = 10

// MaxPageSize is how many records one page of a listing may hold.
const MaxPageSize = 100

// Record is one row. A cell stays the JSON it was; an empty cell is absent.
type Record struct {
	ID          RecordID                   `json:"id"`
	CreatedTime string                     `json:"createdTime,omitempty"`
	Fields      map[string]json.RawMessage `json:"fields"`
}

// Answer is what every answer carries beside its body.
type Answer struct {
	// ServerDate is Airtable's own clock (the Date header, whole seconds):
	// the only source of marks. Zero when the header was missing.
	ServerDate time.Time `json:"-"`
}

// ListParams selects what List returns. The zero value lists all records in
// pages of 100.
type ListParams struct {
	PageSize              int    // 1–100; 0 means 100
	MaxRecords            int    // over all pages; 0 means all
	Offset                string // from the page before; "" is the start
	View                  string // name or id
	FilterByFormula       string
	Fields                []string // names or ids; nil means all
	Sort                  []Sort
	ReturnFieldsByFieldID bool
	// Post forces POST listRecords. Without it the client uses that form
	// only when the URL would become too long.
	Post bool
}

// Sort orders a listing by one field.
type Sort struct {
	Field     string `json:"field"`
	Direction string `json:"direction,omitempty"` // asc (default) or desc
}

// Page is one page of a listing. Offset is "" on the last page: a full page
// says nothing about whether another follows.
type Page struct {
	Answer
	Records []Record
	Offset  string
}

// RecordWrite is a record to be created (no ID) or changed. A null cell clears.
type RecordWrite struct {
	ID     RecordID                   `json:"id,omitempty"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// WriteRequest is what Create, Update and Replace send: 1–10 records, all or
// nothing at Airtable.
type WriteRequest struct {
	Records               []RecordWrite `json:"records"`
	Typecast              bool          `json:"typecast,omitempty"`
	ReturnFieldsByFieldID bool          `json:"returnFieldsByFieldId,omitempty"`
}

// WriteResult holds the whole records in the order of the request.
type WriteResult struct {
	Answer
	Records []Record `json:"records"`
}

// UpsertRequest is what Upsert sends: 1–10 records that are matched by the
// fields of MergeOn (1–3 names or ids). A record with an ID is a plain update.
// Two records of one request must not share a key.
type UpsertRequest struct {
	Records               []RecordWrite
	MergeOn               []string
	Typecast              bool
	ReturnFieldsByFieldID bool
	Replace               bool // PUT: writable fields not named are cleared
}

// UpsertResult holds the whole records in the order of the request, and which
// of them were created and which updated.
type UpsertResult struct {
	Answer
	Records []Record   `json:"records"`
	Created []RecordID `json:"createdRecords"`
	Updated []RecordID `json:"updatedRecords"`
}

// DeleteResult names the records that this call deleted.
type DeleteResult struct {
	Answer
	Deleted []RecordID
}
