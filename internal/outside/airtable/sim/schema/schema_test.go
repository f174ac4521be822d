package schema_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// crm is a schema of one base with two tables. People link to Companies.
type crm struct {
	*schema.Schema
	base              *schema.Base
	people, companies *schema.Table
}

const peopleBody = `{"name":"People","fields":[
	{"name":"Name","type":"singleLineText"},
	{"name":"Age","type":"number","options":{"precision":0}},
	{"name":"Stage","type":"singleSelect","options":{"choices":[{"name":"New"},{"name":"Won","color":"redBright"}]}},
	{"name":"Label","type":"formula","options":{"formula":"{Name} & {Age}"}}]}`

func setup(t *testing.T) *crm {
	t.Helper()
	s := &crm{Schema: schema.New()}
	c := s.Begin()
	var err *wire.Error
	if s.base, err = c.CreateBase(schema.BaseBody{Name: "CRM", Tables: []schema.TableBody{
		body[schema.TableBody](t, `{"name":"Companies","fields":[{"name":"Name","type":"singleLineText"}]}`), body[schema.TableBody](t, peopleBody)}}); err != nil {
		t.Fatal(err)
	}
	s.companies, s.people = s.base.Tables[0], s.base.Tables[1]
	if _, err := c.CreateField(s.base, s.people.ID, link("Company", s.companies)); err != nil {
		t.Fatal(err)
	}
	return s
}

// body is what a call with this JSON asks for.
func body[T any](t *testing.T, text string) T {
	t.Helper()
	var b T
	if err := json.Unmarshal([]byte(text), &b); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}

// link is a field that points to a table.
func link(name string, to *schema.Table) schema.FieldBody {
	return schema.FieldBody{Name: name, Type: "multipleRecordLinks", Options: map[string]json.RawMessage{"linkedTableId": wire.Encode(to.ID)}}
}

// shown is the whole schema as the API shows it.
func (s *crm) shown() string {
	var out []byte
	for _, b := range s.Bases() {
		out = b.AppendTables(append(append(out, b.Name...), ' '), true)
	}
	return string(out)
}

// message is what is wrong, or "".
func message(err *wire.Error) string {
	if err == nil {
		return ""
	}
	return err.Type + ": " + err.Message
}

func TestFind(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	other, err := c.CreateBase(schema.BaseBody{Name: "Other", Tables: []schema.TableBody{body[schema.TableBody](t, `{"name":"T","fields":[{"name":"N","type":"email"}]}`)}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]*schema.Table{s.people.ID: s.people, "People": s.people, "Companies": s.companies} {
		if got, err := s.Find(s.base.ID, key); err != nil || got != want {
			t.Errorf("%s: got %v, %v", key, got, err)
		}
	}
	for _, c := range []struct {
		base, table string
		want        *wire.Error
	}{
		{"appAAAAAAAAAAAAAA", s.people.ID, wire.ModelNotFound()},
		{s.base.ID, "people", wire.ModelNotFound()},
		{s.base.ID, other.Tables[0].ID, wire.StateCheckFailed()},
		{s.base.ID, "T", wire.ModelNotFound()},
	} {
		if _, err := s.Find(c.base, c.table); cmp.Diff(c.want, err) != "" {
			t.Errorf("%s in %s: got %v", c.table, c.base, err)
		}
	}
	age := s.people.Field("Age")
	if age == nil || s.people.Field(age.ID) != age || s.people.FieldByID(age.ID) != age || s.people.Field("age") != nil || s.people.FieldByID("Age") != nil {
		t.Error("fields are found by id and by exact name")
	}
	grid := s.people.Views[0]
	if v, found := s.people.View(grid.ID); !found || !cmp.Equal(v, grid) || grid.Name != "Grid view" {
		t.Errorf("got %v", v)
	}
	if _, found := s.companies.View(grid.ID); found {
		t.Error("a view of another table is found")
	}
}

func TestLinks(t *testing.T) {
	t.Parallel()
	s := setup(t)
	company, back := s.people.Field("Company"), s.companies.Field("People")
	if back == nil || company.Inverse != back.ID || back.Inverse != company.ID || company.Linked != s.companies.ID || back.Linked != s.people.ID || back.TableID != s.companies.ID {
		t.Fatalf("the inverse is %+v", back)
	}
	c := s.Begin()
	for _, want := range []string{"People 2", "People 3"} {
		f, err := c.CreateField(s.base, s.people.ID, link("To "+want, s.companies))
		if err != nil {
			t.Fatal(err)
		}
		if got := s.companies.FieldByID(f.Inverse); got == nil || got.Name != want {
			t.Errorf("the inverse is %v, want %s", got, want)
		}
	}
	self, err := c.CreateField(s.base, s.people.ID, link("Boss", s.people))
	if err != nil || self.Inverse != "" || self.Linked != s.people.ID {
		t.Errorf("a link to its own table: %+v, %v", self, err)
	}
	other, err := c.CreateBase(schema.BaseBody{Name: "Other", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.CreateField(s.base, s.people.ID, link("Far", other.Tables[0])); !strings.Contains(message(err), "does not exist in this base") {
		t.Errorf("a link to another base: %v", err)
	}
}

func TestChoices(t *testing.T) {
	t.Parallel()
	s := setup(t)
	stage := s.people.Field("Stage")
	before := stage.Choices
	s.Begin().AddChoice(stage, "Lost")
	colors := ""
	for _, c := range stage.Choices {
		colors += c.Name + " " + c.Color + " "
	}
	if colors != "New blueLight2 Won redBright Lost tealLight2 " || len(before) != 2 {
		t.Errorf("got %s", colors)
	}
	if stage.ChoiceIndex("Lost") != 2 || stage.ChoiceIndex("lost") != -1 {
		t.Error("choices are found by exact name")
	}
}

func TestEntriesRestoreTheSchema(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	for _, f := range []string{
		`{"name":"When","type":"dateTime","description":"d","options":{"dateFormat":{"name":"iso"},"timeFormat":{"name":"24hour"},"timeZone":"Europe/Berlin"}}`,
		`{"name":"Later","type":"formula","options":{"formula":"{Sooner}&1"}}`, // refused, since Sooner does not exist yet
		`{"name":"Sooner","type":"formula","options":{"formula":"{Age}+1"}}`,
		`{"name":"Stars","type":"rating","options":{"max":7,"icon":"star","color":"redBright"}}`,
	} {
		c := s.Begin()
		if _, err := c.CreateField(s.base, s.people.ID, body[schema.FieldBody](t, f)); err != nil {
			c.Rollback()
		}
	}
	if _, err := c.UpdateField(s.base, s.people.ID, s.people.Field("Label").ID, schema.Patch{"options": []byte(`{"formula":"{Sooner}"}`)}); err != nil {
		t.Fatal(err) // a formula that names one behind it
	}
	restored := &crm{Schema: schema.New()}
	for range 2 { // the second time changes nothing
		restored.RestoreBase(s.base.Entry())
		for _, table := range s.base.Tables {
			raw, err := json.Marshal(table.Entry())
			if err != nil {
				t.Fatal(err)
			}
			if typed := []string{`"linkedTableId"`, `"options":{"formula"`, `"options":{"choices"`}; slices.ContainsFunc(typed, func(key string) bool { return strings.Contains(string(raw), key) }) {
				t.Errorf("an option is kept twice: %s", raw)
			}
			if _, err := restored.RestoreTable(body[schema.TableEntry](t, string(raw))); err != nil {
				t.Fatal(err)
			}
		}
	}
	restored.Compile()
	if diff := cmp.Diff(s.shown(), restored.shown()); diff != "" {
		t.Error(diff)
	}
	people := restored.Table(s.people.ID)
	if zone := people.Field("When").Location().String(); zone != "Europe/Berlin" {
		t.Errorf("the zone is %s", zone)
	}
	if people.Field("Stars").Max() != 7 || people.Field("Age").TableID != people.ID {
		t.Error("a field lost its options or its table")
	}
	if _, err := schema.New().RestoreTable(s.people.Entry()); err == nil || !strings.Contains(err.Error(), "unknown base") {
		t.Errorf("a table without its base: %v", err)
	}
}
