package plan

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestCompareCountsEveryRowOnce(t *testing.T) {
	t.Parallel()
	p := people()
	equal := row(t, "recEqual", `{"fldName":"A"}`)
	rows := []airtable.Record{
		equal,
		row(t, "recNew", `{"fldName":"B","fldOut":["recO","recP"]}`),
		row(t, "recMet", `{"fldName":"C","fldOut":["recO"]}`), // by this sweep, on an earlier page
		row(t, "recNew", `{"fldName":"B","fldOut":["recO"]}`), // again, on the same page
		row(t, "recDrift", `{"fldName":"D"}`),
	}
	known := map[airtable.RecordID]Known{
		"recEqual": {Target: "recT1", Listed: "l", Seen: desired(p, equal).Hashes},
		"recMet":   {Target: "recT2", Swept: "s"},
		"recDrift": {Target: "recT3", Swept: "earlier", Listed: "l", Seen: desired(p, equal).Hashes},
	}
	got := Compare(p, rows, known, "s", "l")
	if got.Unchanged != 1 || got.SkippedLinks != 2 || got.Listed != 2 {
		t.Errorf("%d unchanged, %d links skipped, %d listed", got.Unchanged, got.SkippedLinks, got.Listed)
	}
	if diff := cmp.Diff([]Swept{{Source: "recEqual", Left: desired(p, equal).Hashes, Agreed: true}, {Source: "recNew"}, {Source: "recDrift"}}, got.Swept); diff != "" {
		t.Errorf("swept (-want +got):\n%s", diff)
	}
	if len(got.Changes) != 2 || got.Changes[0].Source != "recNew" || got.Changes[1].Source != "recDrift" {
		t.Errorf("changes: %+v", got.Changes)
	}
}

// Whether a row is new decides how it is addressed, counted, and filled.
func TestCompareTellsNewRowsFromKnownOnes(t *testing.T) {
	t.Parallel()
	old := desired(people(), row(t, "rec1", `{"fldName":"old"}`)).Hashes
	known := Known{Target: "recT", Left: old}
	listed := Known{Target: "recT", Left: old, Listed: "l", Seen: old}
	for name, test := range map[string]struct {
		known   map[airtable.RecordID]Known
		listing string
		want    RowChange
	}{
		"never seen":                      {nil, "", RowChange{New: true, Blank: true}},
		"intended, the response was lost": {map[airtable.RecordID]Known{"rec1": {Made: true}}, "", RowChange{New: true}},
		"written before":                  {map[airtable.RecordID]Known{"rec1": known}, "", RowChange{Target: "recT"}},
		"never seen, not listed":          {nil, "l", RowChange{New: true, Blank: true}},
		"listed":                          {map[airtable.RecordID]Known{"rec1": listed}, "l", RowChange{Target: "recT"}},
		"written before, gone there now":  {map[airtable.RecordID]Known{"rec1": known}, "l", RowChange{New: true, Blank: true}},
	} {
		changes := Compare(people(), []airtable.Record{row(t, "rec1", `{"fldName":"A"}`)}, test.known, "s", test.listing).Changes
		if len(changes) != 1 {
			t.Errorf("%s: %d changes", name, len(changes))
			continue
		}
		got := RowChange{Target: changes[0].Target, New: changes[0].New, Blank: changes[0].Blank}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDesiredCells(t *testing.T) {
	t.Parallel()
	got := desired(people(), row(t, "rec1", `{"fldName":"A","fldSum":7,"fldFirm":["recF2","recF1"],"fldOther":"x"}`))
	got.Hashes = nil
	want := RowChange{Source: "rec1",
		Cells: map[airtable.FieldID]json.RawMessage{"fldN": json.RawMessage(`"A"`), "fldD": json.RawMessage(`null`),
			"fldS": json.RawMessage(`"7"`), "fldR": json.RawMessage(`null`)},
		Links: map[airtable.FieldID][]airtable.RecordID{"fldF": {"recF2", "recF1"}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestComputedCellsBecomeText(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{`7`: `"7"`, `"a<b"`: `"a<b"`, `null`: `null`, `[]`: `null`} {
		if got := string(textCell(json.RawMessage(cell))); got != want {
			t.Errorf("%s becomes %s, want %s", cell, got, want)
		}
	}
}
