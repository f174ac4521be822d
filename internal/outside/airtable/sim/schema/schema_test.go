package schema_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
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
	return schema.FieldBody{Name: name, Kind: "multipleRecordLinks", Options: map[string]json.RawMessage{"linkedTableId": wire.Encode(to.ID)}}
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
	if v, found := s.people.View(grid.ID); !found || v != grid || grid.Name != "Grid view" {
		t.Errorf("got %v", v)
	}
	if _, found := s.companies.View(grid.ID); found {
		t.Error("a view of another table is found")
	}
}

// each is a legal set of options for every kind that the API can create.
var each = map[string]string{
	"singleLineText": "", "email": "", "url": "", "phoneNumber": "", "multilineText": "", "richText": "", "singleCollaborator": "",
	"multipleCollaborators": "", "multipleAttachments": "", "barcode": "",
	"number": `{"precision":8}`, "percent": `{"precision":0}`, "currency": `{"precision":7,"symbol":"€"}`, "duration": `{"durationFormat":"h:mm:ss.SSS"}`,
	"rating": `{"max":10,"icon":"dot","color":"redBright"}`, "checkbox": `{"icon":"check","color":"greenBright"}`,
	"date":         `{"dateFormat":{"name":"friendly"}}`,
	"dateTime":     `{"dateFormat":{"name":"us","format":"M/D/YYYY"},"timeFormat":{"name":"12hour"},"timeZone":"Europe/Berlin"}`,
	"singleSelect": `{"choices":[]}`, "multipleSelects": `{"choices":[{"name":"a"}]}`, "formula": `{"formula":"1"}`,
}

func TestEveryCreatableKindIsCreated(t *testing.T) {
	t.Parallel()
	for kind, options := range each {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			f := schema.FieldBody{Name: "F", Kind: schema.Kind(kind)}
			if options != "" {
				f.Options = body[map[string]json.RawMessage](t, options)
			}
			made, err := s.Begin().CreateField(s.base, s.people.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			if made.Shape() == schema.None || s.people.Field("F") != made {
				t.Errorf("got %+v", made)
			}
			f.Name = "G"
			f.Options = map[string]json.RawMessage{"surplus": json.RawMessage("1")}
			if _, err := s.Begin().CreateField(s.base, s.people.ID, f); err == nil {
				t.Error("a surplus option is accepted")
			}
		})
	}
}

func TestRefusedOptions(t *testing.T) {
	t.Parallel()
	s := setup(t)
	const invalid = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE: Invalid options for People.F: Failed schema validation: F.options"
	for _, c := range []struct{ kind, options, want string }{
		{"number", ``, invalid + " is missing"},
		{"number", `{}`, invalid + ".precision is missing"},
		{"number", `{"precision":9}`, invalid + ".precision is invalid"},
		{"number", `{"precision":-1}`, invalid + ".precision is invalid"},
		{"number", `{"precision":1.5}`, invalid + ".precision is invalid"},
		{"number", `{"precision":"1"}`, invalid + ".precision is invalid"},
		{"number", `{"precision":null}`, invalid + ".precision is invalid"},
		{"number", `{"precision":1,"b":1,"a":1}`, invalid + ".a is not included in the number schema"},
		{"currency", `{"precision":8,"symbol":"$"}`, invalid + ".precision is invalid"},
		{"currency", `{"precision":2,"symbol":""}`, invalid + ".symbol is invalid"},
		{"duration", `{"durationFormat":"h"}`, invalid + ".durationFormat is invalid"},
		{"rating", `{"max":0,"icon":"star","color":"x"}`, invalid + ".max is invalid"},
		{"rating", `{"max":11,"icon":"star","color":"x"}`, invalid + ".max is invalid"},
		{"rating", `{"max":5,"icon":"sun","color":"x"}`, invalid + ".icon is invalid"},
		{"date", `{"dateFormat":{"name":"iso","format":"LL"}}`, invalid + ".dateFormat is invalid"},
		{"date", `{"dateFormat":{"name":"ISO"}}`, invalid + ".dateFormat is invalid"},
		{"date", `{"dateFormat":"iso"}`, invalid + ".dateFormat is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"24hour"},"timeZone":"UTC"}`, invalid + ".timeZone is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"24hour"},"timeZone":"Nowhere/Else"}`, invalid + ".timeZone is invalid"},
		{"dateTime", `{"dateFormat":{"name":"us"},"timeFormat":{"name":"iso"},"timeZone":"utc"}`, invalid + ".timeFormat is invalid"},
		{"singleSelect", `{"choices":[{"name":"a"},{"name":"a"}]}`, invalid + ".choices is invalid"},
		{"singleSelect", `{"choices":[{"name":""}]}`, invalid + ".choices is invalid"},
		{"singleSelect", `{"choices":null}`, invalid + ".choices is invalid"},
		{"rollup", ``, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE: Invalid options for People.F: Creating rollup fields is not supported at this time"},
		{"nonsense", ``, message(wire.InvalidParameters())},
	} {
		f := schema.FieldBody{Name: "F", Kind: schema.Kind(c.kind)}
		if c.options != "" {
			f.Options = body[map[string]json.RawMessage](t, c.options)
		}
		change := s.Begin()
		_, err := change.CreateField(s.base, s.people.ID, f)
		change.Rollback()
		if got := message(err); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s", c.kind, c.options, got, c.want)
		}
	}
}

func TestRollbackLeavesTheSchemaAsItWas(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(s *crm, c *schema.Change) *wire.Error{
		"a base": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.CreateBase(schema.BaseBody{Name: "B", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Kind: "email"}}}}})
			return err
		},
		"a table": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.CreateTable(s.base, schema.TableBody{Name: "T", Fields: []schema.FieldBody{{Name: "N", Kind: "email"}, link("L", s.people)}})
			return err
		},
		"a link and its inverse": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.CreateField(s.base, s.people.ID, link("Former", s.companies))
			return err
		},
		"a choice": func(s *crm, c *schema.Change) *wire.Error {
			c.AddChoice(s.people.Field("Stage"), "Lost")
			return nil
		},
		"a table's name": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.UpdateTable(s.base, s.people.ID, schema.Patch{"name": []byte(`"P"`), "description": []byte(`"d"`)})
			return err
		},
		"a field's name": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.UpdateField(s.base, s.people.ID, s.people.Field("Age").ID, schema.Patch{"name": []byte(`"Years"`), "description": []byte(`"d"`)})
			return err
		},
		"a formula": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.UpdateField(s.base, s.people.ID, s.people.Field("Label").ID, schema.Patch{"options": []byte(`{"formula":"{Age}+1"}`)})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setup(t)
			before := s.shown()
			c := s.Begin()
			if err := do(s, c); err != nil {
				t.Fatal(err)
			}
			if s.shown() == before {
				t.Fatal("the change is not visible")
			}
			c.Rollback()
			if diff := cmp.Diff(before, s.shown()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOtherStepsAreTakenBackInTurn(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	var order []string
	c.OnRollback(func() { order = append(order, "first") })
	c.AddChoice(s.people.Field("Stage"), "Lost")
	c.OnRollback(func() { order = append(order, "last", s.people.Field("Stage").Choices[2].Name) })
	c.Rollback()
	if diff := cmp.Diff([]string{"last", "Lost", "first"}, order); diff != "" {
		t.Error(diff)
	}
}

func TestTouched(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	if _, err := c.CreateField(s.base, s.people.ID, link("Former", s.companies)); err != nil {
		t.Fatal(err)
	}
	c.AddChoice(s.people.Field("Stage"), "Lost")
	bases, tables := c.Touched()
	if len(bases) != 0 || len(tables) != 2 || tables[0] != s.people || tables[1] != s.companies {
		t.Errorf("touched %v and %v", bases, tables)
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
	other, err := c.CreateBase(schema.BaseBody{Name: "Other", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Kind: "email"}}}}})
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

func TestFormulas(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	label := s.people.Field("Label")
	if label.Static() != formula.TextType {
		t.Fatalf("the label is of type %d", label.Static())
	}
	next, err := c.CreateField(s.base, s.people.ID, body[schema.FieldBody](t, `{"name":"Next","type":"formula","options":{"formula":"IF(1,{Label})"}}`))
	if err != nil {
		t.Fatal(err)
	}
	patch := func(f *schema.Field, source string) string {
		c := s.Begin()
		_, err := c.UpdateField(s.base, s.people.ID, f.ID, schema.Patch{"options": wire.Encode(map[string]string{"formula": source})})
		if err != nil {
			c.Rollback()
		}
		return message(err)
	}
	if got := patch(label, "{Age} + 1"); got != "" || label.Static() != formula.NumberType || next.Static() != formula.NumberType {
		t.Errorf("%s: the label is of type %d, the field that names it %d", got, label.Static(), next.Static())
	}
	for source, want := range map[string]string{
		"{Next}": "The formula refers to itself", "{Label}": "The formula refers to itself", "{No}&{Such}": "Unknown field names: no, such", "1+": "Invalid formula. Please check your formula text.",
	} {
		if got := patch(label, source); !strings.HasSuffix(got, "Invalid options for People.Label: "+want) {
			t.Errorf("%s: got %s", source, got)
		}
	}
	if label.Static() != formula.NumberType || !strings.Contains(string(label.Append(nil)), `+ 1"`) {
		t.Errorf("refused formulas left %s", label.Append(nil))
	}
}

func TestRefusedPatches(t *testing.T) {
	t.Parallel()
	s := setup(t)
	badParameters, fixed := message(wire.InvalidParameters()), "INVALID_REQUEST_UNKNOWN: Changing a field's type or number precision is not currently supported"
	const badName = "DUPLICATE_OR_EMPTY_FIELD_NAME: Field names must be unique and must not be empty"
	for patch, want := range map[string]string{
		`{}`: badParameters, `{"options":{}}`: badParameters, `{"name":""}`: badParameters, `{"name":" "}`: badParameters, `{"name":5}`: badParameters, `{"description":5}`: badParameters,
		`{"name":"companies"}`: "DUPLICATE_TABLE_NAME: Cannot use the same table name more than once",
		`{"name":"PEOPLE"}`:    "", // its own name in another case
	} {
		p, c := body[schema.Patch](t, patch), s.Begin()
		err := p.CheckTable()
		if err == nil {
			_, err = c.UpdateTable(s.base, s.people.ID, p)
		}
		c.Rollback()
		if message(err) != want {
			t.Errorf("table %s: got %q, want %q", patch, message(err), want)
		}
	}
	for patch, want := range map[string]string{
		`{}`: badParameters, `{"color":1}`: badParameters, `{"type":"email"}`: fixed, `{"options":{"precision":1}}`: fixed, `{"name":""}`: badName, `{"name":"NAME"}`: badName, `{"name":1}`: badName,
		`{"description":"` + strings.Repeat("ä", 20_001) + `"}`: badParameters, `{"description":"` + strings.Repeat("ä", 20_000) + `"}`: "", `{"name":"AGE"}`: "", `{"description":""}`: "",
	} {
		p, c := body[schema.Patch](t, patch), s.Begin()
		err := p.CheckField()
		if err == nil {
			_, err = c.UpdateField(s.base, s.people.ID, s.people.Field("Age").ID, p)
		}
		c.Rollback()
		if message(err) != want {
			t.Errorf("field %.50s: got %q, want %q", patch, message(err), want)
		}
	}
	if _, err := s.Begin().UpdateField(s.base, s.companies.ID, s.people.Field("Age").ID, schema.Patch{"name": []byte(`"x"`)}); message(err) != message(wire.ModelNotFound()) {
		t.Errorf("a field of another table: %v", err)
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
		`{"name":"Stars","type":"rating","options":{"max":7,"icon":"star","color":"x"}}`,
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
			if _, err := restored.RestoreTable(body[schema.TableEntry](t, string(raw))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := restored.Compile(); err != nil {
		t.Fatal(err)
	}
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
