package schema

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// Resolve finds a field of the table for a formula, by id or by name.
func (t *Table) Resolve(name string) (string, formula.Type, bool) {
	f := t.Field(name)
	if f == nil {
		return "", formula.Any, false
	}
	return f.ID, f.Static(), true
}

// rollupValues is the name by which the formula of a rollup names what it looks at.
const rollupValues = "values"

// resolveValues finds the only thing that the formula of a rollup can name.
func (f *Field) resolveValues(name string) (string, formula.Type, bool) {
	if name != rollupValues || f.looked == nil {
		return "", formula.Any, false
	}
	return rollupValues, f.looked.Static(), true
}

// setFormula gives a formula field its formula, with ids in place of names, or a rollup the formula over its values.
// It returns what is wrong with the formula in Airtable's words, or "".
func (c *Change) setFormula(t *Table, f *Field, source string) string {
	resolve := t.Resolve
	if f.Shape() == Rollup {
		resolve = f.resolveValues
	}
	compiled, err := formula.Compile(source, resolve)
	if err != nil {
		return err.Error()
	}
	c.OnRollback(t.Base.compile) // those that name this one follow it back
	oldSource, oldCompiled := f.source, f.compiled
	c.alter(t, func() { f.source, f.compiled = compiled.Canonical(), compiled },
		func() { f.source, f.compiled = oldSource, oldCompiled })
	if t.circular(f, f, map[*Field]bool{}) {
		return "The formula refers to itself"
	}
	t.Base.compile()
	return ""
}

// circular reports whether a formula field reaches the goal through the formulas that it names.
func (t *Table) circular(from, goal *Field, seen map[*Field]bool) bool {
	if from == nil || from.compiled == nil || from.Shape() != Formula || seen[from] {
		return false
	}
	seen[from] = true
	for _, id := range from.compiled.Refs() {
		next := t.FieldByID(id)
		if next == goal || t.circular(next, goal, seen) {
			return true
		}
	}
	return false
}

// Compile finds out what every computed field follows and compiles every formula. A schema that was put together from
// entries needs it once, at the end.
func (s *Schema) Compile() {
	for _, b := range s.order {
		b.compile()
	}
}

// compile compiles the base's formulas. The type of a formula depends on the fields that it names, so there are rounds
// until no type changes. Formulas of one table cannot name each other in a circle; through links they can, and then
// the rounds end anyway.
func (b *Base) compile() {
	rounds := 1
	for _, t := range b.Tables {
		t.follow()
		rounds += len(t.Fields)
	}
	for settled := false; !settled && rounds > 0; rounds-- {
		settled = true
		for _, t := range b.Tables {
			for _, f := range t.Fields {
				settled = !f.recompile(t) && settled
			}
		}
	}
}

// recompile compiles a field's formula and reports whether its type has changed. What cannot be compiled names
// something that is gone.
func (f *Field) recompile(t *Table) bool {
	if f.source == "" { // not a formula, or one of a table under construction
		return false
	}
	before, resolve := f.Static(), t.Resolve
	if f.Shape() == Rollup {
		resolve = f.resolveValues
	}
	compiled, err := formula.Compile(f.source, resolve)
	if err != nil {
		compiled = nil
	}
	f.compiled = compiled
	return f.Static() != before
}

// follow finds the links and the fields that lookups, rollups and counts name.
func (t *Table) follow() {
	for _, f := range t.Fields {
		if f.Via == "" {
			continue
		}
		f.link, f.looked = t.FieldByID(f.Via), nil
		if f.link != nil && f.link.Shape() != Links {
			f.link = nil
		}
		if f.link == nil || f.Looked == "" {
			continue
		}
		for _, other := range t.Base.Tables {
			if other.ID == f.link.Linked {
				f.looked = other.FieldByID(f.Looked)
			}
		}
	}
}
