package record

import (
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// Entry is a record as it is kept on disk: whole, so that reading it twice changes nothing.
type Entry struct {
	Table    string                     `json:"t"`
	ID       string                     `json:"id"`
	Seq      int64                      `json:"n"`
	Created  int64                      `json:"c"`
	Modified int64                      `json:"m"`
	Cells    map[string]json.RawMessage `json:"f"`
	Changed  map[string]int64           `json:"w,omitempty"`
}

// Entry is the record as it is kept.
func (r *Record) Entry() Entry {
	e := Entry{r.Table().ID, r.ID, r.seq, r.created, r.modified, make(map[string]json.RawMessage, len(r.cells)), r.changed}
	for id, value := range r.cells {
		e.Cells[id] = cell.Append(nil, value)
	}
	return e
}

// Restore puts a record as it was kept into its table.
func (d *Data) Restore(e Entry) error {
	t := d.schema.Table(e.Table)
	if t == nil {
		return fmt.Errorf("record %s belongs to the unknown table %s", e.ID, e.Table)
	}
	rows := d.stored(t)
	r := &Record{ID: e.ID, rows: rows, seq: e.Seq, created: e.Created, modified: e.Modified, changed: e.Changed, cells: make(map[string]cell.Value, len(e.Cells))}
	for id, raw := range e.Cells {
		f := t.FieldByID(id)
		if f == nil {
			return fmt.Errorf("record %s has a cell of the unknown field %s", e.ID, id)
		}
		value, err := cell.Decode(f, raw)
		if err != nil {
			return fmt.Errorf("record %s, field %s: %w", e.ID, id, err)
		}
		r.cells[id] = value
	}
	rows.put(r)
	return nil
}

// RestoreDeleted takes a record out again that was deleted after it had been kept.
func (d *Data) RestoreDeleted(table, id string) {
	if rows := d.tables[table]; rows != nil && rows.byID[id] != nil {
		rows.drop(rows.byID[id])
	}
}

// RestoreRemoved forgets the records of a table that was removed after they had been kept.
func (d *Data) RestoreRemoved(table string) { delete(d.tables, table) }

// NextSeq is the number that the table's next record gets.
func (d *Data) NextSeq(t *schema.Table) int64 { return d.Of(t).nextSeq }

// RestoreNextSeq makes sure that the numbers below next are not given again.
func (d *Data) RestoreNextSeq(t *schema.Table, next int64) {
	rows := d.stored(t)
	rows.nextSeq = max(rows.nextSeq, next)
}
