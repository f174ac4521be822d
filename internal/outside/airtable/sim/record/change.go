package record

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Change is one call's write under way, in the schema and in the records. Each of its steps is visible at once and
// can be taken back, so that a call happens whole or not at all.
type Change struct {
	// Schema is the change of the schema. It takes back the steps of both.
	Schema *schema.Change
	// Quirks are the switches that count for this call.
	Quirks quirk.Set
	// Unreachable reports whether a url is known to lead to no file. Nil knows none.
	Unreachable func(url string) bool

	data    *Data
	now     int64
	quiet   bool // nothing counts as a modification of a record
	dropped bool // an attachment was dropped because its url leads to no file
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

// DroppedFiles reports whether an attachment was dropped because its url leads to no file.
func (c *Change) DroppedFiles() bool { return c.dropped }

// add makes an empty record, if the table takes one.
func (c *Change) add(t *schema.Table) (*Record, *wire.Error) {
	if err := c.mayAdd(t); err != nil {
		return nil, err
	}
	rows := c.data.stored(t)
	r := &Record{ID: wire.NewID("rec"), rows: rows, seq: rows.nextSeq, created: c.now, modified: c.now, cells: map[string]cell.Value{}}
	rows.put(r)
	c.touch(r)
	c.Schema.OnRollback(func() {
		rows.drop(r)
		rows.nextSeq = r.seq
	})
	return r, nil
}

func errFull(what string, limit int) *wire.Error {
	return wire.Invalid("RECORD_LIMIT_EXCEEDED", "The %s has reached its limit of %d records", what, limit)
}

// mayAdd refuses a record that the token may not create or for which there is no room.
func (c *Change) mayAdd(t *schema.Table) *wire.Error {
	if c.Quirks.NoCreate(t.ID, t.Name) {
		return wire.NotPermitted("create records in table %s (%s)", t.Name, t.ID)
	}
	if limit := c.Quirks.MaxRecordsPerTable; limit != nil && len(c.data.Of(t).byID) >= *limit {
		return errFull("table", *limit)
	}
	limit := c.Quirks.MaxRecordsPerBase
	if limit == nil {
		return nil
	}
	n := 0
	for _, other := range t.Base.Tables {
		n += len(c.data.Of(other).byID)
	}
	if n >= *limit {
		return errFull("base", *limit)
	}
	return nil
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
		modified, before, known := r.modified, r.changed[f.ID], r.changed[f.ID] != 0
		r.modified = c.now
		r.noteChange(f, c.now)
		c.Schema.OnRollback(func() {
			r.modified = modified
			if delete(r.changed, f.ID); known {
				r.changed[f.ID] = before
			}
		})
	}
	c.setQuietly(r, f, value)
}

// noteChange remembers when a cell changed, unless that was when the record was made.
func (r *Record) noteChange(f *schema.Field, now int64) {
	if now == r.created {
		return
	}
	if r.changed == nil {
		r.changed = map[string]int64{}
	}
	r.changed[f.ID] = now
}

// lastChange is when one of the cells last changed. It returns false when none of them ever had a value.
func (r *Record) lastChange(ids []string) (int64, bool) {
	last, found := int64(0), false
	for _, id := range ids {
		at, changed := r.changed[id]
		if _, filled := r.cells[id]; !changed && filled {
			at, changed = r.created, true
		}
		if changed {
			last, found = max(last, at), true
		}
	}
	return last, found
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
