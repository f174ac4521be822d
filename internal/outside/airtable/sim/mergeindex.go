package sim

import (
	"encoding/json"
	"slices"
	"strconv"
)

// maxIndexes bounds how many combinations of merge fields a table remembers; the oldest one goes.
const maxIndexes = 8

// mergeIndex finds records by the values of one to three fields, so that an upsert need not read the table.
// It is built by the first upsert that merges on these fields and kept in step from then on.
type mergeIndex struct {
	fields []*field
	byKey  map[string][]*record
}

// index returns the table's index on these fields, in this order.
func (t *table) index(fields []*field) *mergeIndex {
	for _, known := range t.indexes {
		if slices.Equal(known.fields, fields) {
			return known
		}
	}
	made := &mergeIndex{fields: fields, byKey: make(map[string][]*record, len(t.records))}
	for _, r := range t.inViewOrder() {
		made.add(r)
	}
	if t.indexes = append(t.indexes, made); len(t.indexes) > maxIndexes {
		t.indexes = slices.Delete(t.indexes, 0, 1)
	}
	return made
}

func (x *mergeIndex) covers(f *field) bool { return slices.Contains(x.fields, f) }

// find returns the records with these values. An empty value matches nothing: such a record is created.
func (x *mergeIndex) find(values []any) []*record {
	if slices.Contains(values, nil) {
		return nil
	}
	return x.byKey[mergeKey(values)]
}

// key is the record's key, and false when one of its values is empty: nothing can match it then.
func (x *mergeIndex) key(r *record) (string, bool) {
	values := make([]any, len(x.fields))
	for i, f := range x.fields {
		if values[i] = r.cells[f.id]; values[i] == nil {
			return "", false
		}
	}
	return mergeKey(values), true
}

func (x *mergeIndex) add(r *record) {
	if key, full := x.key(r); full {
		x.byKey[key] = append(x.byKey[key], r)
	}
}

func (x *mergeIndex) remove(r *record) {
	key, full := x.key(r)
	if !full {
		return
	}
	rest := slices.DeleteFunc(x.byKey[key], func(other *record) bool { return other == r })
	if len(rest) == 0 {
		delete(x.byKey, key)
		return
	}
	x.byKey[key] = rest
}

// mergeKey writes values so that different ones, also of different types, have different keys.
func mergeKey(values []any) string {
	var key []byte
	for _, value := range values {
		switch v := value.(type) {
		case string:
			key = appendString(key, v)
		case float64:
			key = strconv.AppendFloat(key, v, 'g', -1, 64)
		case bool:
			key = strconv.AppendBool(key, v)
		case []string:
			key = appendStrings(key, v)
		case json.RawMessage:
			key = append(key, v...)
		}
		key = append(key, ';')
	}
	return string(key)
}
