// Package record is the rows of the simulator: what is in them, how they are created, changed, upserted and deleted
// with both sides of every link in step, what is computed from them, and how they look when they are read. It knows
// no listing and no HTTP.
//
// Nothing here locks but the cached orders: the caller keeps readers and changes apart.
package record

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// Data is the records of all tables of a schema.
type Data struct {
	schema *schema.Schema
	tables map[string]*Rows // by table id; a table that never had a record has none
}

// Rows are the records of one table. Only a Change may alter them.
type Rows struct {
	table   *schema.Table
	byID    map[string]*Record
	nextSeq int64
	indexes []*mergeIndex
	orders  orders
}

// Record is one row. Only a Change may alter it. Times are milliseconds since 1970.
type Record struct {
	ID string

	rows     *Rows
	seq      int64 // its place in the order of creation
	created  int64
	modified int64                 // when a cell that is not computed last changed
	cells    map[string]cell.Value // by field id; an empty one is absent
	changed  map[string]int64      // when a cell last changed, by field id; only of those that did after the creation
	deleted  bool
}

// NewData returns the records of a schema that has none yet.
func NewData(s *schema.Schema) *Data { return &Data{schema: s, tables: map[string]*Rows{}} }

// Of returns the records of a table.
func (d *Data) Of(t *schema.Table) *Rows {
	if rows := d.tables[t.ID]; rows != nil {
		return rows
	}
	return newRows(t)
}

// stored is Of for those who put records in: what it returns is kept.
func (d *Data) stored(t *schema.Table) *Rows {
	rows := d.Of(t)
	d.tables[t.ID] = rows
	return rows
}

// InBase finds a record of any table of the base by id, or returns nil.
func (d *Data) InBase(b *schema.Base, id string) *Record {
	for _, t := range b.Tables {
		if r := d.Of(t).Record(id); r != nil {
			return r
		}
	}
	return nil
}

func newRows(t *schema.Table) *Rows { return &Rows{table: t, byID: map[string]*Record{}, nextSeq: 1} }

// Table is the table whose records these are.
func (rows *Rows) Table() *schema.Table { return rows.table }

// Record finds a record by id, or returns nil.
func (rows *Rows) Record(id string) *Record { return rows.byID[id] }

// put and drop keep everything that finds a record in step.
func (rows *Rows) put(r *Record) {
	r.deleted = false
	rows.byID[r.ID] = r
	rows.nextSeq = max(rows.nextSeq, r.seq+1)
	for _, index := range rows.indexes {
		index.add(r)
	}
	rows.orders.forget()
}

func (rows *Rows) drop(r *Record) {
	r.deleted = true
	delete(rows.byID, r.ID)
	for _, index := range rows.indexes {
		index.remove(r)
	}
	rows.orders.forget()
}

// Table is the table that the record belongs to.
func (r *Record) Table() *schema.Table { return r.rows.table }

// Deleted reports whether the record is gone. Listings under way skip it.
func (r *Record) Deleted() bool { return r.deleted }

// Cell is what is stored in a cell. A computed field stores nothing: ask an Evaluator.
func (r *Record) Cell(f *schema.Field) cell.Value { return r.cells[f.ID] }

// store writes a cell and keeps the merge indexes in step.
func (r *Record) store(f *schema.Field, value cell.Value) {
	for _, index := range r.rows.indexes {
		if index.covers(f) {
			index.remove(r)
			defer index.add(r)
		}
	}
	if value == nil {
		delete(r.cells, f.ID)
		return
	}
	r.cells[f.ID] = value
}

// orders caches the two orders in which a table is listed. A list that was handed out is never changed: a record
// that comes or goes makes the cache forget it, and the next listing sorts a new one. Readers may share it.
type orders struct {
	mu          sync.Mutex
	byID, bySeq []*Record
}

func (o *orders) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.byID, o.bySeq = nil, nil
}

// InIDOrder lists the records as a listing without view and sort does. The list must not be changed.
func (rows *Rows) InIDOrder() []*Record {
	rows.orders.mu.Lock()
	defer rows.orders.mu.Unlock()
	if rows.orders.byID == nil {
		rows.orders.byID = rows.sorted(func(a, b *Record) int { return strings.Compare(a.ID, b.ID) })
	}
	return rows.orders.byID
}

// InCreationOrder lists the records as a grid view does. The list must not be changed.
func (rows *Rows) InCreationOrder() []*Record {
	rows.orders.mu.Lock()
	defer rows.orders.mu.Unlock()
	if rows.orders.bySeq == nil {
		rows.orders.bySeq = rows.sorted(func(a, b *Record) int { return cmp.Compare(a.seq, b.seq) })
	}
	return rows.orders.bySeq
}

// sorted is a new list, never nil.
func (rows *Rows) sorted(order func(a, b *Record) int) []*Record {
	list := make([]*Record, 0, len(rows.byID))
	for _, r := range rows.byID {
		list = append(list, r)
	}
	slices.SortFunc(list, order)
	return list
}
