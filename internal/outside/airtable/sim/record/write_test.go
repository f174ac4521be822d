package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// noon is the moment of the first change, in milliseconds since 1970.
const noon = 1_700_000_000_123

// crm is people who link to companies and to each other, without records.
type crm struct {
	*Data
	t                 *testing.T
	people, companies *schema.Table
}

func setup(t *testing.T) *crm {
	t.Helper()
	s := schema.New()
	c := s.Begin()
	base, err := c.CreateBase(schema.BaseBody{Name: "CRM", Tables: []schema.TableBody{
		{Name: "Companies", Fields: []schema.FieldBody{{Name: "Name", Type: "singleLineText"}}},
		{Name: "People", Fields: []schema.FieldBody{{Name: "Name", Type: "singleLineText"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	d := &crm{Data: NewData(s), t: t, companies: base.Tables[0], people: base.Tables[1]}
	for _, f := range []struct{ name, typ, options string }{
		{"Age", "number", `{"precision":0}`}, {"Done", "checkbox", `{"icon":"check","color":"redBright"}`}, {"Stage", "singleSelect", `{"choices":[{"name":"New"}]}`},
		{"Files", "multipleAttachments", `null`}, {"Company", "multipleRecordLinks", `{"linkedTableId":"` + d.companies.ID + `"}`},
		{"Boss", "multipleRecordLinks", `{"linkedTableId":"` + d.people.ID + `"}`}, {"Label", "formula", `{"formula":"{Name} & '/' & {Age} & '/' & {Company}"}`},
		{"Broken", "formula", `{"formula":"{Name} + 1"}`},
	} {
		var options map[string]json.RawMessage
		if err := json.Unmarshal([]byte(f.options), &options); err != nil {
			t.Fatal(err)
		}
		if _, err := c.CreateField(base, d.people.ID, schema.FieldBody{Name: f.name, Type: schema.FieldType(f.typ), Options: options}); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// cells are the cells of a write; a value is any that encoding/json takes.
func cells(pairs ...any) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = wire.Encode(pairs[i+1])
	}
	return m
}

// create makes one record in a change of its own.
func (d *crm) create(t *schema.Table, pairs ...any) *Record {
	d.t.Helper()
	r, err := d.Begin(noon).Create(t, cells(pairs...), Mode{})
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// update changes one record in a change of its own, an hour later.
func (d *crm) update(r *Record, mode Mode, pairs ...any) {
	d.t.Helper()
	if err := d.Begin(noon+3_600_000).Update(r, cells(pairs...), mode); err != nil {
		d.t.Fatal(err)
	}
}

// shown is all records as the API shows them, with when each was modified.
func (d *crm) shown() string {
	var out strings.Builder
	for _, t := range []*schema.Table{d.companies, d.people} {
		e := NewEvaluator(d.Data)
		for _, r := range d.Of(t).InCreationOrder() {
			fmt.Fprintf(&out, "%s %d %d %v\n", e.Append(nil, r, Style{}), r.seq, r.modified, r.Deleted())
		}
		fmt.Fprintf(&out, "next %d\n", d.NextSeq(t))
		for _, f := range t.Fields {
			fmt.Fprintf(&out, "%v\n", f.Choices)
		}
	}
	return out.String()
}

func TestUpdateKeepsAndReplaceClears(t *testing.T) {
	t.Parallel()
	d := setup(t)
	acme := d.create(d.companies, "Name", "Acme")
	ann := d.create(d.people, "Name", "Ann", "Age", 3, "Company", []string{acme.ID})
	d.update(ann, Mode{}, "Age", 4)
	if diff := cmp.Diff(map[string]any{"Name": "Ann", "Age": 4.0, "Company": []any{acme.ID}, "Label": "Ann/4/Acme", "Broken": map[string]any{"error": "#ERROR!"}}, d.fields(ann, Style{})); diff != "" {
		t.Error(diff)
	}
	modified := ann.modified
	if err := d.Begin(modified+1).Update(ann, cells("Name", "Ann", "Age", 4, "Company", []string{acme.ID}), Mode{Replace: true}); err != nil || ann.modified != modified {
		t.Errorf("replacing a record by itself changed it: %v", err)
	}
	d.update(ann, Mode{Replace: true}, "Age", 5)
	if diff := cmp.Diff(map[string]any{"Age": 5.0, "Label": "/5/", "Broken": 1.0}, d.fields(ann, Style{})); diff != "" {
		t.Error(diff)
	}
	if got := acme.Cell(d.companies.Field("People")); got != nil {
		t.Errorf("the company still links to %v", got)
	}
}

func TestARefusedCellIsFoundBeforeAnythingIsWritten(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ann := d.create(d.people, "Name", "Ann")
	before := d.shown()
	for _, fields := range []map[string]json.RawMessage{cells("Age", 1, "Nope", 1), cells("Age", 1, "Name", 5), cells("Age", 1, "Label", "x")} {
		if err := d.Begin(noon).Update(ann, fields, Mode{}); err == nil {
			t.Errorf("%s is accepted", fields)
		}
		if _, err := d.Begin(noon).Create(d.people, fields, Mode{}); err == nil {
			t.Errorf("%s is accepted", fields)
		}
	}
	if diff := cmp.Diff(before, d.shown()); diff != "" {
		t.Error(diff)
	}
}

func TestBothSidesOfALinkStayInStep(t *testing.T) {
	t.Parallel()
	d := setup(t)
	acme, apex := d.create(d.companies, "Name", "Acme"), d.create(d.companies, "Name", "Apex")
	ann, bob := d.create(d.people, "Company", []string{acme.ID}), d.create(d.people, "Company", []string{acme.ID, apex.ID})
	check := func(when string, want ...[]string) {
		t.Helper()
		company, people := d.people.Field("Company"), d.companies.Field("People")
		for i, got := range []cell.Value{ann.Cell(company), bob.Cell(company), acme.Cell(people), apex.Cell(people)} {
			ids, _ := got.([]string)
			if diff := cmp.Diff(want[i], ids); diff != "" {
				t.Errorf("%s, side %d: %s", when, i, diff)
			}
		}
	}
	check("created", []string{acme.ID}, []string{acme.ID, apex.ID}, []string{ann.ID, bob.ID}, []string{bob.ID})
	d.update(ann, Mode{}, "Company", []string{apex.ID})
	check("moved", []string{apex.ID}, []string{acme.ID, apex.ID}, []string{bob.ID}, []string{bob.ID, ann.ID})
	d.update(acme, Mode{}, "People", []string{ann.ID, bob.ID})
	check("from the other side", []string{apex.ID, acme.ID}, []string{acme.ID, apex.ID}, []string{ann.ID, bob.ID}, []string{bob.ID, ann.ID})
	d.Begin(noon).Delete(acme)
	check("deleted", []string{apex.ID}, []string{apex.ID}, nil, []string{bob.ID, ann.ID})
	d.update(apex, Mode{}, "People", nil)
	check("cleared", nil, nil, nil, nil)
}

func TestDeletingARecordRemovesLinksOfItsOwnTable(t *testing.T) {
	t.Parallel()
	d := setup(t)
	boss := d.create(d.people, "Name", "Boss")
	ann, bob := d.create(d.people, "Boss", []string{boss.ID}), d.create(d.people)
	d.update(bob, Mode{}, "Boss", []string{bob.ID, boss.ID})
	c := d.Begin(noon)
	c.Delete(boss)
	field := d.people.Field("Boss")
	if got := ann.Cell(field); got != nil {
		t.Errorf("Ann's boss is %v", got)
	}
	if diff := cmp.Diff([]string{bob.ID}, bob.Cell(field)); diff != "" {
		t.Error(diff)
	}
	if !boss.Deleted() || d.Of(d.people).Record(boss.ID) != nil || d.InBase(d.people.Base, boss.ID) != nil {
		t.Error("the record is still found")
	}
	if touched := c.Touched(); len(touched) != 3 || touched[2] != boss {
		t.Errorf("touched %v", ids(touched))
	}
}

// ids are those of records, in their order.
func ids(records []*Record) []string {
	var all []string
	for _, r := range records {
		all = append(all, r.ID)
	}
	return all
}

func TestOnlyARealChangeMovesTheModifiedTime(t *testing.T) {
	t.Parallel()
	d := setup(t)
	acme := d.create(d.companies, "Name", "Acme")
	ann := d.create(d.people, "Name", "Ann", "Age", 1, "Company", []string{acme.ID})
	for _, step := range []struct {
		name         string
		field        string
		value        any
		person, firm bool
	}{
		{"the same number", "Age", 1, false, false},
		{"the same link", "Company", []string{acme.ID}, false, false},
		{"an empty cell emptied", "Done", false, false, false},
		{"another number", "Age", 2, true, false},
		{"a link removed", "Company", []string{}, true, true},
	} {
		ann.modified, acme.modified = noon, noon
		c := d.Begin(noon + 1)
		if err := c.Update(ann, cells(step.field, step.value), Mode{}); err != nil {
			t.Fatal(err)
		}
		if person, firm := ann.modified == noon+1, acme.modified == noon+1; person != step.person || firm != step.firm {
			t.Errorf("%s: the person moved %v, the company %v", step.name, person, firm)
		}
		if touched := len(c.Touched()) > 0; touched != step.person {
			t.Errorf("%s: touched %v", step.name, ids(c.Touched()))
		}
	}
}

func TestTypecastMakesTheRecordsThatALinkNames(t *testing.T) {
	t.Parallel()
	d := setup(t)
	apex := d.create(d.companies, "Name", "Apex")
	for range 9 {
		d.create(d.companies, "Name", "Apex") // the first of equal titles is taken
	}
	c := d.Begin(noon)
	ann, err := c.Create(d.people, cells("Company", "Apex, Fresh, Fresh"), Mode{Typecast: true})
	if err != nil {
		t.Fatal(err)
	}
	links := ann.Cell(d.people.Field("Company")).([]string)
	if len(links) != 2 || links[0] != apex.ID {
		t.Fatalf("got %v", links)
	}
	fresh := d.Of(d.companies).Record(links[1])
	if title := NewEvaluator(d.Data).Title(fresh); title != "Fresh" {
		t.Errorf("the new record is %q", title)
	}
	if diff := cmp.Diff([]string{ann.ID}, fresh.Cell(d.companies.Field("People"))); diff != "" {
		t.Error(diff)
	}
	c.Rollback()
	if d.Of(d.companies).Record(fresh.ID) != nil || apex.Cell(d.companies.Field("People")) != nil {
		t.Error("the rollback left a record or a link")
	}
}

func TestAnAttachmentIsKnownToItsFieldOnly(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ann := d.create(d.people, "Files", []map[string]string{{"url": "https://x/a.png"}})
	file := cell.Attachments(ann.Cell(d.people.Field("Files")))[0]
	bob := d.create(d.people, "Name", "Bob")
	if err := d.Begin(noon).Update(bob, cells("Files", []map[string]string{{"id": file.ID}}), Mode{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]cell.Attachment{file}, cell.Attachments(bob.Cell(d.people.Field("Files")))); diff != "" {
		t.Error(diff)
	}
	if err := d.Begin(noon).Update(bob, cells("Files", []map[string]string{{"id": "attAAAAAAAAAAAAAA"}}), Mode{}); err == nil {
		t.Error("an unknown attachment is accepted")
	}
}
