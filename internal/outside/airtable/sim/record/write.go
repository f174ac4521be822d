package record

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Mode says how a write treats what it is given.
type Mode struct {
	Typecast bool // read texts generously, and make the choices and records that they name
	Replace  bool // clear the writable fields that are not named
}

// ErrNotFound is the response to a path that names a record that is not there.
func ErrNotFound() *wire.Error {
	return &wire.Error{Status: http.StatusNotFound, Type: "MODEL_ID_NOT_FOUND", Message: "Record not found"}
}

// Create makes a record with these cells.
func (c *Change) Create(t *schema.Table, fields map[string]json.RawMessage, mode Mode) (*Record, *wire.Error) {
	cells, err := c.readAll(t, fields, mode)
	if err != nil {
		return nil, err
	}
	return c.create(t, fields, cells)
}

// create makes a record with cells that have been read from these fields.
func (c *Change) create(t *schema.Table, fields map[string]json.RawMessage, cells []writtenCell) (*Record, *wire.Error) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if err := cell.NewFiles(t.Field(name), fields[name]); err != nil {
			return nil, err
		}
	}
	r, err := c.add(t)
	if err != nil {
		return nil, err
	}
	c.writeAll(r, cells)
	return r, nil
}

// Update changes these cells of a record.
func (c *Change) Update(r *Record, fields map[string]json.RawMessage, mode Mode) *wire.Error {
	cells, err := c.readAll(r.Table(), fields, mode)
	if err != nil {
		return err
	}
	c.overwrite(r, cells, mode)
	return nil
}

// writtenCell is a cell that was read from a request.
type writtenCell struct {
	field *schema.Field
	value cell.Value
}

// readAll reads the cells of one record. All names are looked up before the first value is read.
func (c *Change) readAll(t *schema.Table, fields map[string]json.RawMessage, mode Mode) ([]writtenCell, *wire.Error) {
	names := slices.Sorted(maps.Keys(fields))
	for _, name := range names {
		if t.Field(name) == nil {
			return nil, wire.UnknownField(name)
		}
	}
	reader := cell.Reader{Context: typecaster{c}, Typecast: mode.Typecast, Quirks: c.Quirks}
	cells := make([]writtenCell, 0, len(names))
	for _, name := range names {
		f := t.Field(name)
		if c.Quirks.ReadOnly(f.ID, f.Name) {
			return nil, wire.NotPermitted("write cell values in field %s (%s)", f.Name, f.ID)
		}
		value, err := reader.Read(f, fields[name])
		if err != nil {
			return nil, err
		}
		cells = append(cells, writtenCell{f, value})
	}
	return cells, nil
}

// writeAll stores cells in a record.
func (c *Change) writeAll(r *Record, cells []writtenCell) {
	for _, written := range cells {
		c.write(r, written.field, written.value)
	}
}

// overwrite stores cells. To replace, it first clears every writable field that is not among them.
func (c *Change) overwrite(r *Record, cells []writtenCell, mode Mode) {
	if mode.Replace {
		named := map[*schema.Field]bool{}
		for _, written := range cells {
			named[written.field] = true
		}
		for _, f := range r.Table().Fields {
			if !named[f] && !f.Type.Computed() && !c.Quirks.ReadOnly(f.ID, f.Name) {
				c.write(r, f, nil)
			}
		}
	}
	c.writeAll(r, cells)
}

// typecaster is what reading cells sees of a change, and makes in it.
type typecaster struct{ c *Change }

// AddChoice gives a select field another choice.
func (t typecaster) AddChoice(f *schema.Field, name string) { t.c.Schema.AddChoice(f, name) }

// HasLinked reports whether the table that a link points to has a record.
func (t typecaster) HasLinked(link *schema.Field, id string) bool {
	return t.c.linked(link).Record(id) != nil
}

// LinkTitled finds the first record with a title in creation order, or makes one with nothing but its primary field.
func (t typecaster) LinkTitled(link *schema.Field, title string) (string, *wire.Error) {
	target := t.c.linked(link)
	evaluator := NewEvaluator(t.c.data).At(t.c.now)
	for _, r := range target.InCreationOrder() {
		if evaluator.Title(r) == title {
			return r.ID, nil
		}
	}
	primary := target.table.Primary()
	value, err := cell.Reader{Context: t, Typecast: true, Quirks: t.c.Quirks}.Read(primary, wire.Encode(title))
	if err != nil {
		return "", err
	}
	r, err := t.c.add(target.table)
	if err != nil {
		return "", err
	}
	t.c.set(r, primary, value)
	return r.ID, nil
}

// Unreachable reports whether a url leads to no file, and remembers that an attachment was dropped for it.
func (t typecaster) Unreachable(url string) bool {
	if t.c.Quirks.Fails(url) || t.c.Unreachable != nil && t.c.Unreachable(url) {
		t.c.dropped = true
		return true
	}
	return false
}

// Attachment looks through the records of the field's table.
func (t typecaster) Attachment(f *schema.Field, id string) (cell.Attachment, bool) {
	for _, r := range t.c.data.Of(t.c.data.schema.Table(f.TableID)).byID {
		for _, known := range cell.Attachments(r.Cell(f)) {
			if known.ID == id {
				return known, true
			}
		}
	}
	return cell.Attachment{}, false
}
