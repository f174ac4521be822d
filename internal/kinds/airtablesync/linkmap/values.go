package linkmap

import "github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"

// What the link map keeps of a pair of rows, in the words of the decisions that read and
// make it.
type (
	// Known is what the link map knows about the pair of one source row.
	Known = plan.Known
	// Swept is one source row as a sweep saw it.
	Swept = plan.Swept
	// Written is one target row as it stands after a write.
	Written = plan.Written
	// Listed is one target row as a listing found it.
	Listed = plan.Listed
)
