package schema_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestRollbackLeavesTheSchemaAsItWas(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(s *crm, c *schema.Change) *wire.Error{
		"a base": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.CreateBase(schema.BaseBody{Name: "B", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}}}}})
			return err
		},
		"a table": func(s *crm, c *schema.Change) *wire.Error {
			_, err := c.CreateTable(s.base, schema.TableBody{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}, link("L", s.people)}})
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

func TestWhatWasTakenBackIsNoLongerFound(t *testing.T) {
	t.Parallel()
	s := setup(t)
	c := s.Begin()
	base, err := c.CreateBase(schema.BaseBody{ID: "appCCCCCCCCCCCCCC", Name: "B", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	table := base.Tables[0].ID
	c.Rollback()
	if _, err := s.Base(base.ID); err == nil || s.Table(table) != nil {
		t.Error("the base or its table is still found")
	}
	again, err := s.Begin().CreateBase(schema.BaseBody{ID: base.ID, Name: "B", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}}}}})
	if err != nil || again.ID != base.ID {
		t.Errorf("its id is still taken: %v", err)
	}
	if _, err := s.Begin().CreateBase(schema.BaseBody{ID: base.ID, Name: "C"}); message(err) != "INVALID_REQUEST: Base appCCCCCCCCCCCCCC exists already" {
		t.Errorf("an id that is taken: %v", err)
	}
}

func TestATableOfAnotherBaseIsNotThere(t *testing.T) {
	t.Parallel()
	s := setup(t)
	other, err := s.Begin().CreateBase(schema.BaseBody{Name: "B", Tables: []schema.TableBody{{Name: "T", Fields: []schema.FieldBody{{Name: "N", Type: "email"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	before := s.shown()
	c := s.Begin()
	_, created := c.CreateField(other, s.people.ID, schema.FieldBody{Name: "F", Type: "email"})
	_, renamed := c.UpdateTable(other, s.people.ID, schema.Patch{"name": []byte(`"P"`)})
	_, changed := c.UpdateField(other, s.people.ID, s.people.Primary().ID, schema.Patch{"name": []byte(`"P"`)})
	for _, err := range []*wire.Error{created, renamed, changed} {
		if diff := cmp.Diff(wire.ModelNotFound(), err); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(before, s.shown()); diff != "" {
		t.Error(diff)
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
