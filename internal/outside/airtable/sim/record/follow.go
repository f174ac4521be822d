package record

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// The bounds of what one cell may look at. Lookups of lookups would otherwise grow without end, and in a circle have
// none.
const (
	maxLookups = 10_000
	maxDepth   = 8
)

// source is a cell that a lookup shows.
type source struct {
	r *Record
	f *schema.Field
}

// compute is the value of a formula, a lookup or a rollup. What follows something that is gone is an error.
func (e *Evaluator) compute(r *Record, f *schema.Field) formula.Value {
	if f.Shape() == schema.Formula {
		if f.Formula() == nil {
			return formula.Failed()
		}
		return f.Formula().Eval(&row{e: e, r: r})
	}
	if _, _, valid := f.Follows(); !valid || f.Shape() == schema.Rollup && f.Formula() == nil {
		return formula.Failed()
	}
	var values []formula.Value
	for _, s := range e.sources(r, f) {
		if value := e.Value(s.r, s.f); value.Type == formula.Array {
			values = append(values, value.List...)
		} else {
			values = append(values, value)
		}
	}
	list := formula.List(values)
	if f.Shape() == schema.Lookup {
		return list
	}
	return f.Formula().Eval(&row{e: e, r: r, values: &list})
}

// count is the number of linked records.
func (e *Evaluator) count(r *Record, f *schema.Field) formula.Value {
	link, _, valid := f.Follows()
	if !valid {
		return formula.Failed()
	}
	ids, _ := r.Cell(link).([]string)
	return formula.Num(float64(len(ids)))
}

// sources are the cells that a lookup or a rollup looks at, in the order of the links. A lookup in the linked table
// stands for the cells that it looks at itself.
func (e *Evaluator) sources(r *Record, f *schema.Field) []source {
	left := maxLookups
	return e.addSources(nil, r, f, maxDepth, &left)
}

func (e *Evaluator) addSources(all []source, r *Record, f *schema.Field, depth int, left *int) []source {
	link, looked, valid := f.Follows()
	if !valid || depth == 0 {
		return all
	}
	ids, _ := r.Cell(link).([]string)
	rows := e.data.Of(e.data.schema.Table(link.Linked))
	for _, id := range ids {
		other := rows.Record(id)
		if *left--; *left < 0 {
			return all
		}
		switch {
		case other == nil:
		case looked.Shape() == schema.Lookup:
			all = e.addSources(all, other, looked, depth-1, left)
		default:
			all = append(all, source{other, looked})
		}
	}
	return all
}

// appendLookup writes what a lookup shows: the cells of the linked records in one flat array, or nothing when all are
// empty.
func (e *Evaluator) appendLookup(out []byte, r *Record, f *schema.Field, how Style) []byte {
	if _, _, valid := f.Follows(); !valid {
		return appendComputed(out, formula.Failed())
	}
	start := len(out)
	out = append(out, '[')
	for _, s := range e.sources(r, f) {
		before := len(out)
		if before > start+1 {
			out = append(out, ',')
		}
		filled := len(out)
		out = e.appendCell(out, s.r, s.f, how)
		switch {
		case len(out) == filled:
			out = out[:before]
		case out[filled] == '[': // the values of an array stand in the lookup's own
			out = append(out[:filled], out[filled+1:len(out)-1]...)
		}
	}
	if len(out) == start+1 {
		return out[:start]
	}
	return append(out, ']')
}
