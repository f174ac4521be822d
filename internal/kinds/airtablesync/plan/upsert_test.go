package plan

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// cells are the fields of a write, from a JSON object.
func cells(t *testing.T, fields string) map[string]json.RawMessage {
	t.Helper()
	return row(t, "", fields).Fields
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	p := people()
	changes := []RowChange{
		desired(p, row(t, "rec1", `{"fldName":"A","fldBoss":["rec2"],"fldFirm":["recF1","recF2"]}`)),
		desired(p, row(t, "rec2", `{"fldDone":true}`)),
	}
	changes[1].Target = "recT2"
	targets := Counterparts{"firms": {"recF1": "recTF1"}}
	request, open := Upsert(p, changes, targets, PassRows)
	want := airtable.UpsertRequest{
		MergeOn: []string{"fldX"}, Typecast: true, ReturnFieldsByFieldID: true,
		Records: []airtable.RecordWrite{
			{Fields: cells(t, `{"fldX":"appS/rec1","fldN":"A","fldD":null,"fldS":null,"fldR":null,"fldB":null,"fldF":["recTF1"]}`)},
			{ID: "recT2", Fields: cells(t, `{"fldX":"appS/rec2","fldN":null,"fldD":true,"fldS":null,"fldR":null,"fldB":null,"fldF":null}`)},
		},
	}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if open[0] != (OpenLinks{later: 1, lost: 1}) || open[1] != (OpenLinks{}) {
		t.Errorf("open links: %+v", open)
	}
}

func TestTheSecondPassWritesLinksAlone(t *testing.T) {
	t.Parallel()
	p := people()
	change := desired(p, row(t, "rec1", `{"fldName":"A","fldBoss":["rec2","rec3"],"fldFirm":["recF1"]}`))
	change.Blank = true // it was, before the first pass
	request, open := Upsert(p, []RowChange{change}, Counterparts{"people": {"rec2": "recT2"}}, PassLinks)
	if diff := cmp.Diff(cells(t, `{"fldX":"appS/rec1","fldB":["recT2"],"fldF":null}`), request.Records[0].Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if open[0] != (OpenLinks{lost: 2}) { // no third pass follows
		t.Errorf("open links: %+v", open[0])
	}
}

func TestABlankRowNeedsNoEmptyCells(t *testing.T) {
	t.Parallel()
	p := people()
	change := desired(p, row(t, "rec1", `{"fldDone":true}`))
	change.Blank = true
	request, _ := Upsert(p, []RowChange{change}, nil, PassRows)
	if diff := cmp.Diff(cells(t, `{"fldX":"appS/rec1","fldD":true}`), request.Records[0].Fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinkedSources(t *testing.T) {
	t.Parallel()
	p := people()
	changes := []RowChange{
		desired(p, row(t, "rec1", `{"fldBoss":["rec2"],"fldFirm":["recF2","recF1"]}`)),
		desired(p, row(t, "rec2", `{"fldFirm":["recF2"]}`)),
	}
	want := map[string][]airtable.RecordID{"people": {"rec2"}, "firms": {"recF1", "recF2"}}
	if diff := cmp.Diff(want, LinkedSources(p, changes)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if order := changes[0].Links["fldF"]; order[0] != "recF2" {
		t.Errorf("the links of a row are in another order now: %v", order)
	}
}

func TestOutcome(t *testing.T) {
	t.Parallel()
	p := people()
	changes := []RowChange{{Source: "rec1", Hash: "h1", New: true}, {Source: "rec2", Hash: "h2"}, {Source: "rec3", Hash: "h3"}}
	returned := []airtable.Record{{ID: "recT1"}, row(t, "recT2", `{"fldN":"A","fldF":["recTF"]}`), {ID: "recT3"}}
	rows, counts := Outcome(p, changes, []OpenLinks{{later: 2}, {}, {lost: 1}}, returned, PassRows)
	if diff := cmp.Diff(BatchCounts{Created: 1, Updated: 2, Later: []int{0}, Open: 1}, counts); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, response := targetHashes(p, returned[1], nil)
	want := []Written{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2", Hash: "h2", Response: response}, {Source: "rec3", Target: "recT3"}}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if _, counts = Outcome(p, changes[:1], []OpenLinks{{}}, returned, PassLinks); counts.Created+counts.Updated != 0 {
		t.Errorf("the second pass counts rows again: %+v", counts)
	}
}
