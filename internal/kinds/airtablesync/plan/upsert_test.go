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
		MergeOn: []string{"fldX"}, ReturnFieldsByFieldID: true,
		Records: []airtable.RecordWrite{
			{Fields: cells(t, `{"fldX":"appS/rec1","fldN":"A","fldD":null,"fldS":null,"fldR":null,"fldB":null,"fldF":["recTF1"]}`)},
			{ID: "recT2", Fields: cells(t, `{"fldX":"appS/rec2","fldN":null,"fldD":true,"fldS":null,"fldR":null,"fldB":null,"fldF":null}`)},
		},
	}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if open[0].later != 1 || open[0].lost != 1 || len(open[0].fields) != 2 || open[1].fields != nil {
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
	if open[0].lost != 2 || open[0].later != 0 { // no third pass follows
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
