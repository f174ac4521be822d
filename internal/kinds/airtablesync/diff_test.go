package airtablesync

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// people is a pair with a field of every sort that a comparison must know.
func people() Pair {
	return Pair{
		Source: Side{Base: "appS", Table: "tblS", Name: "People"}, Target: Side{Base: "appT", Table: "tblT", Name: "People"},
		ExternalID: "fldX",
		Fields: []FieldPair{
			{Source: "fldName", Target: airtable.Field{ID: "fldN", Name: "Name", Type: airtable.SingleLineText}},
			{Source: "fldDone", Target: airtable.Field{ID: "fldD", Name: "Done", Type: airtable.Checkbox}},
			{Source: "fldSum", Target: airtable.Field{ID: "fldS", Name: "Sum", Type: airtable.MultilineText}, AsText: true},
			{Source: "fldNote", Target: airtable.Field{ID: "fldR", Name: "Note", Type: airtable.RichText}},
		},
		Links:   []LinkPair{{Source: "fldBoss", Target: "fldB", To: "people", Later: true}, {Source: "fldFirm", Target: "fldF", To: "firms"}},
		Skipped: []SkippedLink{{Source: "fldOut", Name: "Out"}},
	}
}

func row(t *testing.T, id, fields string) airtable.Record {
	t.Helper()
	r := airtable.Record{ID: airtable.RecordID(id)}
	if err := json.Unmarshal([]byte(fields), &r.Fields); err != nil {
		t.Fatal(err)
	}
	return r
}

// A desired row and the target row that it becomes have one hash.
func TestHashesAgree(t *testing.T) {
	p := people()
	toSource := func(_ LinkPair, id airtable.RecordID) airtable.RecordID {
		return map[airtable.RecordID]airtable.RecordID{"recT1": "recS1", "recT2": "recS2"}[id]
	}
	tests := map[string]struct {
		source, target string
		differ         bool
	}{
		"equal":                {`{"fldName":"A","fldSum":7}`, `{"fldN":"A","fldS":"7"}`, false},
		"text differs":         {`{"fldName":"A"}`, `{"fldN":"a"}`, true},
		"empty is absent":      {`{"fldName":"","fldDone":false,"fldNote":"\n"}`, `{}`, false},
		"the external id":      {`{"fldName":"A"}`, `{"fldN":"A","fldX":"appS/rec1"}`, false},
		"a field not mapped":   {`{"fldName":"A","fldOther":"x"}`, `{"fldN":"A","fldElse":1}`, false},
		"a lost checkbox":      {`{"fldDone":true}`, `{}`, true},
		"links":                {`{"fldFirm":["recS1","recS2"]}`, `{"fldF":["recT1","recT2"]}`, false},
		"links in other order": {`{"fldFirm":["recS2","recS1"]}`, `{"fldF":["recT1","recT2"]}`, true},
		"a foreign link":       {`{"fldFirm":["recS1"]}`, `{"fldF":["recT1","recT9"]}`, true},
		"a link that is gone":  {`{"fldFirm":["recS1"]}`, `{}`, true},
		"another link field":   {`{"fldFirm":["recS1"]}`, `{"fldB":["recT1"]}`, true},
		"skipped links":        {`{"fldName":"A","fldOut":["recO"]}`, `{"fldN":"A"}`, false},
		"rich text normalised": {`{"fldNote":"hello"}`, `{"fldR":"hello\n"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			want := p.desired(row(t, "rec1", test.source)).Hash
			got, _ := p.targetHashes(row(t, "recT", test.target), toSource)
			if (want != got) != test.differ {
				t.Errorf("hashes %s and %s, want them to differ: %t", want, got, test.differ)
			}
		})
	}
}

func TestHashDoesNotDependOnTheOrderOfTheMapping(t *testing.T) {
	p, q := people(), people()
	q.Fields[0], q.Fields[2] = q.Fields[2], q.Fields[0]
	r := row(t, "rec1", `{"fldName":"A","fldSum":7,"fldFirm":["recS1"]}`)
	if p.desired(r).Hash != q.desired(r).Hash {
		t.Error("the hash moved with the order of the fields")
	}
}

func TestMustWrite(t *testing.T) {
	const l = "run.0"
	tests := map[string]struct {
		known   linkmap.Known
		listing string
		want    bool
	}{
		"unknown, target not listed": {linkmap.Known{}, "", true},
		"intended only":              {linkmap.Known{Created: true}, "", true},
		"equal to what was written":  {linkmap.Known{Target: "recT", Hash: "h"}, "", false},
		"something was missing":      {linkmap.Known{Target: "recT", Hash: ""}, "", true},
		"changed since":              {linkmap.Known{Target: "recT", Hash: "old"}, "", true},
		"unknown, target listed":     {linkmap.Known{}, l, true},
		"gone from the target":       {linkmap.Known{Target: "recT", Hash: "h", Answer: "a", Listed: "run.9"}, l, true},
		"equal in the target":        {linkmap.Known{Target: "recT", Listed: l, ListedHash: "h"}, l, false},
		"drifted":                    {linkmap.Known{Target: "recT", Hash: "h", Answer: "a", Listed: l, ListedHash: "x", ListedAnswer: "b"}, l, true},
		"as Airtable rewrote it":     {linkmap.Known{Target: "recT", Hash: "h", Answer: "a", Listed: l, ListedHash: "x", ListedAnswer: "a"}, l, false},
		"rewritten, source changed":  {linkmap.Known{Target: "recT", Hash: "old", Answer: "a", Listed: l, ListedHash: "x", ListedAnswer: "a"}, l, true},
		"external id cleared":        {linkmap.Known{Target: "recT", Hash: "h", Answer: "a", Listed: l}, l, true},
	}
	for name, test := range tests {
		if got := mustWrite(RowChange{Hash: "h"}, test.known, test.listing); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestCompare(t *testing.T) {
	p := people()
	equal := row(t, "recEqual", `{"fldName":"A"}`)
	rows := []airtable.Record{equal, row(t, "recNew", `{"fldName":"B","fldOut":["recO","recP"]}`), row(t, "recMet", `{"fldName":"C"}`),
		row(t, "recNew", `{"fldName":"B"}`), row(t, "recDrift", `{"fldName":"D"}`)}
	known := map[airtable.RecordID]linkmap.Known{
		"recEqual": {Target: "recT1", Listed: "l", ListedHash: p.desired(equal).Hash},
		"recMet":   {Target: "recT2", Swept: "s"},
		"recDrift": {Target: "recT3", Listed: "l", ListedHash: "other"},
	}
	changes, result := p.compare(rows, known, "s", "l")
	if want := (pageCompared{Count: 2, Unchanged: 1, SkippedLinks: 2}); result != want {
		t.Errorf("got %+v, want %+v", result, want)
	}
	if len(changes) != 2 || changes[0].Source != "recNew" || !changes[0].New || changes[0].Target != "" {
		t.Fatalf("changes: %+v", changes)
	}
	if changes[1].New || changes[1].Target != "recT3" {
		t.Errorf("the drifted row is addressed by %q, new %t", changes[1].Target, changes[1].New)
	}
}

func TestUpsertOf(t *testing.T) {
	p := people()
	changes := []RowChange{
		p.desired(row(t, "rec1", `{"fldName":"A","fldBoss":["rec2"],"fldFirm":["recF1","recF2"]}`)),
		p.desired(row(t, "rec2", `{"fldDone":true}`)),
	}
	changes[1].Target = "recT2"
	if diff := cmp.Diff(map[string][]airtable.RecordID{"people": {"rec2"}, "firms": {"recF1", "recF2"}}, p.wanted(changes)); diff != "" {
		t.Errorf("wanted (-want +got):\n%s", diff)
	}
	targets := Targets{"firms": {"recF1": "recTF1"}}
	request, open := p.upsertOf(changes, targets, passRows)
	want := airtable.UpsertRequest{
		MergeOn: []string{"fldX"}, Typecast: true, ReturnFieldsByFieldID: true,
		Records: []airtable.RecordWrite{
			{Fields: map[string]json.RawMessage{"fldX": json.RawMessage(`"appS/rec1"`), "fldN": json.RawMessage(`"A"`), "fldD": json.RawMessage(`null`),
				"fldS": json.RawMessage(`null`), "fldR": json.RawMessage(`null`), "fldB": json.RawMessage(`null`), "fldF": json.RawMessage(`["recTF1"]`)}},
			{ID: "recT2", Fields: map[string]json.RawMessage{"fldX": json.RawMessage(`"appS/rec2"`), "fldN": json.RawMessage(`null`), "fldD": json.RawMessage(`true`),
				"fldS": json.RawMessage(`null`), "fldR": json.RawMessage(`null`), "fldB": json.RawMessage(`null`), "fldF": json.RawMessage(`null`)}},
		},
	}
	if diff := cmp.Diff(want, request); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if open[0] != (openLinks{later: 1, lost: 1}) || open[1] != (openLinks{}) {
		t.Errorf("open links: %+v", open)
	}
	targets["people"] = map[airtable.RecordID]airtable.RecordID{"rec2": "recT2"}
	request, open = p.upsertOf(changes[:1], targets, passLinks)
	if got := request.Records[0].Fields; len(got) != 3 || string(got["fldB"]) != `["recT2"]` || open[0] != (openLinks{lost: 1}) {
		t.Errorf("second pass: %s %+v", got, open)
	}
}

func TestWrittenRows(t *testing.T) {
	p := people()
	changes := []RowChange{{Source: "rec1", Hash: "h1", New: true}, {Source: "rec2", Hash: "h2"}, {Source: "rec3", Hash: "h3"}}
	result := &airtable.UpsertResult{Records: []airtable.Record{{ID: "recT1"}, {ID: "recT2"}, {ID: "recT3"}}}
	rows, batch := p.writtenRows(changes, []openLinks{{later: 2}, {}, {lost: 1}}, result, passRows)
	if diff := cmp.Diff(batchWritten{Created: 1, Updated: 2, Later: []int{0}, Open: 1}, batch); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if rows[0].Hash != "" || rows[1].Hash != "h2" || rows[2].Hash != "" || rows[1].Target != "recT2" || rows[1].Answer == "" {
		t.Errorf("rows: %+v", rows)
	}
	if _, batch = p.writtenRows(changes[:1], []openLinks{{}}, result, passLinks); batch.Created+batch.Updated != 0 {
		t.Errorf("the second pass counts rows again: %+v", batch)
	}
}

func TestRecogniseRows(t *testing.T) {
	p := people()
	none := func(LinkPair, airtable.RecordID) airtable.RecordID { return "" }
	rows := []airtable.Record{
		row(t, "recT1", `{"fldX":"appS/rec1","fldN":"A"}`),
		row(t, "recT2", `{"fldX":"appU/rec2"}`), // of another source base
		row(t, "recT3", `{"fldN":"by hand"}`),
		row(t, "recT4", `{"fldN":"D"}`),                 // its id was cleared
		row(t, "recT5", `{"fldX":"appS/rec1"}`),         // a copy of recT1
		row(t, "recT6", `{"fldX":"appS/rec6"}`),         // a copy of a row of an earlier page
		row(t, "recT7", `{"fldX":"appS/rec7"}`),         // a copy, the next is the one we know
		row(t, "recT8", `{"fldX":"appS/rec7"}`),         //
		row(t, "recT9", `{"fldX":"appS/not a record"}`), // no id of ours
		row(t, "recTa", `{"fldX":7}`),
	}
	known := map[airtable.RecordID]linkmap.Known{"rec6": {Target: "recTx", Listed: "l"}, "rec7": {Target: "recT8"}}
	listed, doubled := p.recogniseRows(rows, map[airtable.RecordID]airtable.RecordID{"recT4": "rec4"}, known, "l", none)
	var got []string
	for _, l := range listed {
		got = append(got, string(l.Source)+"="+string(l.Target))
	}
	if diff := cmp.Diff([]string{"rec1=recT1", "rec4=recT4", "rec7=recT8"}, got); diff != "" || doubled != 3 {
		t.Errorf("%d doubled (-want +got):\n%s", doubled, diff)
	}
	if listed[0].Hash == "" || listed[1].Hash != "" {
		t.Errorf("hashes: %+v", listed)
	}
}

func TestBatches(t *testing.T) {
	a, b, c := blob.Ref{Key: "a"}, blob.Ref{Key: "b"}, blob.Ref{Key: "c"}
	got := inBatches([]Part{{a, 0, 13}, {b, 0, 0}, {b, 0, 4}, {c, 2, 7}})
	want := [][]Part{
		{{a, 0, 10}},
		{{a, 10, 13}, {b, 0, 4}, {c, 2, 5}},
		{{c, 5, 7}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := inBatches(nil); got != nil {
		t.Errorf("nothing: %v", got)
	}
	rows := rowsOf(want[1], []int{0, 1, 3, 9})
	if diff := cmp.Diff([]Part{{a, 10, 12}, {b, 0, 1}, {c, 4, 5}}, rows); diff != "" {
		t.Errorf("rowsOf (-want +got):\n%s", diff)
	}
	if sizeOf(rows) != 4 {
		t.Errorf("size %d", sizeOf(rows))
	}
}

func TestHoldDeletes(t *testing.T) {
	tests := []struct {
		missing, rows int64
		allowed, want bool
	}{
		{0, 100, false, false}, {10, 100, false, false}, {11, 100, false, true}, {11, 100, true, false},
		{100, 5000, false, false}, {101, 5000, false, true}, {1, 9, false, true}, {1, 10, false, false},
	}
	for _, test := range tests {
		if got := holdDeletes(test.missing, test.rows, test.allowed); got != test.want {
			t.Errorf("%+v: %t", test, got)
		}
	}
}

func TestFingerprintFollowsTheMapping(t *testing.T) {
	p, q := people(), people()
	if p.Fingerprint() != q.Fingerprint() {
		t.Error("equal mappings differ")
	}
	q.Fields[0].Target.Options = json.RawMessage(`{"choices":[]}`)
	if p.Fingerprint() != q.Fingerprint() {
		t.Error("a new choice makes a full run")
	}
	q.Fields = q.Fields[1:]
	if p.Fingerprint() == q.Fingerprint() {
		t.Error("a field less goes unnoticed")
	}
}

func TestComputedCellsBecomeText(t *testing.T) {
	for cell, want := range map[string]string{`7`: `"7"`, `"a<b"`: `"a<b"`, `null`: `null`, `[]`: `null`} {
		if got := string(textCell(json.RawMessage(cell))); got != want {
			t.Errorf("%s becomes %s, want %s", cell, got, want)
		}
	}
}

func TestAttachmentsAreWrittenOnlyWhenTheyChange(t *testing.T) {
	p := people()
	p.Fields = append(p.Fields, FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Name: "Files", Type: airtable.MultipleAttachments}})
	const one = `"fldFiles":[{"id":"att1","url":"https://example.com/1","filename":"a.pdf","size":7}]`
	before := p.desired(row(t, "rec1", `{"fldName":"A",`+one+`}`))
	renamed := p.desired(row(t, "rec1", `{"fldName":"B",`+strings.ReplaceAll(one, "/1", "/2")+`}`))
	replaced := p.desired(row(t, "rec1", `{"fldName":"A",`+strings.ReplaceAll(one, "a.pdf", "b.pdf")+`}`))
	held, answer := p.targetHashes(row(t, "recT", `{"fldN":"A","fldA":[{"id":"att9","url":"https://example.com/9","filename":"a.pdf","size":7}]}`), noSource)
	if held != before.Hash {
		t.Errorf("the copy of a file differs from it: %s %s", held, before.Hash)
	}
	known := linkmap.Known{Target: "recT", Hash: before.Hash, Answer: answer}
	listed := linkmap.Known{Target: "recT", Listed: "l", ListedHash: held, ListedAnswer: answer}
	for name, test := range map[string]struct {
		change  RowChange
		known   linkmap.Known
		listing string
		keep    bool
	}{
		"another cell changed":          {renamed, known, "", true},
		"the file changed":              {replaced, known, "", false},
		"nothing known":                 {renamed, linkmap.Known{Target: "recT"}, "", false},
		"another cell changed, listed":  {renamed, listed, "l", true},
		"the file changed, listed":      {replaced, listed, "l", false},
		"the file is gone from the row": {renamed, linkmap.Known{Target: "recT", Hash: before.Hash, Answer: answer, Listed: "l"}, "l", false},
	} {
		test.change.Target = "recT"
		test.change.KeepFiles = keepsFiles(test.change, test.known, test.listing)
		request, _ := p.upsertOf([]RowChange{test.change}, nil, passRows)
		if _, written := request.Records[0].Fields["fldA"]; written == test.keep {
			t.Errorf("%s: written %t", name, written)
		}
	}
	renamed.KeepFiles = true // but the row itself is gone
	if request, _ := p.upsertOf([]RowChange{renamed}, nil, passRows); request.Records[0].Fields["fldA"] == nil {
		t.Error("a row that is created again lacks its files")
	}
}

func noSource(LinkPair, airtable.RecordID) airtable.RecordID { return "" }
