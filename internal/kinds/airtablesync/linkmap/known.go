package linkmap

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Known is what the link map knows about one source row.
type Known struct {
	Target  airtable.RecordID // "": none yet
	Created bool              // the target row was made by this sync
	Hash    string            // of the cells last written; "": unknown or incomplete
	Answer  string            // hash of what Airtable answered to that write
	Swept   string            // the sweep that last saw the source row
	// Listed is the listing that last saw the target row, with the hashes of
	// its cells: ListedHash comparable with Hash, ListedAnswer with Answer.
	Listed       string
	ListedHash   string
	ListedAnswer string
}
