package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// sourceOf and targetOf hash a row of people.
func sourceOf(t *testing.T, fields string) CellHashes {
	t.Helper()
	return sourceHashes(people(), row(t, "rec1", fields), airtable.CurrentForm).pack()
}

func targetOf(t *testing.T, fields string) CellHashes {
	t.Helper()
	return targetHashes(people(), row(t, "recT", fields), nil, airtable.CurrentForm).pack()
}

func TestMustWrite(t *testing.T) {
	t.Parallel()
	const l = "run.0"
	now := sourceOf(t, `{"fldName":"A","fldNote":"n"}`)
	equal, drifted, altered := targetOf(t, `{"fldN":"A","fldR":"n"}`), targetOf(t, `{"fldN":"B","fldR":"n"}`), targetOf(t, `{"fldN":"A","fldR":"N"}`)
	both := targetOf(t, `{"fldN":"B","fldR":"N"}`)
	old := sourceOf(t, `{"fldName":"old","fldNote":"n"}`)
	owed := equal.unpack()
	owed.again("fldR")
	for name, test := range map[string]struct {
		known   Known
		listing string
		want    bool
	}{
		"unknown, target not listed":   {Known{}, "", true},
		"intended only":                {Known{Made: true}, "", true},
		"intended, with hashes":        {Known{Left: now}, "", true},
		"equal to what was written":    {Known{Target: "recT", Left: now, Right: altered}, "", false},
		"nothing is known of it":       {Known{Target: "recT"}, "", true},
		"a cell is not there yet":      {Known{Target: "recT", Left: now, Right: owed.pack()}, "", true},
		"changed since":                {Known{Target: "recT", Left: old, Right: old}, "", true},
		"unknown, target listed":       {Known{}, l, true},
		"gone from the target":         {Known{Target: "recT", Left: now, Right: now, Listed: "run.9"}, l, true},
		"equal in the target":          {Known{Target: "recT", Listed: l, Seen: equal}, l, false},
		"equal in an old listing":      {Known{Target: "recT", Listed: "run.9", Seen: equal}, l, true},
		"drifted":                      {Known{Target: "recT", Left: now, Right: equal, Listed: l, Seen: drifted}, l, true},
		"as Airtable altered it":       {Known{Target: "recT", Left: now, Right: altered, Listed: l, Seen: altered}, l, false},
		"altered, another cell drifts": {Known{Target: "recT", Left: now, Right: altered, Listed: l, Seen: both}, l, true},
		"altered, one cell converged":  {Known{Target: "recT", Left: old, Right: targetOf(t, `{"fldN":"old","fldR":"N"}`), Listed: l, Seen: altered}, l, false},
		"altered, source changed":      {Known{Target: "recT", Left: sourceOf(t, `{"fldName":"A","fldNote":"o"}`), Right: altered, Listed: l, Seen: altered}, l, true},
		"a cell was not there, is now": {Known{Target: "recT", Left: now, Right: owed.pack(), Listed: l, Seen: equal}, l, false},
		"external ID cleared":          {Known{Target: "recT", Left: now, Right: equal, Listed: l}, l, true},
		"no answer to compare with":    {Known{Target: "recT", Left: now, Listed: l, Seen: altered}, l, true},
		"known in an older form": {Known{Target: "recT", Left: sourceHashes(people(), row(t, "rec1", `{"fldName":"A","fldNote":"n"}`), airtable.FormRounded).pack(),
			Right: now}, "", false},
		"changed, known in an older form": {Known{Target: "recT", Left: sourceHashes(people(), row(t, "rec1", `{"fldName":"A"}`), airtable.FormRounded).pack(),
			Right: now}, "", true},
	} {
		if got := viewOf(people(), row(t, "rec1", `{"fldName":"A","fldNote":"n"}`), test.known, test.listing).mustWrite(); got != test.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// What a run has found to be equal is noted, so that the next one need not ask.
func TestWhatIsNotedOfAnUnchangedRow(t *testing.T) {
	t.Parallel()
	r := row(t, "rec1", `{"fldName":"A"}`)
	now, older := sourceOf(t, `{"fldName":"A"}`), sourceHashes(people(), r, airtable.FormRounded).pack()
	for name, test := range map[string]struct {
		known   Known
		listing string
		want    Swept
	}{
		"nothing new":         {Known{Target: "recT", Left: now, Right: now}, "", Swept{}},
		"an older form":       {Known{Target: "recT", Left: older, Right: older}, "", Swept{Left: now}},
		"nothing was known":   {Known{Target: "recT", Listed: "l", Seen: now}, "l", Swept{Left: now, Agreed: true}},
		"listed as it was":    {Known{Target: "recT", Left: now, Right: now, Listed: "l", Seen: now}, "l", Swept{}},
		"both were edited":    {Known{Target: "recT", Left: sourceOf(t, `{}`), Right: now, Listed: "l", Seen: now}, "l", Swept{Left: now}},
		"the target was wide": {Known{Target: "recT", Left: now, Right: targetOf(t, `{}`), Listed: "l", Seen: now}, "l", Swept{Left: now, Agreed: true}},
	} {
		test.want.Source = "rec1"
		if diff := cmp.Diff(test.want, viewOf(people(), r, test.known, test.listing).settled("rec1")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestAttachmentsAreWrittenOnlyWhenTheyChange(t *testing.T) {
	t.Parallel()
	p := people()
	p.Fields = append(p.Fields, FieldPair{Source: "fldFiles", Target: airtable.Field{ID: "fldA", Name: "Files", Type: airtable.MultipleAttachments}})
	const one = `"fldFiles":[{"id":"att1","url":"https://example.com/1","filename":"a.pdf","size":7}]`
	source := func(fields string) airtable.Record { return row(t, "rec1", fields) }
	before := desired(p, source(`{"fldName":"A",`+one+`}`)).Hashes
	renamed, replaced := source(`{"fldName":"B",`+strings.ReplaceAll(one, "/1", "/2")+`}`), source(`{"fldName":"A",`+strings.ReplaceAll(one, "a.pdf", "b.pdf")+`}`)
	none := source(`{"fldName":"B"}`)
	target := func(fields string) CellHashes {
		return targetHashes(p, row(t, "recT", fields), nil, airtable.CurrentForm).pack()
	}
	held := target(`{"fldN":"A","fldA":[{"id":"att9","url":"https://example.com/9","filename":"a.pdf","size":7}]}`)
	if !held.Equal(before) {
		t.Errorf("the copy of a file differs from it: %x %x", held, before)
	}
	altered := target(`{"fldN":"A","fldA":[{"id":"att9","url":"u","filename":"a(1).pdf","size":7}]}`)
	lacking := held.unpack()
	lacking.again("fldA")
	known := Known{Target: "recT", Left: before, Right: held}
	listed := Known{Target: "recT", Listed: "l", Seen: held}
	for name, test := range map[string]struct {
		row     airtable.Record
		known   Known
		listing string
		keep    bool
	}{
		"another cell changed":             {renamed, known, "", true},
		"the file changed":                 {replaced, known, "", false},
		"nothing known":                    {renamed, Known{Target: "recT"}, "", false},
		"the file was removed":             {none, known, "", false},
		"the file had not arrived":         {renamed, Known{Target: "recT", Left: before, Right: lacking.pack()}, "", false},
		"another cell changed, listed":     {renamed, listed, "l", true},
		"the file changed, listed":         {replaced, listed, "l", false},
		"as Airtable altered it":           {renamed, Known{Target: "recT", Left: before, Right: altered, Listed: "l", Seen: altered}, "l", true},
		"altered, but the file changed":    {replaced, Known{Target: "recT", Left: before, Right: altered, Listed: "l", Seen: altered}, "l", false},
		"the file is gone from the row":    {renamed, Known{Target: "recT", Left: before, Right: held, Listed: "l", Seen: target(`{"fldN":"A"}`)}, "l", false},
		"the row must be found, or made":   {renamed, Known{Left: before, Right: held}, "", false},
		"the row is gone from the listing": {renamed, known, "l", false},
	} {
		changes := Compare(p, []airtable.Record{test.row}, map[airtable.RecordID]Known{"rec1": test.known}, "s", test.listing).Changes
		request, _ := Upsert(p, changes, nil, PassRows)
		if _, written := request.Records[0].Fields["fldA"]; written == test.keep {
			t.Errorf("%s: written %t", name, written)
		}
	}
	changes := Compare(p, []airtable.Record{renamed}, map[airtable.RecordID]Known{"rec1": known}, "s", "").Changes
	changes[0].Target = "" // the row itself turned out to be gone
	if request, _ := Upsert(p, changes, nil, PassRows); request.Records[0].Fields["fldA"] == nil {
		t.Error("a row that is created again lacks its files")
	}
}
