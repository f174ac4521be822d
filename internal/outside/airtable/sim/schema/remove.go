package schema

import (
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// What people do to a schema and the API cannot: they remove tables and fields. The caller sees to the cells.

func errCannotRemove(what, why string) *wire.Error {
	return wire.Invalid("INVALID_REQUEST", "Cannot delete %s: %s", what, why)
}

// CheckRemoveTable refuses to remove the last table of a base.
func (b *Base) CheckRemoveTable(t *Table) *wire.Error {
	if len(b.Tables) == 1 {
		return errCannotRemove("table "+t.Name, "a base has at least one table")
	}
	return nil
}

// RemoveTable takes a table out of its base. No link may point to it any more.
func (c *Change) RemoveTable(t *Table) {
	b, before := t.Base, t.Base.Tables
	b.Tables = slices.DeleteFunc(slices.Clone(before), func(other *Table) bool { return other == t })
	delete(c.schema.tables, t.ID)
	c.removed = append(c.removed, t.ID)
	c.OnRollback(func() {
		b.Tables = before
		c.schema.tables[t.ID] = t
	})
}

// Removed are the ids of the tables that were removed.
func (c *Change) Removed() []string { return c.removed }

// RestoreRemoved takes a table out again that was removed after it had been kept.
func (s *Schema) RestoreRemoved(id string) {
	t := s.tables[id]
	if t == nil {
		return
	}
	delete(s.tables, id)
	t.Base.Tables = slices.DeleteFunc(t.Base.Tables, func(other *Table) bool { return other == t })
}

// CheckRemoveField refuses to remove the primary field.
func (t *Table) CheckRemoveField(f *Field) *wire.Error {
	if f == t.Primary() {
		return errCannotRemove("field "+f.Name, "it is the primary field")
	}
	return nil
}

// RemoveField takes a field out of its table and out of the table's views. What names it becomes invalid. It must not
// be a link that has an inverse.
func (c *Change) RemoveField(t *Table, f *Field) {
	fields, views := t.Fields, t.Views
	c.OnRollback(t.Base.compile)
	c.alter(t, func() {
		t.Fields = slices.DeleteFunc(slices.Clone(fields), func(other *Field) bool { return other == f })
		t.Views = slices.Clone(views)
		for i := range t.Views {
			t.Views[i] = t.Views[i].without(t, f)
		}
	}, func() { t.Fields, t.Views = fields, views })
	t.Base.compile()
}

// Shift is what a field becomes when a person changes its type or its options.
type Shift struct {
	Type    FieldType
	Options map[string]json.RawMessage
}

// CheckShift refuses a type that the field cannot have, or options that the type cannot have.
func (t *Table) CheckShift(f *Field, to Shift) *wire.Error {
	known, exists := fieldTypes[to.Type]
	switch {
	case !exists || known.shape == None:
		return wire.InvalidParameters()
	case f == t.Primary() && !known.primary:
		return wire.Invalid("INVALID_REQUEST_UNKNOWN", "A field of type %s cannot be the primary field", to.Type)
	}
	if wrong := checkOptions(known.options, to.Type, f.Name, to.Options); wrong != "" {
		return errOptions(t, f.Name, wrong)
	}
	return nil
}

// Shift gives a field another type or other options, which have passed CheckShift. A select keeps the choices that
// are named by their ids; those that are not named are gone. A new link gets its inverse.
func (c *Change) Shift(t *Table, f *Field, to Shift) *wire.Error {
	before := *f
	c.OnRollback(t.Base.compile)
	c.alter(t, func() {
		*f = Field{ID: f.ID, Name: f.Name, Description: f.Description, TableID: f.TableID, Type: to.Type, key: f.key}
		f.keepOptions(normalOptions(to.Options))
		f.Choices = before.keptChoices(to.Options["choices"])
		f.Via, _ = wire.String(to.Options["recordLinkFieldId"])
		f.Looked, _ = wire.String(to.Options["fieldIdInLinkedTable"])
	}, func() { *f = before })
	if f.Shape() == Links {
		if err := c.linkTables(t, f, FieldBody{Name: f.Name, Options: to.Options}); err != nil {
			return err
		}
	}
	if err := t.checkFollowed(f); err != nil {
		return err
	}
	if err := c.compileNew(t, f, FieldBody{Options: to.Options}); err != nil {
		return err
	}
	t.Base.compile()
	return nil
}

// Unlink makes a link whose other side is going a text.
func (c *Change) Unlink(f *Field) {
	before := *f
	t := c.schema.Table(f.TableID)
	c.OnRollback(t.Base.compile)
	c.alter(t, func() {
		*f = Field{ID: f.ID, Name: f.Name, Description: f.Description, TableID: f.TableID, Type: "singleLineText", key: f.key}
	}, func() { *f = before })
	t.Base.compile()
}

// keptChoices are the choices of a select after a change. One that is named by its id keeps it, and its color unless
// another is given.
func (f *Field) keptChoices(raw json.RawMessage) []Choice {
	made := &Field{}
	made.takeChoices(raw)
	for i, given := range choicesIn(raw) {
		at := slices.IndexFunc(f.Choices, func(known Choice) bool { return known.ID == given.ID && given.ID != "" })
		if at < 0 {
			continue
		}
		made.Choices[i].ID = given.ID
		if given.Color == "" {
			made.Choices[i].Color = f.Choices[at].Color
		}
	}
	return made.Choices
}

// Renamed maps the names of the field's choices to those that the same choices have in another list.
func (f *Field) Renamed(now []Choice) map[string]string {
	names := map[string]string{}
	for _, old := range f.Choices {
		for _, one := range now {
			if one.ID == old.ID {
				names[old.Name] = one.Name
			}
		}
	}
	return names
}
