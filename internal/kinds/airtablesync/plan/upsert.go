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
	// fields are the link fields that lack some.
	fields []airtable.FieldID
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

// Upsert composes a call that creates and updates these rows, and counts
// for each row the links that it cannot write yet. targets are the target rows
// of LinkedSources. Rows whose ID is known are addressed by it; the others are
// found by their external ID, so that repeating the call creates no duplicate.
func Upsert(p Pair, changes []RowChange, targets Counterparts, pass Pass) (airtable.UpsertRequest, []OpenLinks) {
	request := airtable.UpsertRequest{
		MergeOn:               []string{string(p.ExternalID)},
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
			open[i].add(l, missing, pass)
		}
		request.Records = append(request.Records, write)
	}
	return request, open
}

func (o *OpenLinks) add(l LinkPair, missing int, pass Pass) {
	switch {
	case missing == 0:
		return
	case l.Later && pass == PassRows:
		o.later += missing
	default:
		o.lost += missing
	}
	o.fields = append(o.fields, l.Target)
}

// setCells sets all cells but links. Attachments that the row already has are
// left out.
func setCells(w airtable.RecordWrite, p Pair, c RowChange) {
	for _, f := range p.Fields {
		if !c.keeps(f.Target.ID) {
			setCell(w, f.Target.ID, c.Cells[f.Target.ID], c.Blank)
		}
	}
}

// keeps reports whether the target row has the field's attachments. A row that
// must be found or created may have none.
func (c RowChange) keeps(field airtable.FieldID) bool {
	return c.Target != "" && slices.Contains(c.Keep, field)
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
