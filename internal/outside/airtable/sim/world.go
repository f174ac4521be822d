package sim

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// world is everything that the simulator keeps. Its lock is taken once per call by the routes: reading for
// calls that change nothing, writing for all others; what stands below it takes no lock of its own but the
// one around lazily sorted lists.
type world struct {
	mu     sync.RWMutex
	bases  map[string]*base
	order  []*base // as created
	tables map[string]*table
}

// base is a set of tables. records finds a record of any of them.
type base struct {
	id, name string
	tables   []*table
	records  map[string]*record
}

// table has fields, of which the first is the primary one, and records.
type table struct {
	base        *base
	id          string
	name        string
	description string
	fields      []*field
	views       []view
	records     map[string]*record
	nextSeq     int64
	indexes     []*mergeIndex
	sorted      sortedRecords
}

// view is one view of a table; every table has the grid view that came with it.
type view struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// record is one row. A cell is a string, a float64, true, a []string or a json.RawMessage; an empty one is
// absent. Times are milliseconds since 1970.
type record struct {
	table    *table
	id       string
	seq      int64 // place in the order of creation
	created  int64
	modified int64 // last change of a cell that is not computed
	cells    map[string]any
	deleted  bool // listings under way skip it
}

// sortedRecords caches the two orders in which a table is listed. A slice that was handed out is never
// changed: a change of the table drops it, and the next listing makes a new one.
type sortedRecords struct {
	mu          sync.Mutex
	byID, bySeq []*record
	idOK, seqOK bool
}

func newWorld() *world {
	return &world{bases: map[string]*base{}, tables: map[string]*table{}}
}

// table finds a table of the base by id or by name.
func (b *base) table(key string) *table {
	for _, t := range b.tables {
		if t.id == key || t.name == key {
			return t
		}
	}
	return nil
}

// field finds a field by id or by name.
func (t *table) field(key string) *field {
	for _, f := range t.fields {
		if f.id == key || f.name == key {
			return f
		}
	}
	return nil
}

// fieldNamed finds a field by name without minding the case, as names must be unique.
func (t *table) fieldNamed(name string) *field {
	for _, f := range t.fields {
		if strings.EqualFold(f.name, name) {
			return f
		}
	}
	return nil
}

// fieldByID finds a field by id alone.
func (t *table) fieldByID(id string) *field {
	for _, f := range t.fields {
		if f.id == id {
			return f
		}
	}
	return nil
}

// primary is the table's first field.
func (t *table) primary() *field { return t.fields[0] }

// inIDOrder lists the records as a listing without view and sort does.
func (t *table) inIDOrder() []*record {
	t.sorted.mu.Lock()
	defer t.sorted.mu.Unlock()
	if !t.sorted.idOK {
		t.sorted.byID = t.collect(func(a, b *record) int { return strings.Compare(a.id, b.id) })
		t.sorted.idOK = true
	}
	return t.sorted.byID
}

// inViewOrder lists the records as the grid view does: as they were created.
func (t *table) inViewOrder() []*record {
	t.sorted.mu.Lock()
	defer t.sorted.mu.Unlock()
	if !t.sorted.seqOK {
		t.sorted.bySeq = t.collect(func(a, b *record) int { return cmp.Compare(a.seq, b.seq) })
		t.sorted.seqOK = true
	}
	return t.sorted.bySeq
}

func (t *table) collect(order func(a, b *record) int) []*record {
	list := make([]*record, 0, len(t.records))
	for _, r := range t.records {
		list = append(list, r)
	}
	slices.SortFunc(list, order)
	return list
}

// reordered drops the cached orders after a record came or went.
func (t *table) reordered() {
	t.sorted.mu.Lock()
	defer t.sorted.mu.Unlock()
	t.sorted.byID, t.sorted.bySeq, t.sorted.idOK, t.sorted.seqOK = nil, nil, false, false
}
