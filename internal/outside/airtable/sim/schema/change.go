package schema

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Change is one call's write under way. Each of its steps is visible at once and can be taken back, so that a call
// happens whole or not at all. Steps outside the schema may join it through OnRollback.
type Change struct {
	schema  *Schema
	undo    []func()
	bases   []*Base
	tables  []*Table
	removed []string // ids of tables
}

// Begin starts a change. Only one may be under way.
func (s *Schema) Begin() *Change { return &Change{schema: s} }

// OnRollback registers how to take back a step that has just been made.
func (c *Change) OnRollback(back func()) { c.undo = append(c.undo, back) }

// Rollback takes back all steps, the last one first.
func (c *Change) Rollback() {
	for _, back := range slices.Backward(c.undo) {
		back()
	}
}

// Touched are the bases that were made and the tables that were made or altered, in order, without those that were
// removed.
func (c *Change) Touched() ([]*Base, []*Table) {
	gone := func(t *Table) bool { return c.schema.tables[t.ID] != t }
	return c.bases, slices.DeleteFunc(slices.Clone(c.tables), gone)
}

// AddChoice gives a select field another choice.
func (c *Change) AddChoice(f *Field, name string) {
	before := f.Choices
	made := f.newChoice(name, "")
	c.alter(c.schema.Table(f.TableID),
		func() { f.Choices = append(slices.Clone(before), made) },
		func() { f.Choices = before })
}

// addBase makes an empty base.
func (c *Change) addBase(id string, body BaseBody) *Base {
	b := &Base{ID: id, Name: body.Name, Workspace: body.WorkspaceID, Created: body.Created}
	c.schema.putBase(b)
	c.bases = append(c.bases, b)
	c.OnRollback(func() {
		delete(c.schema.bases, b.ID)
		c.schema.order = c.schema.order[:len(c.schema.order)-1]
	})
	return b
}

// addTable makes a table with its grid view and no fields.
func (c *Change) addTable(b *Base, name, description string) *Table {
	t := &Table{Base: b, ID: wire.NewID("tbl"), Name: name, Description: description}
	t.Views = []View{{ID: wire.NewID("viw"), Name: "Grid view", Type: "grid"}}
	c.schema.putTable(t)
	c.touch(t)
	c.OnRollback(func() {
		delete(c.schema.tables, t.ID)
		b.Tables = b.Tables[:len(b.Tables)-1]
	})
	return t
}

// addField puts a field at the end of its table.
func (c *Change) addField(t *Table, f *Field) {
	f.TableID = t.ID
	t.Fields = append(t.Fields, f)
	c.touch(t)
	c.OnRollback(func() { t.Fields = t.Fields[:len(t.Fields)-1] })
}

// alter changes anything about a table or its fields by do; back takes it back.
func (c *Change) alter(t *Table, do, back func()) {
	do()
	c.touch(t)
	c.OnRollback(back)
}

func (c *Change) touch(t *Table) {
	if !slices.Contains(c.tables, t) {
		c.tables = append(c.tables, t)
	}
}
