package schema

import (
	"fmt"

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

// setFormula gives a formula field its formula, with ids in place of names. It returns what is wrong with the
// formula in Airtable's words, or "".
func (c *Change) setFormula(t *Table, f *Field, source string) string {
	compiled, err := formula.Compile(source, t.Resolve)
	if err != nil {
		return err.Error()
	}
	c.OnRollback(func() { _ = t.compile() }) // those that name this one follow it back
	oldSource, oldCompiled := f.source, f.compiled
	c.alter(t, func() { f.source, f.compiled = compiled.Canonical(), compiled },
		func() { f.source, f.compiled = oldSource, oldCompiled })
	if t.circular(f, f, map[*Field]bool{}) {
		return "The formula refers to itself"
	}
	if t.compile() != nil {
		return formula.ErrInvalid.Error()
	}
	return ""
}

// circular reports whether a formula field reaches the goal through the formulas that it names.
func (t *Table) circular(from, goal *Field, seen map[*Field]bool) bool {
	if from.compiled == nil || seen[from] {
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

// Compile compiles every formula. A schema that was put together from entries needs it once, at the end.
func (s *Schema) Compile() error {
	for _, t := range s.tables {
		if err := t.compile(); err != nil {
			return err
		}
	}
	return nil
}

// compile compiles the table's formulas. The type of a formula depends on the formulas that it names, so there are
// rounds until no type changes. Circles are impossible, so there are no more rounds than fields.
func (t *Table) compile() error {
	for range t.Fields {
		settled := true
		for _, f := range t.Fields {
			if f.source == "" { // not a formula, or one of a table under construction
				continue
			}
			before := f.Static()
			compiled, err := formula.Compile(f.source, t.Resolve)
			if err != nil {
				return fmt.Errorf("formula of field %s: %w", f.ID, err)
			}
			f.compiled = compiled
			settled = settled && f.Static() == before
		}
		if settled {
			return nil
		}
	}
	return nil
}
