package record

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// maxIndexes bounds how many combinations of merge fields a table remembers. The oldest one goes.
const maxIndexes = 8

// mergeIndex finds records by the values of one to three fields, so that an upsert need not read the whole table.
// It is built by the first upsert that merges on these fields and kept in step from then on.
type mergeIndex struct {
	fields []*schema.Field
	byKey  map[string][]*Record
}

// index returns the table's index on these fields, in this order.
func (rows *Rows) index(fields []*schema.Field) *mergeIndex {
	for _, known := range rows.indexes {
		if slices.Equal(known.fields, fields) {
			return known
		}
	}
	made := newMergeIndex(fields, rows.InCreationOrder())
	if rows.indexes = append(rows.indexes, made); len(rows.indexes) > maxIndexes {
		rows.indexes = slices.Delete(rows.indexes, 0, 1)
	}
	return made
}

func newMergeIndex(fields []*schema.Field, records []*Record) *mergeIndex {
	x := &mergeIndex{fields: fields, byKey: make(map[string][]*Record, len(records))}
	for _, r := range records {
		x.add(r)
	}
	return x
}

func (x *mergeIndex) covers(f *schema.Field) bool { return slices.Contains(x.fields, f) }

// find returns the records with these values. An empty value matches nothing, since a record that has one is in no
// index: such a record is created.
func (x *mergeIndex) find(values []cell.Value) []*Record { return x.byKey[mergeKey(values)] }

// key is the record's key. It returns false when one of the values is empty: nothing can match it then.
func (x *mergeIndex) key(r *Record) (string, bool) {
	values := make([]cell.Value, len(x.fields))
	for i, f := range x.fields {
		if values[i] = r.Cell(f); values[i] == nil {
			return "", false
		}
	}
	return mergeKey(values), true
}

func (x *mergeIndex) add(r *Record) {
	if key, full := x.key(r); full {
		x.byKey[key] = append(x.byKey[key], r)
	}
}

func (x *mergeIndex) remove(r *Record) {
	key, full := x.key(r)
	if !full {
		return
	}
	rest := slices.DeleteFunc(x.byKey[key], func(other *Record) bool { return other == r })
	if len(rest) == 0 {
		delete(x.byKey, key)
		return
	}
	x.byKey[key] = rest
}

// mergeKey writes values so that different ones, also of different types, have different keys.
func mergeKey(values []cell.Value) string {
	var key []byte
	for _, value := range values {
		key = append(cell.Append(key, value), ';')
	}
	return string(key)
}
