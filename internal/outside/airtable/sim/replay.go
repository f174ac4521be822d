package sim

import (
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// apply puts the content of one journal line into the world.
func (w *world) apply(e entry) error {
	for _, b := range e.Bases {
		if known := w.bases[b.ID]; known != nil {
			known.name = b.Name
			continue
		}
		w.putBase(&base{id: b.ID, name: b.Name, records: map[string]*record{}})
	}
	for _, t := range e.Tables {
		if err := w.applyTable(t); err != nil {
			return err
		}
	}
	for _, r := range e.Records {
		if err := w.applyRecord(r); err != nil {
			return err
		}
	}
	for id, removed := range e.Removed {
		t := w.tables[id]
		for _, gone := range removed {
			if t != nil && t.records[gone] != nil {
				t.drop(t.records[gone])
			}
		}
	}
	return nil
}

func (w *world) applyTable(e tableEntry) error {
	t := w.tables[e.ID]
	if t == nil {
		b := w.bases[e.Base]
		if b == nil {
			return fmt.Errorf("table %s belongs to the unknown base %s", e.ID, e.Base)
		}
		t = newTable(b, e.ID)
		w.putTable(t)
	}
	t.name, t.description, t.views, t.nextSeq = e.Name, e.Description, e.Views, max(t.nextSeq, e.NextSeq)
	t.fields = nil
	for _, f := range e.Fields {
		t.fields = append(t.fields, f.field(t))
	}
	return nil
}

// field is the field of an entry; its formula is compiled when all fields are known.
func (e fieldEntry) field(t *table) *field {
	f := &field{
		id: e.ID, description: e.Description, kind: e.Kind, table: t.id, options: e.Options, choices: e.Choices,
		linked: e.Linked, inverse: e.Inverse, source: e.Source,
	}
	f.rename(e.Name)
	if name, ok := asString(e.Options["timeZone"]); ok {
		f.zone = zoneOf(name)
	}
	return f
}

func (w *world) applyRecord(e recordEntry) error {
	t := w.tables[e.Table]
	if t == nil {
		return fmt.Errorf("record %s belongs to the unknown table %s", e.ID, e.Table)
	}
	r := &record{table: t, id: e.ID, seq: e.Seq, created: e.Created, modified: e.Modified, cells: make(map[string]any, len(e.Cells))}
	for id, raw := range e.Cells {
		f := t.fieldByID(id)
		if f == nil {
			return fmt.Errorf("record %s has a cell of the unknown field %s", e.ID, id)
		}
		cell, err := decodeCell(f, raw)
		if err != nil {
			return fmt.Errorf("record %s, field %s: %w", e.ID, id, err)
		}
		r.cells[id] = cell
	}
	t.put(r)
	return nil
}

// decodeCell reads what encodeCell has written.
func decodeCell(f *field, raw json.RawMessage) (any, error) {
	switch shape := f.kind.shape(); {
	case raw[0] == '"':
		var text string
		err := json.Unmarshal(raw, &text)
		return text, err
	case raw[0] == 't':
		return true, nil
	case shape == shapeLinks || shape == shapeSelects:
		var list []string
		err := json.Unmarshal(raw, &list)
		return list, err
	case raw[0] == '{' || raw[0] == '[':
		return raw, nil
	}
	var n float64
	err := json.Unmarshal(raw, &n)
	return n, err
}

// compileFormulas compiles every formula of the world, those first on which others rest.
func (w *world) compileFormulas() error {
	for _, t := range w.tables {
		if err := t.compileAll(); err != nil {
			return err
		}
	}
	return nil
}

// compileAll compiles the table's formulas. A formula's type depends on the formulas that it names, so rounds
// follow until no type changes; circles are impossible, so there are no more rounds than fields.
func (t *table) compileAll() error {
	for range t.fields {
		settled := true
		for _, f := range t.fields {
			if f.source == "" { // no formula, or one of a table under construction
				continue
			}
			before := f.static()
			compiled, err := formula.Compile(f.source, t.resolve)
			if err != nil {
				return fmt.Errorf("formula of field %s: %w", f.id, err)
			}
			f.compiled = compiled
			settled = settled && f.static() == before
		}
		if settled {
			return nil
		}
	}
	return nil
}
