package record

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// fields are the cells of a record as the API shows them.
func (d *crm) fields(r *Record, how Style) map[string]any {
	d.t.Helper()
	var shown struct{ Fields map[string]any }
	if err := json.Unmarshal(NewEvaluator(d.Data).Append(nil, r, how), &shown); err != nil {
		d.t.Fatal(err)
	}
	return shown.Fields
}

func TestStyles(t *testing.T) {
	t.Parallel()
	d := setup(t)
	acme := d.create(d.companies, "Name", "Acme")
	ann := d.create(d.people, "Name", "Ann", "Age", 3, "Done", true, "Company", []string{acme.ID})
	id := func(name string) string { return d.people.Field(name).ID }
	for _, c := range []struct {
		name string
		how  Style
		want string
	}{
		{"plain", Style{}, `{"id":"ANN","fields":{"Name":"Ann","Age":3,"Done":true,"Company":["ACME"],"Label":"Ann/3/Acme","Broken":{"error":"#ERROR!"}},"createdTime":"2023-11-14T22:13:20.000Z"}`},
		{"some fields", Style{Fields: []*schema.Field{d.people.Field("Age"), d.people.Field("Boss")}}, `{"id":"ANN","fields":{"Age":3},"createdTime":"2023-11-14T22:13:20.000Z"}`},
		{"by id", Style{ByID: true, Fields: []*schema.Field{d.people.Field("Boss"), d.people.Field("Age")}}, `{"id":"ANN","fields":{"` + id("Age") + `":3},"createdTime":"2023-11-14T22:13:20.000Z"}`},
		{"as text", Style{AsText: true}, `{"id":"ANN","fields":{"Name":"Ann","Age":"3","Done":"checked","Company":"Acme","Label":"Ann/3/Acme","Broken":"#ERROR!"},"createdTime":"2023-11-14T22:13:20.000Z"}`},
		{"objects and comments", Style{LinksAsObjects: true, CommentCount: true, Fields: []*schema.Field{d.people.Field("Company"), d.people.Field("Boss")}},
			`{"id":"ANN","fields":{"Company":[{"id":"ACME"}]},"commentCount":0,"createdTime":"2023-11-14T22:13:20.000Z"}`},
	} {
		want := strings.NewReplacer("ANN", ann.ID, "ACME", acme.ID).Replace(c.want)
		if got := string(NewEvaluator(d.Data).Append(nil, ann, c.how)); got != want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, want)
		}
	}
	both := string(NewEvaluator(d.Data).AppendList(nil, []*Record{acme, acme}, Style{}))
	if want := `"records":[` + string(NewEvaluator(d.Data).Append(nil, acme, Style{})) + "," + string(NewEvaluator(d.Data).Append(nil, acme, Style{})) + "]"; both != want {
		t.Errorf("got %s", both)
	}
}

func TestTitlesEndWhereTheyWouldFillTheMemory(t *testing.T) {
	t.Parallel()
	d := setup(t)
	var linked []string
	for range 4 {
		linked = append(linked, d.create(d.companies, "Name", strings.Repeat("x", 600_000)).ID)
	}
	ann := d.create(d.people, "Company", linked)
	if got := len(NewEvaluator(d.Data).Value(ann, d.people.Field("Company")).Text); got != 2*600_000+2 {
		t.Errorf("four titles of 600,000 bytes became %d", got)
	}
}

func TestFormulasInACircleAcrossTablesAreErrors(t *testing.T) {
	t.Parallel()
	d := setup(t)
	base := d.people.Base
	c := d.Begin(noon)
	made := map[string]*schema.Table{}
	for _, name := range []string{"Left", "Right"} {
		table, err := c.Schema.CreateTable(base, schema.TableBody{Name: name, Fields: []schema.FieldBody{{Name: "Title", Type: "formula", Options: cells("formula", "1")}}})
		if err != nil {
			t.Fatal(err)
		}
		made[name] = table
	}
	left, right := made["Left"], made["Right"]
	if _, err := c.Schema.CreateField(base, left.ID, schema.FieldBody{Name: "Right", Type: "multipleRecordLinks", Options: cells("linkedTableId", right.ID)}); err != nil {
		t.Fatal(err)
	}
	for table, formula := range map[*schema.Table]string{left: "{Right} & 'l'", right: "{Left} & 'r'"} { // each title names the other table's
		if _, err := c.Schema.UpdateField(base, table.ID, table.Primary().ID, schema.Patch{"options": wire.Encode(cells("formula", formula))}); err != nil {
			t.Fatal(err)
		}
	}
	other := d.create(right)
	one := d.create(left, "Right", []string{other.ID})
	if got := NewEvaluator(d.Data).Title(one); got != "#ERROR!rl" {
		t.Errorf("got %q", got)
	}
}
