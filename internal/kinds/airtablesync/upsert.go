package airtablesync

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Targets finds the target rows of source rows, by the key of the pair.
type Targets map[string]map[airtable.RecordID]airtable.RecordID

// Passes of a table's writing.
const (
	// passRows writes whole rows, with the links that can be followed already.
	passRows = "rows"
	// passLinks writes only the links of rows that waited for other rows.
	passLinks = "links"
)

// openLinks counts the links of one row that could not be written.
type openLinks struct {
	later int // the linked row may be made later in this run
	lost  int // it was not read in this run; the next one writes the row again
}

// upsertOf builds the one call that creates and updates these rows, and counts
// for each row the links that cannot be followed yet. New rows are found by
// their external id, so that repeating the call makes no double; known ones are
// addressed by their own.
func (p Pair) upsertOf(changes []RowChange, targets Targets, pass string) (airtable.UpsertRequest, []openLinks) {
	request := airtable.UpsertRequest{
		MergeOn:               []string{string(p.ExternalID)},
		Typecast:              true, // new choices of selects
		ReturnFieldsByFieldID: true,
	}
	open := make([]openLinks, len(changes))
	for i, c := range changes {
		write := airtable.RecordWrite{ID: c.Target, Fields: map[string]json.RawMessage{}}
		write.Fields[string(p.ExternalID)] = quoted(p.ExternalIDOf(c.Source))
		if pass == passRows {
			for _, f := range p.Fields {
				if f.Target.Type != airtable.MultipleAttachments || !c.KeepFiles || c.Target == "" {
					setCell(write, f.Target.ID, c.Cells[f.Target.ID], c.Blank)
				}
			}
		}
		for _, l := range p.Links {
			cell, missing := l.cell(c.Links[l.Target], targets)
			setCell(write, l.Target, cell, c.Blank && pass == passRows)
			if l.Later && pass == passRows {
				open[i].later += missing
			} else {
				open[i].lost += missing
			}
		}
		request.Records = append(request.Records, write)
	}
	return request, open
}

// setCell leaves out the empty cells of a row that is not there yet.
func setCell(w airtable.RecordWrite, field airtable.FieldID, cell json.RawMessage, blank bool) {
	if !blank || string(cell) != "null" {
		w.Fields[string(field)] = cell
	}
}

// cell translates a link cell; rows that are not there yet are left out.
func (l LinkPair) cell(sources []airtable.RecordID, targets Targets) (json.RawMessage, int) {
	ids := make([]airtable.RecordID, 0, len(sources))
	for _, s := range sources {
		if id := targets[l.To][s]; id != "" {
			ids = append(ids, id)
		}
	}
	return airtable.LinkCell(ids), len(sources) - len(ids)
}

// wanted lists the source rows that the changes link to, by pair.
func (p Pair) wanted(changes []RowChange) map[string][]airtable.RecordID {
	wanted := map[string][]airtable.RecordID{}
	seen := map[string]map[airtable.RecordID]bool{}
	for _, c := range changes {
		for _, l := range p.Links {
			for _, id := range c.Links[l.Target] {
				if seen[l.To] == nil {
					seen[l.To] = map[airtable.RecordID]bool{}
				}
				if !seen[l.To][id] {
					seen[l.To][id] = true
					wanted[l.To] = append(wanted[l.To], id)
				}
			}
		}
	}
	return wanted
}

// quoted returns a text that needs no escaping as JSON.
func quoted(text string) json.RawMessage {
	raw, _ := json.Marshal(text) // strings always encode
	return raw
}

// writtenRows says what the link map must remember, and counts. A row with
// open links keeps no hash, so that it is written again.
func (p Pair) writtenRows(changes []RowChange, open []openLinks, result *airtable.UpsertResult, pass string) ([]linkmap.Written, batchWritten) {
	var batch batchWritten
	rows := make([]linkmap.Written, len(changes))
	for i, c := range changes {
		row := linkmap.Written{Source: c.Source, Target: result.Records[i].ID, Hash: c.Hash, Answer: p.answerHash(result.Records[i])}
		if open[i].later+open[i].lost > 0 {
			row.Hash, row.Answer = "", ""
		}
		if open[i].later > 0 {
			batch.Later = append(batch.Later, i)
		}
		batch.Open += open[i].lost
		rows[i] = row
		switch {
		case pass == passLinks: // counted when the row was written
		case c.New:
			batch.Created++
		default:
			batch.Updated++
		}
	}
	return rows, batch
}
