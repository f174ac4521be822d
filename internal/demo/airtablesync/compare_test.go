package airtablesync

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/crm"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// record is a record with cells in JSON.
func record(id string, cells map[string]string) airtable.Record {
	r := airtable.Record{ID: airtable.RecordID(id), Fields: map[string]json.RawMessage{}}
	for field, cell := range cells {
		r.Fields[field] = json.RawMessage(cell)
	}
	return r
}

// base is a base with the tables A and B; A links to B.
func base(a, b []airtable.Record) crm.Contents {
	text := airtable.Field{Name: "Name", Type: "singleLineText"}
	return crm.Contents{
		Schema: &airtable.Base{Tables: []airtable.Table{
			{Name: "A", Fields: []airtable.Field{text, {Name: "Key", Type: "formula"}, {Name: "Link", Type: "multipleRecordLinks"}}},
			{Name: "B", Fields: []airtable.Field{text}},
		}},
		Records: map[string][]airtable.Record{"A": a, "B": b},
	}
}

// bases are a source and a faithful target.
func bases() (source, target crm.Contents) {
	source = base([]airtable.Record{
		record("recA1", map[string]string{"Name": `"one"`, "Key": `"x"`, "Link": `["recB1","recB2"]`}),
		record("recA2", nil),
	}, []airtable.Record{record("recB1", map[string]string{"Name": `"b"`}), record("recB2", nil)})
	target = base([]airtable.Record{
		record("recT2", map[string]string{externalID: `"app1/recA2"`}),
		record("recT1", map[string]string{externalID: `"app1/recA1"`, "Name": `"one"`, "Key": `"y"`, "Link": `["recU2","recU1"]`}),
	}, []airtable.Record{
		record("recU1", map[string]string{externalID: `"app1/recB1"`, "Name": `"b"`}),
		record("recU2", map[string]string{externalID: `"app1/recB2"`}),
	})
	return source, target
}

func TestCompare(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(target *crm.Contents)
		want  comparison
	}{
		"equal": {func(*crm.Contents) {}, comparison{}},
		"a record is missing": {func(to *crm.Contents) { to.Records["A"] = to.Records["A"][1:] },
			comparison{missing: 1, first: "A: recA2 is missing"}},
		"a record exists twice": {func(to *crm.Contents) {
			to.Records["B"] = append(to.Records["B"], record("recU3", map[string]string{externalID: `"app1/recB2"`}))
		}, comparison{duplicate: 1, extra: 1, different: 1, first: "recU3 stands for recB2 a second time"}},
		"a record too many": {func(to *crm.Contents) { to.Records["B"] = append(to.Records["B"], record("recU3", nil)) },
			comparison{extra: 1, first: "1 extra records"}},
		"two records that no source has": {func(to *crm.Contents) {
			to.Records["B"] = append(to.Records["B"], record("recU3", nil), record("recU4", nil))
		}, comparison{extra: 2, first: "2 extra records"}},
		"another cell": {func(to *crm.Contents) { to.Records["B"][0].Fields["Name"] = json.RawMessage(`"c"`) },
			comparison{different: 1, first: "B recB1, field Name"}},
		"a cell too many": {func(to *crm.Contents) { to.Records["B"][1].Fields["Name"] = json.RawMessage(`"c"`) },
			comparison{different: 1, first: "B recB2, field Name"}},
		"a link to another record": {func(to *crm.Contents) { to.Records["A"][1].Fields["Link"] = json.RawMessage(`["recU1"]`) },
			comparison{different: 1, first: "A recA1, field Link"}},
		"a field is missing": {func(to *crm.Contents) { to.Schema.Tables[1].Fields = nil },
			comparison{different: 2, first: "no field Name"}},
		"a table is missing": {func(to *crm.Contents) {
			to.Records["A"] = append(to.Records["A"], to.Records["B"]...)
			to.Schema.Tables = to.Schema.Tables[:1]
		}, comparison{different: 2, extra: 2, first: "2 extra records"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, target := bases()
			c.spoil(&target)
			got := compare("app1", source, target)
			if !strings.Contains(got.first, c.want.first) {
				t.Errorf("the first finding is %q, want %q in it", got.first, c.want.first)
			}
			if got.equal() != (name == "equal") {
				t.Errorf("equal: %t", got.equal())
			}
			c.want.records, c.want.first = 4, got.first
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(comparison{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFloor(t *testing.T) {
	t.Parallel()
	rows := func(n int) crm.Table { return crm.Table{Name: "T", Rows: make([]map[string]any, n)} }
	for n, want := range map[int]int{0: 3, 1: 4, 10: 4, 11: 5, 100: 13, 101: 2 + 2 + 11} {
		if got := floor([]crm.Table{rows(n)}); got != want {
			t.Errorf("%d rows: %d calls, want %d", n, got, want)
		}
	}
}

func TestWritten(t *testing.T) {
	t.Parallel()
	output := json.RawMessage(`{"tables":[{"created":2,"updated":3,"deleted":4},{"created":5}]}`)
	if n, err := written(workflow.Execution{Output: output}); err != nil || n != 10 {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := written(workflow.Execution{}); err == nil {
		t.Error("a run without a summary passed")
	}
}
