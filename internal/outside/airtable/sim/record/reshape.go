package record

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// What happens to cells when people change a schema in ways that the API cannot. None of it counts as a modification
// of a record.

// RemoveField removes a field with its cells. The other side of a link becomes a text.
func (c *Change) RemoveField(t *schema.Table, f *schema.Field) *wire.Error {
	if err := t.CheckRemoveField(f); err != nil {
		return err
	}
	c.quiet = true
	c.cutInverse(f)
	c.fill(t, f, nil)
	c.Schema.RemoveField(t, f)
	return nil
}

// RemoveTable removes a table with its records. Links to it become texts.
func (c *Change) RemoveTable(t *schema.Table) *wire.Error {
	if err := t.Base.CheckRemoveTable(t); err != nil {
		return err
	}
	c.quiet = true
	for _, other := range t.Base.Tables {
		for _, f := range other.Fields {
			if other != t && f.Shape() == schema.Links && f.Linked == t.ID {
				c.toText(f)
			}
		}
	}
	c.Schema.RemoveTable(t)
	rows := c.data.tables[t.ID]
	delete(c.data.tables, t.ID)
	c.Schema.OnRollback(func() {
		if rows != nil {
			c.data.tables[t.ID] = rows
		}
	})
	return nil
}

// ShiftField gives a field another type or other options and reads its cells anew, as generously as typecast does.
// What cannot be read is gone. Under the same type cells stay as they are, but for the choices of a select.
func (c *Change) ShiftField(t *schema.Table, f *schema.Field, to schema.Shift) *wire.Error {
	if err := t.CheckShift(f, to); err != nil {
		return err
	}
	c.quiet = true
	before := *f
	if to.Type == f.Type && f.Shape() != schema.Select && f.Shape() != schema.Selects && f.Shape() != schema.Links {
		return c.Schema.Shift(t, f, to)
	}
	texts := c.texts(t, f)
	c.cutInverse(f)
	c.fill(t, f, nil)
	if err := c.Schema.Shift(t, f, to); err != nil {
		return err
	}
	if f.Type.Computed() {
		return nil
	}
	names := map[string]string{}
	if before.Type == f.Type || f.Shape() == schema.Select || f.Shape() == schema.Selects {
		names = before.Renamed(f.Choices)
	}
	return c.refill(t, f, texts, func(v cell.Value) (cell.Value, bool) { return renamed(before, *f, names, v) })
}

// texts is what every record shows in a field: its cell as stored, or a text for a computed one and for links.
func (c *Change) texts(t *schema.Table, f *schema.Field) map[*Record]cell.Value {
	e := NewEvaluator(c.data).At(c.now)
	shown := map[*Record]cell.Value{}
	for _, r := range c.data.Of(t).InCreationOrder() {
		value := r.Cell(f)
		if f.Type.Computed() || f.Shape() == schema.Links {
			value = nil
			if text := e.Value(r, f).String(); text != "" {
				value = text
			}
		}
		if value != nil {
			shown[r] = value
		}
	}
	return shown
}

// refill reads the cells of a field anew from what was in them. keep returns what can stay as it is.
func (c *Change) refill(t *schema.Table, f *schema.Field, old map[*Record]cell.Value, keep func(cell.Value) (cell.Value, bool)) *wire.Error {
	reader := cell.Reader{Context: typecaster{c}, Typecast: true, Quirks: c.Quirks}
	for _, r := range c.data.Of(t).InCreationOrder() {
		value, found := old[r]
		if !found {
			continue
		}
		if kept, ok := keep(value); ok {
			c.set(r, f, kept)
			continue
		}
		if read, err := reader.Read(f, wire.Encode(cell.Plain(value))); err == nil {
			c.write(r, f, read)
		}
	}
	return nil
}

// renamed is a cell of a select after its choices have changed. It returns false when it is to be read anew.
func renamed(before, after schema.Field, names map[string]string, v cell.Value) (cell.Value, bool) {
	switch v := v.(type) {
	case string:
		now, kept := names[v]
		if before.Type != after.Type || before.Shape() != schema.Select {
			return nil, false
		}
		if !kept {
			return nil, true
		}
		return now, true
	case []string:
		if before.Type != after.Type || before.Shape() != schema.Selects {
			return nil, false
		}
		var all []string
		for _, name := range v {
			if now, kept := names[name]; kept {
				all = append(all, now)
			}
		}
		if all == nil {
			return nil, true
		}
		return all, true
	}
	return nil, false
}

// cutInverse makes the other side of a link, if it has one, a text with the titles that it shows.
func (c *Change) cutInverse(f *schema.Field) {
	if f.Shape() != schema.Links || f.Inverse == "" {
		return
	}
	c.toText(c.data.schema.Table(f.Linked).FieldByID(f.Inverse))
}

// toText makes a link a text with the titles that it shows.
func (c *Change) toText(f *schema.Field) {
	t := c.data.schema.Table(f.TableID)
	texts := c.texts(t, f)
	c.fill(t, f, nil)
	c.Schema.Unlink(f)
	c.fill(t, f, texts)
}

// fill gives the cells of a field these values and empties all others.
func (c *Change) fill(t *schema.Table, f *schema.Field, values map[*Record]cell.Value) {
	for _, r := range c.data.Of(t).InIDOrder() {
		c.set(r, f, values[r])
	}
}

// SettleFile replaces or removes an attachment that is in a cell, once its file has been fetched or has not. When it
// is no longer there nothing happens.
func (c *Change) SettleFile(table, record, field, id string, settle func(cell.Attachment) (now cell.Attachment, keep bool)) {
	t := c.data.schema.Table(table)
	if t == nil {
		return
	}
	f, r := t.FieldByID(field), c.data.Of(t).Record(record)
	if f == nil || r == nil || f.Shape() != schema.Files {
		return
	}
	var list []cell.Attachment
	for _, one := range cell.Attachments(r.Cell(f)) {
		if one.ID == id {
			var keep bool
			if one, keep = settle(one); !keep {
				continue
			}
		}
		list = append(list, one)
	}
	c.setQuietly(r, f, cell.Files(list))
}
