package airtablesync

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Every change can be repeated: after a lost response, what the first attempt
// made is adopted.
func TestChangesAreAdopted(t *testing.T) {
	t.Parallel()
	table := plan.SchemaChange{Type: plan.CreateTable, Base: "appT", Name: "People"}
	field := plan.SchemaChange{Type: plan.CreateField, Base: "appT", Table: "tblT", Name: "Deals",
		Fields: []airtable.NewField{{Name: "Age", Type: airtable.Number}}}
	link := field
	link.Fields = []airtable.NewField{{Name: "Boss", Type: airtable.MultipleRecordLinks, Options: airtable.NewLinkOptions("tblT")}}
	external := field
	external.External = true
	missing := field
	missing.Table = "tblGone"
	taken := failure.New(failure.Validation, "duplicate_table_name", "taken")
	for name, test := range map[string]struct {
		change  plan.SchemaChange
		attempt int
		has     []airtable.Field // in table tblT; nil: the base has no table
		fail    error
		calls   []string
		event   string // part of it
		code    string
		fresh   string
	}{
		"a new table":                {change: table, attempt: 1, calls: []string{"create table People"}, event: `"table":"tblNew"`, fresh: "appT/tblNew"},
		"a repeated one, not made":   {change: table, attempt: 2, calls: []string{"schema", "create table People"}, event: `"table":"tblNew"`, fresh: "appT/tblNew"},
		"a repeated one, made":       {change: table, attempt: 2, has: []airtable.Field{{}}, calls: []string{"schema"}, event: `"table":"tblT"`, fresh: "appT/tblT"},
		"a taken name":               {change: table, attempt: 1, has: []airtable.Field{{}}, fail: taken, calls: []string{"create table People", "schema"}, event: `"table":"tblT"`, fresh: "appT/tblT"},
		"a taken name of no table":   {change: table, attempt: 1, fail: taken, calls: []string{"create table People", "schema"}, code: "duplicate_table_name"},
		"another failure":            {change: table, attempt: 1, fail: failure.New(failure.Transient, "x", "x"), calls: []string{"create table People"}, code: "x"},
		"a new field":                {change: field, attempt: 1, calls: []string{"create field Age of tblT"}, event: `"field":"fldNew","name":"Age","field_type":"number"`},
		"the external ID":            {change: external, attempt: 1, calls: []string{"create field Age of tblT"}, event: `"field":"fldNew"`, fresh: "appT/tblT"},
		"a repeated field, made":     {change: field, attempt: 2, has: []airtable.Field{{ID: "fldA", Name: "age", Type: airtable.Number}}, calls: []string{"schema"}, event: `"field":"fldA"`},
		"a repeated field, not made": {change: field, attempt: 2, has: []airtable.Field{{ID: "fldB", Name: "B"}}, calls: []string{"schema", "create field Age of tblT"}, event: `"field":"fldNew"`},
		"a field of another type":    {change: field, attempt: 2, has: []airtable.Field{{ID: "fldA", Name: "Age", Type: airtable.Email}}, calls: []string{"schema"}, code: "type_mismatch"},
		"a link, made with its inverse": {change: link, attempt: 2, calls: []string{"schema"}, event: `"inverse":"fldI"`,
			has: []airtable.Field{{ID: "fldL", Name: "Boss", Type: airtable.MultipleRecordLinks, Options: []byte(`{"linkedTableId":"tblT","inverseLinkFieldId":"fldI"}`)}}},
		"a link to another table": {change: link, attempt: 2, calls: []string{"schema"}, code: "type_mismatch",
			has: []airtable.Field{{ID: "fldL", Name: "Boss", Type: airtable.MultipleRecordLinks, Options: []byte(`{"linkedTableId":"tblX"}`)}}},
		"a field of a table that is gone": {change: missing, attempt: 2, has: []airtable.Field{{}}, calls: []string{"schema"}, code: "target_table_missing"},
		"a rename": {change: plan.SchemaChange{Type: plan.RenameField, Base: "appT", Table: "tblT", Field: "fldA", Rename: "Staff"}, attempt: 1,
			calls: []string{"rename fldA of tblT to Staff"}, event: `airtable_sync.field_renamed {"base":"appT","table":"tblT","field":"fldA","name":"Staff"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			if b.fake.fail = test.fail; test.has != nil {
				b.fake.schema.Tables = []airtable.Table{{ID: "tblT", Name: "people", Fields: test.has}}
			}
			ctx, left := b.attempt(test.attempt)
			ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Changes: plan.SchemaChanges{test.change}})
			b.ok(err)
			steps := changeSteps{b.tools}
			step := steps.createTable
			switch test.change.Type {
			case plan.CreateField:
				step = steps.createField
			case plan.RenameField:
				step = steps.renameField
			}
			made, err := step(ctx, changeRequest{Plan: ref, Change: 0})
			if failure.CodeOf(err) != test.code || (err != nil) != (test.code != "") {
				t.Fatalf("got %v, want the code %q", err, test.code)
			}
			if diff := cmp.Diff(test.calls, b.fake.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if events := strings.Join(recorded(left), "\n"); test.event != "" && !strings.Contains(events, test.event) || test.event == "" && events != "" {
				t.Errorf("events: %s", events)
			}
			if err == nil && (made.Calls != int64(len(test.calls)) || made.Fresh != test.fresh) {
				t.Errorf("%+v", made)
			}
		})
	}
}
