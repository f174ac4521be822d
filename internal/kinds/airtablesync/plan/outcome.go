package plan

import (
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Write is one call that wrote rows, with what Airtable answered.
type Write struct {
	Pair    Pair
	Pass    Pass
	Changes []RowChange
	Open    []OpenLinks  // of each row
	Targets Counterparts // of the rows that the changes link to
	Records []airtable.Record
	Created []airtable.RecordID
	// First says that no attempt before may have reached Airtable: then Created
	// tells who has made a row. Otherwise the intention does, which was noted before.
	First bool
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
	// Dropped counts cells of which Airtable has dropped all or some items.
	Dropped int `json:"dropped,omitempty"`
	// Altered are the names of fields of which Airtable has written a cell in another
	// form than it was given.
	Altered []string `json:"altered,omitempty"`
}

// maxLosses is how often a cell is written of which Airtable drops something:
// once, and twice again.
const maxLosses = 3

// Outcome says what the link map must remember after a call, what people must be
// told, and counts it.
func (w Write) Outcome() ([]Written, BatchCounts, []Loss) {
	var counts BatchCounts
	var losses []Loss
	rows := make([]Written, len(w.Changes))
	for i, c := range w.Changes {
		dropped := w.dropped(i)
		for _, f := range dropped {
			if w.Pass == PassRows || f.link { // the second pass writes nothing else
				losses = append(losses, Loss{Row: c.Source, Field: f.name, Code: LossDropped})
			}
		}
		rows[i] = w.written(i, dropped)
		w.count(&counts, i)
		counts.Altered = append(counts.Altered, w.altered(rows[i], dropped)...)
	}
	counts.Dropped = len(losses)
	slices.Sort(counts.Altered)
	counts.Altered = slices.Compact(counts.Altered)
	return rows, counts, losses
}

// written is one row as it stands now. A cell that is not there as a whole is
// written again by the next run that reads the row.
func (w Write) written(i int, dropped []cellField) Written {
	c, record := w.Changes[i], w.Records[i]
	row := Written{Source: c.Source, Target: record.ID, Whose: w.whose(i), Left: c.Hashes}
	right := targetHashes(w.Pair, record, w.sources(), airtable.CurrentForm)
	right.again(w.Open[i].fields...)
	if len(dropped) > 0 {
		row.Losses = c.Losses + 1
	}
	if row.Losses < maxLosses {
		row.Owed = len(dropped) > 0
		for _, f := range dropped {
			right.again(f.id)
		}
	}
	row.Right = right.pack()
	return row
}

// sources are the source rows of Targets.
func (w Write) sources() Counterparts {
	sources := Counterparts{}
	for to, targets := range w.Targets {
		sources[to] = make(map[airtable.RecordID]airtable.RecordID, len(targets))
		for source, target := range targets {
			sources[to][target] = source
		}
	}
	return sources
}

// whose decides whom a row belongs to.
func (w Write) whose(i int) Ownership {
	c := w.Changes[i]
	switch {
	case w.First && w.created(i), !w.First && c.Gone:
		return Ours
	case w.First && c.New && c.Blank: // nobody has intended it before, and it was there
		return Theirs
	}
	return AsBefore
}

// Owes lists the source rows that link to rows which the write has made, by the key
// of their pair. A row that was deleted in the target has lost the links to it, and
// Airtable may not count a link to a new row as a change of the row that has it.
func (w Write) Owes() map[string][]airtable.RecordID {
	owes := map[string][]airtable.RecordID{}
	for i, c := range w.Changes {
		if made := w.created(i) || c.Gone || !w.First && c.New; made && w.Pass == PassRows {
			for to, ids := range c.LinkedBy {
				owes[to] = append(owes[to], ids...)
			}
		}
	}
	return each(owes)
}

func (w Write) created(i int) bool { return slices.Contains(w.Created, w.Records[i].ID) }

func (w Write) count(counts *BatchCounts, i int) {
	if w.Open[i].later > 0 {
		counts.Later = append(counts.Later, i)
	}
	counts.Open += w.Open[i].lost
	switch {
	case w.Pass == PassLinks:
		// the row was counted when it was written
	case w.First && w.created(i), !w.First && w.Changes[i].New:
		counts.Created++
	default:
		counts.Updated++
	}
}

// cellField names a field.
type cellField struct {
	id   airtable.FieldID
	name string
	link bool
}

// dropped lists the fields of a row of which Airtable has not taken all: the wish
// has items that the answer has not. Any other difference is Airtable's own way
// to write the cell.
func (w Write) dropped(i int) []cellField {
	c, record := w.Changes[i], w.Records[i]
	var fields []cellField
	for _, f := range w.Pair.Fields {
		wish := items(airtable.Canonical(f.Target, c.Cells[f.Target.ID]))
		if !c.keeps(f.Target.ID) && wish > items(airtable.Canonical(f.Target, record.Fields[string(f.Target.ID)])) {
			fields = append(fields, cellField{f.Target.ID, f.Target.Name, false})
		}
	}
	for _, l := range w.Pair.Links {
		cell, _ := linkCell(c.Links[l.Target], w.Targets[l.To])
		if len(airtable.Links(cell)) > len(airtable.Links(record.Fields[string(l.Target)])) {
			fields = append(fields, cellField{l.Target, l.Name, true})
		}
	}
	return fields
}

// altered lists fields of a row whose cell came back in another form, but whole.
// That is Airtable's right, and accepted as long as neither side changes. Of a file,
// the answer says little: Airtable fetches it later.
func (w Write) altered(row Written, dropped []cellField) []string {
	var names []string
	left, right := row.Left.unpack(), row.Right.unpack()
	if w.Pass != PassRows || !left.known() {
		return nil
	}
	for _, f := range w.Pair.Fields {
		key := keyOf(f.Target.ID)
		lost := slices.ContainsFunc(dropped, func(d cellField) bool { return d.id == f.Target.ID })
		if f.Target.Type != airtable.MultipleAttachments && !lost && left.cells[key] != right.cells[key] {
			names = append(names, f.Target.Name)
		}
	}
	return names
}

// ReadBack returns the target rows of the changes, in their order, from rows that
// were found by their external IDs; false if one of them is missing. Of copies, the
// row counts that the change was about.
func ReadBack(p Pair, changes []RowChange, found []airtable.Record) ([]airtable.Record, bool) {
	rows := make([]airtable.Record, len(changes))
	for i, c := range changes {
		for _, row := range found {
			if source, exact := claimedSource(p, row); exact && source == c.Source && (rows[i].ID == "" || row.ID == c.Target) {
				rows[i] = row
			}
		}
		if rows[i].ID == "" {
			return nil, false
		}
	}
	return rows, true
}

// items counts the items of a list, and anything else that is not empty as one.
func items(canonical json.RawMessage) int {
	var list []json.RawMessage
	switch {
	case canonical == nil:
		return 0
	case json.Unmarshal(canonical, &list) == nil:
		return len(list)
	}
	return 1
}
