package listing

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// sortKey is one level of a sort.
type sortKey struct {
	field      *schema.Field
	descending bool
}

// sortable is a record with the values it is sorted by, computed once.
type sortable struct {
	r      *record.Record
	values []formula.Value
}

// sortKeys compares a sort with the table.
func sortKeys(t *schema.Table, levels []sorting) ([]sortKey, *wire.Error) {
	keys := make([]sortKey, 0, len(levels))
	for _, level := range levels {
		f := t.Field(level.Field)
		if f == nil {
			return nil, wire.UnknownField(level.Field)
		}
		keys = append(keys, sortKey{f, level.Direction == "desc"})
	}
	return keys, nil
}

// sorted returns a new list in the order of the keys. Equal records keep the order they had.
func sorted(e *record.Evaluator, list []*record.Record, keys []sortKey) []*record.Record {
	rows := make([]sortable, len(list))
	for i, r := range list {
		rows[i] = sortable{r, make([]formula.Value, len(keys))}
		for k, key := range keys {
			rows[i].values[k] = sortValue(e, r, key.field)
		}
	}
	slices.SortStableFunc(rows, func(a, b sortable) int {
		for k, key := range keys {
			order := compareValues(a.values[k], b.values[k])
			if key.descending {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return 0
	})
	out := make([]*record.Record, len(rows))
	for i, row := range rows {
		out[i] = row.r
	}
	return out
}

// sortValue is what a field sorts by: its choice's place for a single select, its value for all others.
func sortValue(e *record.Evaluator, r *record.Record, f *schema.Field) formula.Value {
	if f.Shape() == schema.Select {
		name, _ := r.Cell(f).(string)
		at := f.ChoiceIndex(name)
		if at < 0 {
			return formula.Value{}
		}
		return formula.Num(float64(at))
	}
	return e.Value(r, f)
}

// compareValues puts blanks first, then numbers and dates, then texts in any case, then errors.
func compareValues(a, b formula.Value) int {
	if order := cmp.Compare(rank(a), rank(b)); order != 0 {
		return order
	}
	if a.Type == formula.String {
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	}
	if a.Type == formula.Array {
		return compareLists(a.List, b.List)
	}
	return cmp.Compare(a.Num, b.Num)
}

// compareLists puts lists in the order of the first values that differ, and the shorter one first.
func compareLists(a, b []formula.Value) int {
	for i := range min(len(a), len(b)) {
		if order := compareValues(a[i], b[i]); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

func rank(v formula.Value) int {
	switch v.Type {
	case formula.Blank:
		return 0
	case formula.Number, formula.Date:
		return 1
	case formula.String:
		return 2
	case formula.Array:
		return 3
	}
	return 4
}
