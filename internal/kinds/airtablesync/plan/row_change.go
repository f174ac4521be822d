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
	// Keep are attachment fields that the target row already has as they should be.
	// Writing them would make Airtable fetch the files again.
	Keep  []airtable.FieldID                       `json:"keep,omitempty"`
	Cells map[airtable.FieldID]json.RawMessage     `json:"cells"`
	Links map[airtable.FieldID][]airtable.RecordID `json:"links,omitempty"` // IDs of source rows
	// LinkedBy are source rows that link to this one, by the key of their pair.
	LinkedBy map[string][]airtable.RecordID `json:"linked_by,omitempty"`
	Hashes   CellHashes                     `json:"hashes"`
	Losses   int                            `json:"losses,omitempty"` // of earlier writes of these cells
	// Gone says that the write itself has found Target missing, and makes it again.
	Gone bool `json:"-"`
}

// Comparison is what came of comparing a page of source rows with the target.
type Comparison struct {
	Changes   []RowChange
	Unchanged int
	// Swept are all rows of the page, to be noted.
	Swept []Swept
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
		if k.Swept == sweep && !k.Owed || met[row.ID] {
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
		change, view := desired(p, row), viewOf(p, row, k, listing)
		if !view.mustWrite() {
			c.Unchanged++
			c.Swept = append(c.Swept, view.settled(row.ID))
			continue
		}
		change.address(view, noted)
		c.Swept = append(c.Swept, Swept{Source: row.ID, Intended: change.New && k.Target != ""})
		c.Changes = append(c.Changes, change)
		c.Losses = append(c.Losses, skipped...)
	}
	return c
}

// address says which row is written, and which of its cells need not be.
func (c *RowChange) address(v view, noted bool) {
	missing := v.listing && !v.listed
	c.New = v.known.Target == "" || missing
	c.Blank = !noted || missing
	if missing {
		return
	}
	if c.Target = v.known.Target; c.Target != "" {
		c.Keep = v.keptFiles()
	}
	if v.left.known() && !v.sourceChanged() {
		c.Losses = v.known.Losses
	}
}

// desired returns what the target row of a source row must become.
func desired(p Pair, row airtable.Record) RowChange {
	change := RowChange{Source: row.ID, Cells: map[airtable.FieldID]json.RawMessage{}}
	for _, f := range p.Fields {
		cell := f.read(row)
		if !f.AsText {
			cell = airtable.ForWrite(f.Target.Type, cell)
		}
		change.Cells[f.Target.ID] = cell
	}
	for _, l := range p.Links {
		if ids := airtable.Links(row.Fields[string(l.Source)]); len(ids) > 0 {
			if change.Links == nil {
				change.Links = map[airtable.FieldID][]airtable.RecordID{}
			}
			change.Links[l.Target] = ids
		}
	}
	for _, l := range p.Inverse {
		if ids := airtable.Links(row.Fields[string(l.Source)]); len(ids) > 0 {
			if change.LinkedBy == nil {
				change.LinkedBy = map[string][]airtable.RecordID{}
			}
			change.LinkedBy[l.To] = append(change.LinkedBy[l.To], ids...)
		}
	}
	change.Hashes = sourceHashes(p, row, airtable.CurrentForm).pack()
	return change
}

// read returns the cell of a source row; of a computed field, the text that is
// written for it.
func (f FieldPair) read(row airtable.Record) json.RawMessage {
	if f.AsText {
		return textCell(row.Fields[string(f.Source)])
	}
	return row.Fields[string(f.Source)]
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
