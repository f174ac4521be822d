package schema

import (
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Schema is all bases of a simulator.
type Schema struct {
	bases  map[string]*Base
	order  []*Base // as they were created
	tables map[string]*Table
}

// Base is a set of tables. Only a Change may alter it.
type Base struct {
	ID, Name  string
	Workspace string // id
	Created   int64  // milliseconds since 1970
	Tables    []*Table
}

// Table has fields, of which the first is the primary one. Only a Change may alter it.
type Table struct {
	Base        *Base
	ID          string
	Name        string
	Description string
	Fields      []*Field
	Views       []View
}

// New returns a schema without bases.
func New() *Schema { return &Schema{bases: map[string]*Base{}, tables: map[string]*Table{}} }

// Bases are all bases in the order of their creation.
func (s *Schema) Bases() []*Base { return s.order }

// Base finds a base by id. An unknown one is a refusal.
func (s *Schema) Base(id string) (*Base, *wire.Error) {
	if b := s.bases[id]; b != nil {
		return b, nil
	}
	return nil, wire.ModelNotFound()
}

// Table finds a table of any base by id, or returns nil.
func (s *Schema) Table(id string) *Table { return s.tables[id] }

// Find is the table that a path names, by base and by the table's id or name. The id of a table in another base is
// refused differently from an unknown one.
func (s *Schema) Find(base, table string) (*Table, *wire.Error) {
	b, err := s.Base(base)
	if err != nil {
		return nil, err
	}
	for _, t := range b.Tables {
		if t.ID == table || t.Name == table {
			return t, nil
		}
	}
	if s.tables[table] != nil {
		return nil, wire.StateCheckFailed()
	}
	return nil, wire.ModelNotFound()
}

func (s *Schema) putBase(b *Base) {
	s.bases[b.ID] = b
	s.order = append(s.order, b)
}

func (s *Schema) putTable(t *Table) {
	s.tables[t.ID] = t
	t.Base.Tables = append(t.Base.Tables, t)
}

// tableNamed finds a table by name in any case, since names must be unique that way.
func (b *Base) tableNamed(name string) *Table {
	for _, t := range b.Tables {
		if strings.EqualFold(t.Name, name) {
			return t
		}
	}
	return nil
}

// Primary is the table's first field.
func (t *Table) Primary() *Field { return t.Fields[0] }

// Field finds a field by id or by its exact name, or returns nil.
func (t *Table) Field(key string) *Field {
	for _, f := range t.Fields {
		if f.ID == key || f.Name == key {
			return f
		}
	}
	return nil
}

// FieldByID finds a field by id, or returns nil.
func (t *Table) FieldByID(id string) *Field {
	for _, f := range t.Fields {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// fieldNamed finds a field by name in any case, since names must be unique that way.
func (t *Table) fieldNamed(name string) *Field {
	for _, f := range t.Fields {
		if strings.EqualFold(f.Name, name) {
			return f
		}
	}
	return nil
}

// freeName is the name itself, or the name with the first number from 2 on that no field of the table has.
func (t *Table) freeName(name string) string {
	if t.fieldNamed(name) == nil {
		return name
	}
	for n := 2; ; n++ {
		if numbered := name + " " + strconv.Itoa(n); t.fieldNamed(numbered) == nil {
			return numbered
		}
	}
}
