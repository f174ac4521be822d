package sim

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// sortKey is one level of a sort.
type sortKey struct {
	field      *field
	descending bool
}

// sortable is a record with the values it is sorted by, computed once.
type sortable struct {
	r      *record
	values []formula.Value
}

// sorted returns a new list in the order of the keys; equal records keep the order they had.
func (s *sight) sorted(list []*record, keys []sortKey) []*record {
	rows := make([]sortable, len(list))
	for i, r := range list {
		rows[i] = sortable{r, make([]formula.Value, len(keys))}
		for k, key := range keys {
			rows[i].values[k] = s.sortValue(r, key.field)
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
	out := make([]*record, len(rows))
	for i, row := range rows {
		out[i] = row.r
	}
	return out
}

// sortValue is what a field sorts by: the place of the choice for single selects, the value for all others.
func (s *sight) sortValue(r *record, f *field) formula.Value {
	if f.kind.shape() == shapeSelect {
		name, _ := r.cells[f.id].(string)
		at := slices.IndexFunc(f.choices, func(c choice) bool { return c.Name == name })
		if at < 0 {
			return formula.Value{}
		}
		return formula.Num(float64(at))
	}
	return s.value(r, f)
}

// compareValues puts blanks first, then numbers and dates, then texts without minding the case.
func compareValues(a, b formula.Value) int {
	rank := func(v formula.Value) int {
		switch v.Kind {
		case formula.Blank:
			return 0
		case formula.Number, formula.Date:
			return 1
		case formula.String:
			return 2
		}
		return 3
	}
	if order := cmp.Compare(rank(a), rank(b)); order != 0 {
		return order
	}
	if a.Kind == formula.String {
		return strings.Compare(strings.ToLower(a.Text), strings.ToLower(b.Text))
	}
	return cmp.Compare(a.Num, b.Num)
}
