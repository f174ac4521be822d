package plan

import "github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"

// Known is what the link map knows about the pair of one source row.
type Known struct {
	Target airtable.RecordID // "": none yet
	Made   bool              // this sync has made the target row, or is to make it
	// Left are the source cells that were last brought over, Right what the target
	// made of them: usually the same, but Airtable may alter a cell. Nil: unknown.
	Left, Right CellHashes
	Owed        bool   // the target lacks something that was not noticed in its cells
	Losses      int    // how often a write of these cells has lost some of them
	Swept       string // the sweep that last saw the source row
	// Listed is the listing that last saw the target row, with its cells; they are
	// nil if the row must be written whatever they are.
	Listed string
	Seen   CellHashes
}

// Ownership says whose a target row is.
type Ownership string

// Whose a target row can be.
const (
	AsBefore Ownership = ""       // nothing new is known
	Ours     Ownership = "ours"   // this sync has made it: it may delete it
	Theirs   Ownership = "theirs" // it was there
)

// Written is one target row as it stands after a write.
type Written struct {
	Source airtable.RecordID `json:"source"`
	Target airtable.RecordID `json:"target"`
	Whose  Ownership         `json:"whose,omitempty"`
	Left   CellHashes        `json:"left"`
	Right  CellHashes        `json:"right"`
	Losses int               `json:"losses,omitempty"`
	Owed   bool              `json:"owed,omitempty"` // the next run writes some of it again
}

// Listed is one target row as a listing found it.
type Listed struct {
	Source airtable.RecordID `json:"source"`
	Target airtable.RecordID `json:"target"`
	Seen   CellHashes        `json:"seen,omitempty"` // nil: it must be written whatever it holds
	// Right is what is known of the row in the current form, if that was in an older one.
	Right CellHashes `json:"right,omitempty"`
}

// Swept is one source row as a sweep saw it.
type Swept struct {
	Source airtable.RecordID `json:"source"`
	// Left are its cells, if the target turned out to have them already, or if
	// they were known in an older form.
	Left CellHashes `json:"left,omitempty"`
	// Intended says that the target row is gone and will be made again.
	Intended bool `json:"intended,omitempty"`
	// Agreed says that the target's cells, as they were listed, go with Left.
	Agreed bool `json:"agreed,omitempty"`
}

// Counterparts map rows to their counterparts on the other side of a pair, by
// the key of the pair.
type Counterparts map[string]map[airtable.RecordID]airtable.RecordID
