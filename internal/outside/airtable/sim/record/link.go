package record

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// write stores a cell, and for a link the other side of each record in it.
func (c *Change) write(r *Record, f *schema.Field, value cell.Value) {
	if f.Shape() != schema.Links {
		c.set(r, f, value)
		return
	}
	before, _ := r.Cell(f).([]string)
	after, _ := value.([]string)
	c.set(r, f, value)
	if f.Inverse == "" {
		return
	}
	target := c.linked(f)
	back := target.table.FieldByID(f.Inverse)
	for _, id := range before {
		if !slices.Contains(after, id) {
			c.unlink(target.Record(id), back, r.ID)
		}
	}
	for _, id := range after {
		if !slices.Contains(before, id) {
			c.linkBack(target.Record(id), back, r.ID)
		}
	}
}

// linked are the records that a link field points to.
func (c *Change) linked(f *schema.Field) *Rows { return c.data.Of(c.data.schema.Table(f.Linked)) }

// linkBack adds an id to a link cell.
func (c *Change) linkBack(r *Record, f *schema.Field, id string) {
	if now, _ := r.Cell(f).([]string); !slices.Contains(now, id) {
		c.setOther(r, f, append(slices.Clip(now), id))
	}
}

// unlink takes an id out of a link cell.
func (c *Change) unlink(r *Record, f *schema.Field, id string) {
	now, _ := r.Cell(f).([]string)
	if !slices.Contains(now, id) {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(now), func(other string) bool { return other == id })
	if len(rest) == 0 {
		c.setOther(r, f, nil)
		return
	}
	c.setOther(r, f, rest)
}

// setOther changes the other side of a link.
func (c *Change) setOther(r *Record, f *schema.Field, value cell.Value) {
	if c.Quirks.QuietLinks {
		c.setQuietly(r, f, value)
		return
	}
	c.set(r, f, value)
}

// Delete deletes a record and every link to it.
func (c *Change) Delete(r *Record) {
	fields := r.Table().Fields
	for _, f := range fields {
		if f.Shape() == schema.Links {
			c.write(r, f, nil)
		}
	}
	for _, f := range fields { // a link within the table has no inverse that would know who links here
		if f.Shape() != schema.Links || f.Linked != r.Table().ID {
			continue
		}
		for _, other := range r.rows.InIDOrder() {
			c.unlink(other, f, r.ID)
		}
	}
	c.remove(r)
}
