package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Known is what the link map knows about one source row.
type Known struct {
	Target   airtable.RecordID // "": none yet
	Created  bool              // the target row was created by this sync
	Hash     string            // of the cells last written; "": unknown or incomplete
	Response string            // hash of what Airtable answered to that write
	Swept    string            // the sweep that last saw the source row
	// Listed is the listing that last saw the target row, with the hashes of
	// its cells: ListedHash compares with Hash, ListedResponse with Response.
	Listed         string
	ListedHash     string
	ListedResponse string
}

// Written is one target row as it stands after a write.
type Written struct {
	Source   airtable.RecordID
	Target   airtable.RecordID
	Hash     string // "": part of it is still missing
	Response string `json:"Answer"` // the name that journals have
}

// Listed is one target row as a listing found it.
type Listed struct {
	Source   airtable.RecordID
	Target   airtable.RecordID
	Hash     string // "": it must be written whatever it holds
	Response string `json:"Answer"` // the name that journals have
}

// Counterparts map rows to their counterparts on the other side of a pair, by
// the key of the pair.
type Counterparts map[string]map[airtable.RecordID]airtable.RecordID
