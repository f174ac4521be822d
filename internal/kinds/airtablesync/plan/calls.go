package plan

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Call is one call that writes some rows of a batch.
type Call struct {
	Rows    []int // numbers of the changes, one for each record of the request
	Request airtable.UpsertRequest
}

// Calls composes the calls that write a batch, in order. Only typecast makes a new
// choice of a select field; but with links, it may make rows of what it does not
// know. So the rows with a new choice go apart and without links, and those of
// them that have links are written a second time, with the links alone. Mostly
// there is one call.
func Calls(p Pair, changes []RowChange, targets Counterparts, pass Pass) ([]Call, []OpenLinks) {
	request, open := Upsert(p, changes, targets, pass)
	cast, plain := Call{Request: without(request)}, Call{Request: without(request)}
	cast.Request.Typecast = true
	for i, write := range request.Records {
		if pass != PassRows || !newChoice(p, changes[i]) {
			plain.add(i, write)
			continue
		}
		bare, links := splitLinks(p, write)
		cast.add(i, bare)
		if links != nil {
			plain.add(i, *links)
		}
	}
	return slices.DeleteFunc([]Call{cast, plain}, func(c Call) bool { return len(c.Rows) == 0 }), open
}

func (c *Call) add(row int, write airtable.RecordWrite) {
	c.Rows = append(c.Rows, row)
	c.Request.Records = append(c.Request.Records, write)
}

// newChoice reports whether a cell names a choice that the target did not have
// when its schema was read.
func newChoice(p Pair, c RowChange) bool {
	for _, f := range p.Fields {
		if f.Target.Type != airtable.SingleSelect && f.Target.Type != airtable.MultipleSelects {
			continue
		}
		for _, name := range choiceNames(c.Cells[f.Target.ID]) {
			if !slices.ContainsFunc(f.Target.Choices(), func(have airtable.Choice) bool { return have.Name == name }) {
				return true
			}
		}
	}
	return false
}

func choiceNames(cell json.RawMessage) []string {
	var one string
	var many []string
	if json.Unmarshal(cell, &many) == nil {
		return many
	}
	if json.Unmarshal(cell, &one) == nil && one != "" {
		return []string{one}
	}
	return nil
}

// splitLinks takes the links out of a write. The second write has them and finds
// the row; it is nil if there are none.
func splitLinks(p Pair, write airtable.RecordWrite) (bare airtable.RecordWrite, links *airtable.RecordWrite) {
	bare = airtable.RecordWrite{ID: write.ID, Fields: maps.Clone(write.Fields)}
	second := airtable.RecordWrite{ID: write.ID, Fields: map[string]json.RawMessage{string(p.ExternalID): write.Fields[string(p.ExternalID)]}}
	for _, l := range p.Links {
		if cell, set := write.Fields[string(l.Target)]; set && string(cell) != "null" {
			delete(bare.Fields, string(l.Target))
			second.Fields[string(l.Target)] = cell
			links = &second
		}
	}
	return bare, links
}

// Apart splits a call that Airtable has refused, so that a person whom the target
// does not know costs only one row: the rows without people go together, the others
// one by one. It returns nil if there are no people in it.
func (c Call) Apart(p Pair) []Call {
	rest, split := Call{Request: without(c.Request)}, []Call(nil)
	for i, write := range c.Request.Records {
		if len(peopleIn(p, write)) == 0 {
			rest.add(c.Rows[i], write)
			continue
		}
		one := Call{Request: without(c.Request)}
		one.add(c.Rows[i], write)
		split = append(split, one)
	}
	if split != nil && len(rest.Rows) > 0 {
		split = append(split, rest)
	}
	return split
}

// WithoutPeople is the call without any person; false if it has none.
func (c Call) WithoutPeople(p Pair) (Call, bool) {
	bare, found := Call{Request: without(c.Request)}, false
	for i, write := range c.Request.Records {
		fields := maps.Clone(write.Fields)
		for _, field := range peopleIn(p, write) {
			fields[field], found = json.RawMessage("null"), true
		}
		bare.add(c.Rows[i], airtable.RecordWrite{ID: write.ID, Fields: fields})
	}
	return bare, found
}

// peopleIn lists the fields of a write that name people.
func peopleIn(p Pair, write airtable.RecordWrite) []string {
	var fields []string
	for _, f := range p.Fields {
		cell, set := write.Fields[string(f.Target.ID)]
		if (f.Target.Type == airtable.SingleCollaborator || f.Target.Type == airtable.MultipleCollaborators) && set && string(cell) != "null" {
			fields = append(fields, string(f.Target.ID))
		}
	}
	return fields
}

// without is a request without its records.
func without(r airtable.UpsertRequest) airtable.UpsertRequest {
	r.Records = nil
	return r
}
