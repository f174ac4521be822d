package plan

import (
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Pass says which of the two passes over a table is writing.
type Pass string

const (
	// PassRows writes whole rows, with the links that can be followed already.
	PassRows Pass = "rows"
	// PassLinks writes only the links of rows that had to wait for other rows.
	PassLinks Pass = "links"
)

// OpenLinks counts the links of one row that a call could not write.
type OpenLinks struct {
	later int // the linked row may still be created in this run
	lost  int // it was not read in this run; the next one writes the row again
}

// BatchCounts counts what came of one batch.
type BatchCounts struct {
	Created int `json:"created"`
	Updated int `json:"updated"`
	// Later are the numbers of the rows whose links wait for rows that are
	// created later in the run.
	Later []int `json:"later,omitempty"`
	// Open counts links that only a later run can write.
	Open int `json:"open,omitempty"`
}

// LinkedSources lists the source rows that the changes link to, by the key of
// their pair.
func LinkedSources(p Pair, changes []RowChange) map[string][]airtable.RecordID {
	linked := map[string][]airtable.RecordID{}
	for _, l := range p.Links {
		for _, c := range changes {
			linked[l.To] = append(linked[l.To], c.Links[l.Target]...)
		}
	}
	return each(linked)
}

// each leaves every row in its list once.
func each(lists map[string][]airtable.RecordID) map[string][]airtable.RecordID {
	for key, ids := range lists {
		slices.Sort(ids)
		lists[key] = slices.Compact(ids)
	}
	return lists
}

// Upsert composes the one call that creates and updates these rows, and counts
// for each row the links that it cannot write yet. targets are the target rows
// of LinkedSources. Rows whose ID is known are addressed by it; the others are
// found by their external ID, so that repeating the call creates no duplicate.
func Upsert(p Pair, changes []RowChange, targets Counterparts, pass Pass) (airtable.UpsertRequest, []OpenLinks) {
	request := airtable.UpsertRequest{
		MergeOn:               []string{string(p.ExternalID)},
		Typecast:              true, // creates new choices of select fields
		ReturnFieldsByFieldID: true,
	}
	open := make([]OpenLinks, len(changes))
	for i, c := range changes {
		write := airtable.RecordWrite{ID: c.Target, Fields: map[string]json.RawMessage{}}
		write.Fields[string(p.ExternalID)] = quoted(p.ExternalIDOf(c.Source))
		if pass == PassRows {
			setCells(write, p, c)
		}
		for _, l := range p.Links {
			cell, missing := linkCell(c.Links[l.Target], targets[l.To])
			setCell(write, l.Target, cell, c.Blank && pass == PassRows)
			if l.Later && pass == PassRows {
				open[i].later += missing
			} else {
				open[i].lost += missing
			}
		}
		request.Records = append(request.Records, write)
	}
	return request, open
}

// setCells sets all cells but links. Attachments that the row already has are
// left out, unless the row must be found or created.
func setCells(w airtable.RecordWrite, p Pair, c RowChange) {
	for _, f := range p.Fields {
		if f.Target.Type != airtable.MultipleAttachments || !c.KeepFiles || c.Target == "" {
			setCell(w, f.Target.ID, c.Cells[f.Target.ID], c.Blank)
		}
	}
}

// setCell sets a cell; a blank row has no cells to clear.
func setCell(w airtable.RecordWrite, field airtable.FieldID, cell json.RawMessage, blank bool) {
	if !blank || string(cell) != "null" {
		w.Fields[string(field)] = cell
	}
}

// linkCell translates a link cell and counts the rows that do not exist yet.
func linkCell(sources []airtable.RecordID, targets map[airtable.RecordID]airtable.RecordID) (cell json.RawMessage, missing int) {
	ids := make([]airtable.RecordID, 0, len(sources))
	for _, s := range sources {
		if id := targets[s]; id != "" {
			ids = append(ids, id)
		}
	}
	return airtable.LinkCell(ids), len(sources) - len(ids)
}

func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // strings always encode
	return raw
}

// Outcome says what the link map must remember after a call, and counts it.
// written are the rows that Airtable answered, in the order of the changes. A
// row with open links keeps no hash, so that it is written again.
func Outcome(p Pair, changes []RowChange, open []OpenLinks, written []airtable.Record, pass Pass) ([]Written, BatchCounts) {
	var counts BatchCounts
	rows := make([]Written, len(changes))
	for i, c := range changes {
		rows[i] = Written{Source: c.Source, Target: written[i].ID}
		if open[i].later+open[i].lost == 0 {
			rows[i].Hash = c.Hash
			_, rows[i].Response = targetHashes(p, written[i], nil)
		}
		if open[i].later > 0 {
			counts.Later = append(counts.Later, i)
		}
		counts.Open += open[i].lost
		switch {
		case pass == PassLinks:
			// the row was counted when it was written
		case c.New:
			counts.Created++
		default:
			counts.Updated++
		}
	}
	return rows, counts
}
