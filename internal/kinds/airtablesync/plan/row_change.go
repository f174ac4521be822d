package plan

import (
	"bytes"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// RowChange is one target row to be written. It holds cells and therefore
// lives in blobs only, never in a journal or an event.
type RowChange struct {
	Source airtable.RecordID `json:"source"`
	// Target is the ID of the row, unless it is unknown or was found missing.
	Target airtable.RecordID `json:"target,omitempty"`
	// New says that no target row was known when the change was planned.
	New bool `json:"new,omitempty"`
	// Blank says that there cannot be one: empty cells need not be cleared.
	Blank bool `json:"blank,omitempty"`
	// KeepFiles says that the target row already has the attachments. Writing
	// them again would make Airtable fetch them again.
	KeepFiles bool                                     `json:"keep_files,omitempty"`
	Cells     map[airtable.FieldID]json.RawMessage     `json:"cells"`
	Links     map[airtable.FieldID][]airtable.RecordID `json:"links,omitempty"` // IDs of source rows
	Hash      string                                   `json:"hash"`
}

// Comparison is what came of comparing a page of source rows with the target.
type Comparison struct {
	Changes   []RowChange
	Unchanged int
	// Listed counts the rows that this run's listing has found in the target.
	Listed int
	// SkippedLinks counts the links that lead out of the sync.
	SkippedLinks int
	// Losses are those links of the rows that must be written.
	Losses []Loss
}

// Compare returns the rows of a source page that must be written. sweep names
// this run's reading of the source and is never empty; listing names its listing
// of the target and is empty if the target was not listed. Edits can move a row
// from one page to another: a row that this sweep has met before is passed over.
func Compare(p Pair, rows []airtable.Record, known map[airtable.RecordID]Known, sweep, listing string) Comparison {
	var c Comparison
	met := map[airtable.RecordID]bool{}
	for _, row := range rows {
		k, noted := known[row.ID]
		if k.Swept == sweep || met[row.ID] {
			continue
		}
		met[row.ID] = true
		if listing != "" && k.Listed == listing {
			c.Listed++
		}
		skipped := skippedOf(p, row)
		for _, loss := range skipped {
			c.SkippedLinks += loss.Links
		}
		change := desired(p, row)
		if !mustWrite(change, k, listing) {
			c.Unchanged++
			continue
		}
		missing := listing != "" && k.Listed != listing
		change.New = k.Target == "" || missing
		change.Blank = !noted || missing
		if !missing {
			change.Target = k.Target
		}
		change.KeepFiles = keepsFiles(change, k, listing)
		c.Changes = append(c.Changes, change)
		c.Losses = append(c.Losses, skipped...)
	}
	return c
}

// desired returns what the target row of a source row must become.
func desired(p Pair, row airtable.Record) RowChange {
	change := RowChange{Source: row.ID, Cells: map[airtable.FieldID]json.RawMessage{}}
	sum := newCellSum()
	for _, f := range p.Fields {
		read := row.Fields[string(f.Source)]
		cell := airtable.ForWrite(f.Target.Type, read)
		if f.AsText {
			cell = textCell(read)
			read = cell
		}
		change.Cells[f.Target.ID] = cell
		sum.add(f.Target, airtable.Canonical(f.Target, read))
	}
	for _, l := range p.Links {
		ids := airtable.Links(row.Fields[string(l.Source)])
		if len(ids) > 0 {
			if change.Links == nil {
				change.Links = map[airtable.FieldID][]airtable.RecordID{}
			}
			change.Links[l.Target] = ids
		}
		sum.addLinks(l.Target, ids)
	}
	change.Hash = sum.hash()
	return change
}

// textCell renders a computed cell as the text that is written for it.
func textCell(cell json.RawMessage) json.RawMessage {
	text := airtable.Text(cell)
	if text == "" {
		return json.RawMessage("null")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return bytes.TrimSpace(b.Bytes())
}

// mustWrite decides whether a row costs a write.
func mustWrite(c RowChange, k Known, listing string) bool {
	if listing == "" {
		return k.Target == "" || k.Hash != c.Hash
	}
	if k.Listed != listing {
		return true // the target has no such row
	}
	same := k.ListedHash == c.Hash
	// Airtable may alter a cell that it is given (rich text, rounding). The row
	// is still unchanged if it is what Airtable made of exactly these cells.
	untouched := k.Hash == c.Hash && k.Response != "" && k.ListedResponse == k.Response
	return !same && !untouched
}

// keepsFiles reports whether a row that must be written already has its
// attachments.
func keepsFiles(c RowChange, k Known, listing string) bool {
	want := filesOf(c.Hash)
	if c.Target == "" || want == "" {
		return false
	}
	if listing == "" {
		return filesOf(k.Hash) == want
	}
	return filesOf(k.ListedHash) == want ||
		filesOf(k.Hash) == want && filesOf(k.Response) == filesOf(k.ListedResponse)
}
