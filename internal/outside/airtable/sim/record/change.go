package record

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Change is one call's write under way, in the schema and in the records. Each of its steps is visible at once and
// can be taken back, so that a call happens whole or not at all.
type Change struct {
	// Schema is the change of the schema. It takes back the steps of both.
	Schema *schema.Change

	data    *Data
	now     int64
	quiet   bool // nothing counts as a modification of a record
	touched map[*Record]bool
	records []*Record // in the order in which they were first touched
}

// Begin starts a change at a moment, in milliseconds since 1970. Only one may be under way.
func (d *Data) Begin(now int64) *Change {
	return &Change{Schema: d.schema.Begin(), data: d, now: now, touched: map[*Record]bool{}}
}

// Rollback takes back all steps.
func (c *Change) Rollback() { c.Schema.Rollback() }

// Touched are the records that were made, changed or deleted, in the order in which that began.
func (c *Change) Touched() []*Record { return c.records }

func (c *Change) touch(r *Record) {
	if !c.touched[r] {
		c.touched[r] = true
		c.records = append(c.records, r)
	}
}

// add makes an empty record.
func (c *Change) add(t *schema.Table) *Record {
	rows := c.data.stored(t)
	r := &Record{ID: wire.NewID("rec"), rows: rows, seq: rows.nextSeq, created: c.now, modified: c.now, cells: map[string]cell.Value{}}
	rows.put(r)
	c.touch(r)
	c.Schema.OnRollback(func() {
		rows.drop(r)
		rows.nextSeq = r.seq
	})
	return r
}

// remove deletes a record whose links have been removed already.
func (c *Change) remove(r *Record) {
	r.rows.drop(r)
	c.touch(r)
	c.Schema.OnRollback(func() { r.rows.put(r) })
}

// set gives a cell another value, nil for empty. Only a real difference counts as a modification.
func (c *Change) set(r *Record, f *schema.Field, value cell.Value) {
	if !c.quiet && !cell.Same(r.Cell(f), value) {
		modified := r.modified
		r.modified = c.now
		c.Schema.OnRollback(func() { r.modified = modified })
	}
	c.setQuietly(r, f, value)
}

// setQuietly is set for what does not count as a modification of the record.
func (c *Change) setQuietly(r *Record, f *schema.Field, value cell.Value) {
	old := r.Cell(f)
	if cell.Same(old, value) {
		return
	}
	r.store(f, value)
	c.touch(r)
	c.Schema.OnRollback(func() { r.store(f, old) })
}
