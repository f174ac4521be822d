package sim

import (
	"encoding/json"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// maxDescription bounds the description of a field, in characters.
const maxDescription = 20_000

func errFieldName() *apiError {
	return invalid("DUPLICATE_OR_EMPTY_FIELD_NAME", "Field names must be unique and must not be empty")
}

func errOptions(t *table, name, detail string) *apiError {
	return invalid("INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Invalid options for %s.%s: %s", t.name, name, detail)
}

// makeField checks and adds a field; a formula is left to compile.
func (c *change) makeField(t *table, body fieldBody) (*field, *apiError) {
	known, exists := kinds[body.Kind]
	switch {
	case strings.TrimSpace(body.Name) == "" || t.fieldNamed(body.Name) != nil:
		return nil, errFieldName()
	case !exists:
		return nil, errParameters()
	case known.cells == shapeNone:
		return nil, invalid("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "Invalid options for %s.%s: Creating %s fields is not supported at this time",
			t.name, body.Name, body.Kind)
	case body.Description != nil && (*body.Description == "" || len([]rune(*body.Description)) > maxDescription):
		return nil, errParameters()
	}
	if wrong := checkOptions(body.Kind, body.Name, body.Options); wrong != "" {
		return nil, errOptions(t, body.Name, wrong)
	}
	f := &field{id: newID("fld"), kind: body.Kind, table: t.id}
	f.rename(body.Name)
	if body.Description != nil {
		f.description = *body.Description
	}
	f.options = normalOptions(f, body.Options)
	f.takeChoices(body.Options["choices"])
	c.addField(t, f)
	if known.cells == shapeLinks {
		return f, c.linkTables(t, f, body)
	}
	return f, nil
}

// takeChoices gives a new select field its choices.
func (f *field) takeChoices(raw json.RawMessage) {
	var given []choice
	_ = json.Unmarshal(raw, &given) // checked by isChoices
	for _, c := range given {
		f.choices = append(f.choices, f.newChoice(c.Name, c.Color))
	}
}

// linkTables points a new link field to its table and makes the inverse field there, named after this table.
// A link of a table to itself has no inverse.
func (c *change) linkTables(t *table, f *field, body fieldBody) *apiError {
	id, _ := asString(body.Options["linkedTableId"])
	target := c.world.tables[id]
	if target == nil || target.base != t.base {
		return errOptions(t, body.Name, "Table "+id+" does not exist in this base")
	}
	f.linked = id
	if target == t {
		return nil
	}
	back := &field{id: newID("fld"), kind: f.kind, table: target.id, linked: t.id, inverse: f.id}
	back.rename(target.freeName(t.name))
	f.inverse = back.id
	c.addField(target, back)
	return nil
}

// compile gives a formula field its formula, with ids in the place of names, and refuses circles.
func (c *change) compile(t *table, f *field, body fieldBody) *apiError {
	if f.kind.shape() != shapeFormula {
		return nil
	}
	source, _ := asString(body.Options["formula"])
	compiled, err := formula.Compile(source, t.resolve)
	if err != nil {
		return errOptions(t, f.name, err.Error())
	}
	oldSource, oldCompiled := f.source, f.compiled
	c.alter(t, func() { f.source, f.compiled = compiled.Canonical(), compiled },
		func() { f.source, f.compiled = oldSource, oldCompiled })
	if t.circular(f, f, map[*field]bool{}) {
		return errOptions(t, f.name, "The formula refers to itself")
	}
	if t.compileAll() != nil {
		return errOptions(t, f.name, formula.ErrInvalid.Error())
	}
	return nil
}

// circular reports whether a formula field reaches the goal through the formulas that it names.
func (t *table) circular(from, goal *field, seen map[*field]bool) bool {
	if from.compiled == nil || seen[from] {
		return false
	}
	seen[from] = true
	for _, id := range from.compiled.Refs() {
		next := t.fieldByID(id)
		if next == goal || t.circular(next, goal, seen) {
			return true
		}
	}
	return false
}
