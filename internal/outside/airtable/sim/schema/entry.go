package schema

import (
	"encoding/json"
	"fmt"
)

// What is kept on disk: whole bases and whole tables as they are, so that reading an entry twice changes nothing.
type (
	// BaseEntry is a base without its tables.
	BaseEntry struct {
		ID        string `json:"id"`
		Name      string `json:"name"`
		Workspace string `json:"workspace,omitempty"`
		Created   int64  `json:"created,omitempty"`
	}
	// TableEntry is a table with its fields and views.
	TableEntry struct {
		Base        string       `json:"base"`
		ID          string       `json:"id"`
		Name        string       `json:"name"`
		Description string       `json:"description,omitempty"`
		Views       []View       `json:"views"`
		Fields      []fieldEntry `json:"fields"`
	}
	fieldEntry struct {
		ID          string                     `json:"id"`
		Name        string                     `json:"name"`
		Description string                     `json:"description,omitempty"`
		Type        FieldType                  `json:"type"`
		Options     map[string]json.RawMessage `json:"options,omitempty"`
		Choices     []Choice                   `json:"choices,omitempty"`
		Linked      string                     `json:"linked,omitempty"`
		Inverse     string                     `json:"inverse,omitempty"`
		Source      string                     `json:"formula,omitempty"`
		Via         string                     `json:"via,omitempty"`
		Looked      string                     `json:"looked,omitempty"`
	}
)

// Entry is the base as it is kept.
func (b *Base) Entry() BaseEntry { return BaseEntry{b.ID, b.Name, b.Workspace, b.Created} }

// Entry is the table as it is kept.
func (t *Table) Entry() TableEntry {
	e := TableEntry{Base: t.Base.ID, ID: t.ID, Name: t.Name, Description: t.Description, Views: t.Views}
	for _, f := range t.Fields {
		e.Fields = append(e.Fields, fieldEntry{f.ID, f.Name, f.Description, f.Type, f.options, f.Choices, f.Linked, f.Inverse, f.source, f.Via, f.Looked})
	}
	return e
}

// RestoreBase puts a base as it was kept into the schema.
func (s *Schema) RestoreBase(e BaseEntry) {
	b := s.bases[e.ID]
	if b == nil {
		b = &Base{ID: e.ID}
		s.putBase(b)
	}
	b.Name, b.Workspace, b.Created = e.Name, e.Workspace, e.Created
}

// RestoreTable puts a table as it was kept into the schema and returns it. Compile must follow once all entries
// have been read, since formulas may name each other.
func (s *Schema) RestoreTable(e TableEntry) (*Table, error) {
	t := s.tables[e.ID]
	if t == nil {
		b := s.bases[e.Base]
		if b == nil {
			return nil, fmt.Errorf("table %s belongs to the unknown base %s", e.ID, e.Base)
		}
		t = &Table{Base: b, ID: e.ID}
		s.putTable(t)
	}
	t.Name, t.Description, t.Views = e.Name, e.Description, e.Views
	t.Fields = nil
	for _, f := range e.Fields {
		t.Fields = append(t.Fields, f.restore(t.ID))
	}
	return t, nil
}

func (e fieldEntry) restore(table string) *Field {
	f := &Field{
		ID: e.ID, Description: e.Description, Type: e.Type, Choices: e.Choices, Linked: e.Linked, Inverse: e.Inverse,
		TableID: table, source: e.Source, Via: e.Via, Looked: e.Looked,
	}
	f.rename(e.Name)
	f.keepOptions(e.Options)
	return f
}
