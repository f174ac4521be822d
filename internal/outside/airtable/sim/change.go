package sim

import (
	"bytes"
	"encoding/json"
	"slices"
)

// change is one call's write under way. Every step it makes is visible at once, under the world's lock, and
// can be taken back: a call either happens whole or not at all. What it touched becomes one journal line.
type change struct {
	world *world
	now   int64
	undo  []func()

	bases   []*base
	tables  []*table
	touched map[*record]bool
	records []*record // in the order in which they were first touched
}

func (w *world) begin(now int64) *change {
	return &change{world: w, now: now, touched: map[*record]bool{}}
}

// rollback takes back all steps, the last one first.
func (c *change) rollback() {
	for _, step := range slices.Backward(c.undo) {
		step()
	}
}

func (c *change) touch(r *record) {
	if !c.touched[r] {
		c.touched[r] = true
		c.records = append(c.records, r)
	}
}

func (c *change) touchTable(t *table) {
	if !slices.Contains(c.tables, t) {
		c.tables = append(c.tables, t)
	}
}

// addRecord makes an empty record.
func (c *change) addRecord(t *table) *record {
	r := &record{table: t, id: newID("rec"), seq: t.nextSeq, created: c.now, modified: c.now, cells: map[string]any{}}
	t.nextSeq++
	t.put(r)
	c.touch(r)
	c.undo = append(c.undo, func() {
		t.drop(r)
		t.nextSeq = r.seq
	})
	return r
}

// removeRecord deletes a record whose links have been removed already.
func (c *change) removeRecord(r *record) {
	r.table.drop(r)
	c.touch(r)
	c.undo = append(c.undo, func() { r.table.put(r) })
}

// setCell gives a cell a new value, nil for empty. Only a real difference counts as a modification.
func (c *change) setCell(r *record, f *field, value any) {
	old := r.cells[f.id]
	if sameCell(old, value) {
		return
	}
	modified := r.modified
	r.store(f, value)
	r.modified = c.now
	c.touch(r)
	c.undo = append(c.undo, func() {
		r.store(f, old)
		r.modified = modified
	})
}

// addBase makes an empty base.
func (c *change) addBase(id, name string) *base {
	b := &base{id: id, name: name, records: map[string]*record{}}
	c.world.putBase(b)
	c.bases = append(c.bases, b)
	c.undo = append(c.undo, func() {
		delete(c.world.bases, b.id)
		c.world.order = c.world.order[:len(c.world.order)-1]
	})
	return b
}

// addTable makes a table with its grid view and no fields.
func (c *change) addTable(b *base, name, description string) *table {
	t := newTable(b, newID("tbl"))
	t.name, t.description, t.views = name, description, []view{{newID("viw"), "Grid view", "grid"}}
	c.world.putTable(t)
	c.touchTable(t)
	c.undo = append(c.undo, func() {
		delete(c.world.tables, t.id)
		b.tables = b.tables[:len(b.tables)-1]
	})
	return t
}

// addField puts a field at the end of its table.
func (c *change) addField(t *table, f *field) {
	t.fields = append(t.fields, f)
	c.touchTable(t)
	c.undo = append(c.undo, func() { t.fields = t.fields[:len(t.fields)-1] })
}

// alter changes anything about a table or its fields by do, which back takes back.
func (c *change) alter(t *table, do, back func()) {
	do()
	c.touchTable(t)
	c.undo = append(c.undo, back)
}

// put and drop keep everything that finds a record in step.
func (t *table) put(r *record) {
	r.deleted = false
	t.records[r.id], t.base.records[r.id] = r, r
	t.nextSeq = max(t.nextSeq, r.seq+1)
	for _, index := range t.indexes {
		index.add(r)
	}
	t.reordered()
}

func (t *table) drop(r *record) {
	r.deleted = true
	delete(t.records, r.id)
	delete(t.base.records, r.id)
	for _, index := range t.indexes {
		index.remove(r)
	}
	t.reordered()
}

// store writes a cell and keeps the merge indexes in step.
func (r *record) store(f *field, value any) {
	for _, index := range r.table.indexes {
		if index.covers(f) {
			index.remove(r)
			defer index.add(r)
		}
	}
	if value == nil {
		delete(r.cells, f.id)
		return
	}
	r.cells[f.id] = value
}

func (w *world) putBase(b *base) {
	w.bases[b.id] = b
	w.order = append(w.order, b)
}

func (w *world) putTable(t *table) {
	w.tables[t.id] = t
	t.base.tables = append(t.base.tables, t)
}

func newTable(b *base, id string) *table {
	return &table{base: b, id: id, records: map[string]*record{}, nextSeq: 1}
}

// sameCell compares two cells.
func sameCell(a, b any) bool {
	switch left := a.(type) {
	case []string:
		right, ok := b.([]string)
		return ok && slices.Equal(left, right)
	case json.RawMessage:
		right, ok := b.(json.RawMessage)
		return ok && bytes.Equal(left, right)
	}
	switch b.(type) {
	case []string, json.RawMessage:
		return false
	}
	return a == b
}
