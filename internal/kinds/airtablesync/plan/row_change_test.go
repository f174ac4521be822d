package plan

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestMustWrite(t *testing.T) {
	t.Parallel()
	const l = "run.0"
	for name, test := range map[string]struct {
		known   Known
		listing string
		want    bool
	}{
		"unknown, target not listed":  {Known{}, "", true},
		"intended only":               {Known{Created: true}, "", true},
		"intended, with a hash":       {Known{Hash: "h"}, "", true},
		"equal to what was written":   {Known{Target: "recT", Hash: "h"}, "", false},
		"something was missing":       {Known{Target: "recT", Hash: ""}, "", true},
		"changed since":               {Known{Target: "recT", Hash: "old"}, "", true},
		"unknown, target listed":      {Known{}, l, true},
		"gone from the target":        {Known{Target: "recT", Hash: "h", Response: "a", Listed: "run.9"}, l, true},
		"equal in the target":         {Known{Target: "recT", Listed: l, ListedHash: "h"}, l, false},
		"equal in an old listing":     {Known{Target: "recT", Listed: "run.9", ListedHash: "h"}, l, true},
		"drifted":                     {Known{Target: "recT", Hash: "h", Response: "a", Listed: l, ListedHash: "x", ListedResponse: "b"}, l, true},
		"as Airtable altered it":      {Known{Target: "recT", Hash: "h", Response: "a", Listed: l, ListedHash: "x", ListedResponse: "a"}, l, false},
		"altered, source changed":     {Known{Target: "recT", Hash: "old", Response: "a", Listed: l, ListedHash: "x", ListedResponse: "a"}, l, true},
		"external ID cleared":         {Known{Target: "recT", Hash: "h", Response: "a", Listed: l}, l, true},
		"no response to compare with": {Known{Target: "recT", Hash: "h", Listed: l}, l, true},
	} {
		if got := mustWrite(RowChange{Hash: "h"}, test.known, test.listing); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

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
		"recEqual": {Target: "recT1", Listed: "l", ListedHash: desired(p, equal).Hash},
		"recMet":   {Target: "recT2", Swept: "s"},
		"recDrift": {Target: "recT3", Swept: "earlier", Listed: "l", ListedHash: "other"},
	}
	got := Compare(p, rows, known, "s", "l")
	if got.Unchanged != 1 || got.SkippedLinks != 2 || got.Listed != 2 {
		t.Errorf("%d unchanged, %d links skipped, %d listed", got.Unchanged, got.SkippedLinks, got.Listed)
	}
	if len(got.Changes) != 2 || got.Changes[0].Source != "recNew" || got.Changes[1].Source != "recDrift" {
		t.Errorf("changes: %+v", got.Changes)
	}
}

// Whether a row is new decides how it is addressed, counted, and filled.
func TestCompareTellsNewRowsFromKnownOnes(t *testing.T) {
	t.Parallel()
	known := Known{Target: "recT", Hash: "old"}
	listed := Known{Target: "recT", Hash: "old", Listed: "l", ListedHash: "x"}
	for name, test := range map[string]struct {
		known   map[airtable.RecordID]Known
		listing string
		want    RowChange
	}{
		"never seen":                      {nil, "", RowChange{New: true, Blank: true}},
		"intended, the response was lost": {map[airtable.RecordID]Known{"rec1": {Created: true}}, "", RowChange{New: true}},
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
	got.Hash = ""
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

func TestAttachmentsAreWrittenOnlyWhenTheyChange(t *testing.T) {
	t.Parallel()
	p := people()
	p.Fields = append(p.Fields, FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Name: "Files", Type: airtable.MultipleAttachments}})
	const one = `"fldFiles":[{"id":"att1","url":"https://example.com/1","filename":"a.pdf","size":7}]`
	before := desired(p, row(t, "rec1", `{"fldName":"A",`+one+`}`))
	renamed := desired(p, row(t, "rec1", `{"fldName":"B",`+strings.ReplaceAll(one, "/1", "/2")+`}`))
	replaced := desired(p, row(t, "rec1", `{"fldName":"A",`+strings.ReplaceAll(one, "a.pdf", "b.pdf")+`}`))
	none := desired(p, row(t, "rec1", `{"fldName":"B"}`))
	held, response := targetHashes(p, row(t, "recT", `{"fldN":"A","fldA":[{"id":"att9","url":"https://example.com/9","filename":"a.pdf","size":7}]}`), nil)
	if held != before.Hash {
		t.Errorf("the copy of a file differs from it: %s %s", held, before.Hash)
	}
	known := Known{Target: "recT", Hash: before.Hash, Response: response}
	listed := Known{Target: "recT", Listed: "l", ListedHash: held, ListedResponse: response}
	altered := Known{Target: "recT", Hash: before.Hash, Response: "a.files", Listed: "l", ListedHash: "x.other", ListedResponse: "b.files"}
	for name, test := range map[string]struct {
		change  RowChange
		known   Known
		listing string
		keep    bool
	}{
		"another cell changed":          {renamed, known, "", true},
		"the file changed":              {replaced, known, "", false},
		"nothing known":                 {renamed, Known{Target: "recT"}, "", false},
		"the file was removed":          {none, known, "", false},
		"removed, nothing known":        {none, Known{Target: "recT"}, "", false},
		"another cell changed, listed":  {renamed, listed, "l", true},
		"the file changed, listed":      {replaced, listed, "l", false},
		"as Airtable altered it":        {renamed, altered, "l", true},
		"altered, but the file changed": {replaced, altered, "l", false},
		"the file is gone from the row": {renamed, Known{Target: "recT", Hash: before.Hash, Response: response, Listed: "l"}, "l", false},
	} {
		test.change.Target = "recT"
		test.change.KeepFiles = keepsFiles(test.change, test.known, test.listing)
		request, _ := Upsert(p, []RowChange{test.change}, nil, PassRows)
		if _, written := request.Records[0].Fields["fldA"]; written == test.keep {
			t.Errorf("%s: written %t", name, written)
		}
	}
	compared := Compare(p, []airtable.Record{row(t, "rec1", `{"fldName":"B",`+one+`}`)}, map[airtable.RecordID]Known{"rec1": known}, "s", "")
	if len(compared.Changes) != 1 || !compared.Changes[0].KeepFiles {
		t.Errorf("a row with an equal file: %+v", compared.Changes)
	}
	if renamed.Target = ""; keepsFiles(renamed, known, "") {
		t.Error("a row without a target keeps its files")
	}
	renamed.KeepFiles = true // but the row itself turned out to be gone
	if request, _ := Upsert(p, []RowChange{renamed}, nil, PassRows); request.Records[0].Fields["fldA"] == nil {
		t.Error("a row that is created again lacks its files")
	}
}
