package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestOutcome(t *testing.T) {
	t.Parallel()
	p := people()
	h := desired(p, row(t, "rec1", `{"fldName":"A"}`)).Hashes
	write := Write{Pair: p, Pass: PassRows, First: true, Created: []airtable.RecordID{"recT1"}, Targets: Counterparts{"firms": {"recF": "recTF"}},
		Changes: []RowChange{{Source: "rec1", Hashes: h, New: true, Blank: true}, {Source: "rec2", Target: "recT2", Hashes: h}, {Source: "rec3", Target: "recT3", Hashes: h}},
		Open:    []OpenLinks{{later: 2, fields: []airtable.FieldID{"fldB"}}, {}, {lost: 1, fields: []airtable.FieldID{"fldF"}}},
		Records: []airtable.Record{row(t, "recT1", `{"fldN":"A"}`), row(t, "recT2", `{"fldN":"A","fldF":["recTF"]}`), row(t, "recT3", `{"fldN":"A"}`)}}
	rows, counts, losses := write.Outcome()
	if diff := cmp.Diff(BatchCounts{Created: 1, Updated: 2, Later: []int{0}, Open: 1}, counts); diff != "" || len(losses) > 0 {
		t.Errorf("losses %v (-want +got):\n%s", losses, diff)
	}
	none, other := h.unpack(), h.unpack()
	none.again("fldB")
	other.again("fldF")
	second := sourceHashes(p, row(t, "rec2", `{"fldName":"A","fldFirm":["recF"]}`), airtable.CurrentForm).pack()
	want := []Written{{Source: "rec1", Target: "recT1", Whose: Ours, Left: h, Right: none.pack()},
		{Source: "rec2", Target: "recT2", Left: h, Right: second}, {Source: "rec3", Target: "recT3", Left: h, Right: other.pack()}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	write.Pass = PassLinks
	if _, counts, _ = write.Outcome(); counts.Created+counts.Updated != 0 {
		t.Errorf("the second pass counts rows again: %+v", counts)
	}
}

// The answer tells who has made a row if nothing can have come before it.
func TestWhoseARowIs(t *testing.T) {
	t.Parallel()
	fresh, intended, known := RowChange{New: true, Blank: true}, RowChange{New: true}, RowChange{Target: "recT"}
	gone := RowChange{Gone: true}
	for name, test := range map[string]struct {
		change         RowChange
		first, created bool
		want           Ownership
		counted        string
	}{
		"new and made":                     {fresh, true, true, Ours, "created"},
		"new, but it was there":            {fresh, true, false, Theirs, "updated"},
		"new, after a lost answer":         {fresh, false, false, AsBefore, "created"},
		"intended by a run before, made":   {intended, true, true, Ours, "created"},
		"intended by a run before, found":  {intended, true, false, AsBefore, "updated"},
		"known":                            {known, true, false, AsBefore, "updated"},
		"gone, and made again":             {gone, true, true, Ours, "created"},
		"gone, made again by a lost write": {gone, false, false, Ours, "updated"},
	} {
		write := Write{Pair: people(), Pass: PassRows, Changes: []RowChange{test.change}, Open: make([]OpenLinks, 1), Records: []airtable.Record{{ID: "recT"}}, First: test.first}
		if test.created {
			write.Created = []airtable.RecordID{"recT"}
		}
		rows, counts, _ := write.Outcome()
		if rows[0].Whose != test.want || (counts.Created == 1) != (test.counted == "created") {
			t.Errorf("%s: %q, %+v", name, rows[0].Whose, counts)
		}
	}
}

func TestWhatAirtableDrops(t *testing.T) {
	t.Parallel()
	p := people()
	p.Fields = append(p.Fields, FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Name: "Files", Type: airtable.MultipleAttachments}})
	const two = `{"fldFiles":[{"url":"u1","filename":"a"},{"url":"u2","filename":"b"}]`
	for name, test := range map[string]struct {
		source, answer string
		earlier        int
		want           string // the field that is told of
		again          bool
	}{
		"all taken":               {two + `}`, `{"fldA":[{"filename":"a","size":1},{"filename":"b","size":1}]}`, 0, "", false},
		"one of two":              {two + `}`, `{"fldA":[{"filename":"a","size":1}]}`, 0, "Files", true},
		"none":                    {two + `}`, `{}`, 1, "Files", true},
		"none, for the last time": {two + `}`, `{}`, 2, "Files", false},
		"a text":                  {`{"fldName":"A"}`, `{}`, 0, "Name", true},
		"another text":            {`{"fldName":"A "}`, `{"fldN":"A"}`, 0, "", false}, // which is told of as altered
		"an empty rich text":      {`{"fldNote":"\n"}`, `{}`, 0, "", false},
		"a link":                  {`{"fldFirm":["recF"]}`, `{}`, 0, "Firm", true},
	} {
		change := desired(p, row(t, "rec1", test.source))
		change.Losses = test.earlier
		write := Write{Pair: p, Pass: PassRows, Changes: []RowChange{change}, Open: make([]OpenLinks, 1), Records: []airtable.Record{row(t, "recT", test.answer)},
			Targets: Counterparts{"firms": {"recF": "recTF"}}, First: true}
		rows, counts, losses := write.Outcome()
		var told string
		for _, l := range losses {
			told += l.Field
		}
		view := viewOf(p, row(t, "rec1", test.source), Known{Target: "recT", Left: rows[0].Left, Right: rows[0].Right}, "")
		if told != test.want || counts.Dropped != len(losses) || view.mustWrite() != test.again {
			t.Errorf("%s: told of %q, written again %t", name, told, view.mustWrite())
		}
		if altered := strings.Join(counts.Altered, " "); (altered == "Name") != (name == "another text") {
			t.Errorf("%s: altered %q", name, altered)
		}
		if lost := rows[0].Losses; (lost > 0) != (test.want != "") || lost > 0 && lost != test.earlier+1 {
			t.Errorf("%s: %d losses", name, lost)
		}
	}
}

// The second pass sees what the first one has lost, and counts it once.
func TestALossIsCountedInOnePass(t *testing.T) {
	t.Parallel()
	p := people()
	write := Write{Pair: p, Pass: PassLinks, Changes: []RowChange{{Source: "rec1", Cells: map[airtable.FieldID]json.RawMessage{"fldN": json.RawMessage(`"A"`)}, Losses: 1}},
		Open: make([]OpenLinks, 1), Records: []airtable.Record{{ID: "recT"}}, First: true}
	rows, counts, losses := write.Outcome()
	if rows[0].Losses != 2 || counts.Dropped != 0 || len(losses) != 0 || rows[0].Right.unpack().cells[keyOf("fldN")] != writeAgain {
		t.Errorf("%+v %+v %v", rows[0], counts, losses)
	}
}

// Who links to a row that was made is owed the link.
func TestWhatIsOwed(t *testing.T) {
	t.Parallel()
	p := people()
	p.Inverse = []InverseLink{{Source: "fldTasks", To: "tasks"}}
	change := desired(p, row(t, "rec1", `{"fldName":"A","fldTasks":["recB","recA"]}`))
	if fields := p.SourceFields(); fields[len(fields)-2] != "fldTasks" {
		t.Errorf("%v are read", fields)
	}
	gone, fresh := change, change
	gone.Gone, fresh.New = true, true
	for name, test := range map[string]struct {
		change RowChange
		write  Write
		owed   bool
	}{
		"made":                     {change, Write{First: true, Created: []airtable.RecordID{"recT"}, Pass: PassRows}, true},
		"made by a lost write":     {fresh, Write{Pass: PassRows}, true},
		"made again":               {gone, Write{Pass: PassRows}, true},
		"updated":                  {change, Write{First: true, Pass: PassRows}, false},
		"updated by a lost write":  {change, Write{Pass: PassRows}, false},
		"told in the pass before":  {fresh, Write{Pass: PassLinks}, false},
		"new, but there, as it is": {fresh, Write{First: true, Pass: PassRows}, false},
	} {
		test.write.Pair, test.write.Changes, test.write.Records = p, []RowChange{test.change}, []airtable.Record{{ID: "recT"}}
		want := map[string][]airtable.RecordID{}
		if test.owed {
			want["tasks"] = []airtable.RecordID{"recA", "recB"}
		}
		if diff := cmp.Diff(want, test.write.Owes()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
