package schema_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

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
	one, err := s.Begin().CreateField(s.base, s.people.ID, body[schema.FieldBody](t, `{"name":"One","type":"formula","options":{"formula":"1"}}`))
	if err != nil || !strings.Contains(string(one.Append(nil)), `"referencedFieldIds":[]`) {
		t.Errorf("a formula that names no field shows %s, %v", one.Append(nil), err)
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

func TestARolledBackFormulaLeavesTheTypesOfOthers(t *testing.T) {
	t.Parallel()
	s := setup(t)
	label := s.people.Field("Label")
	next, err := s.Begin().CreateField(s.base, s.people.ID, body[schema.FieldBody](t, `{"name":"Next","type":"formula","options":{"formula":"{Label}"}}`))
	if err != nil {
		t.Fatal(err)
	}
	c := s.Begin()
	if _, err := c.UpdateField(s.base, s.people.ID, label.ID, schema.Patch{"options": []byte(`{"formula":"{Age}"}`), "name": []byte(`""`)}); err == nil {
		t.Fatal("an empty name is accepted")
	}
	c.Rollback()
	if label.Static() != formula.TextType || next.Static() != formula.TextType {
		t.Errorf("the label is of type %d, the field that names it %d", label.Static(), next.Static())
	}
}
