package record

import (
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
)

// Evaluator computes what is not stored: formula fields, and the titles of linked records. It is for one call, which
// keeps changes away meanwhile, and computes each formula cell once. Across tables, by links, formulas may refer to
// each other in a circle; that shows as an error cell.
type Evaluator struct {
	data  *Data
	now   int64
	known map[computedCell]formula.Value
	row   row // reused, so that filtering a table does not allocate
}

// computedCell names one formula cell.
type computedCell struct {
	r *Record
	f *schema.Field
}

// row is a record as formulas see it. For the formula of a rollup it has nothing but the rollup's values.
type row struct {
	e      *Evaluator
	r      *Record
	values *formula.Value
}

// NewEvaluator returns an evaluator that has computed nothing yet.
func NewEvaluator(d *Data) *Evaluator { return &Evaluator{data: d} }

// At sets what formulas take for now, in milliseconds since 1970, and returns the evaluator.
func (e *Evaluator) At(now int64) *Evaluator {
	e.now = now
	return e
}

// Eval computes a formula for a record.
func (e *Evaluator) Eval(f *formula.Formula, r *Record) formula.Value {
	e.row = row{e: e, r: r}
	return f.Eval(&e.row)
}

// Field is the value of a field by id.
func (v *row) Field(id string) formula.Value {
	if v.values != nil {
		return *v.values
	}
	f := v.r.Table().FieldByID(id)
	if f == nil {
		return formula.Value{}
	}
	return v.e.Value(v.r, f)
}

// Now is the moment of the call.
func (v *row) Now() int64 { return v.e.now }

// RecordID, CreatedTime and LastModifiedTime are those of the record.
func (v *row) RecordID() string   { return v.r.ID }
func (v *row) CreatedTime() int64 { return v.r.created }
func (v *row) LastModifiedTime(ids []string) formula.Value {
	return lastModified(v.r, ids)
}

// lastModified is when a record, or one of its cells in some fields, last changed.
func lastModified(r *Record, ids []string) formula.Value {
	if len(ids) == 0 {
		return formula.Instant(r.modified)
	}
	at, found := r.lastChange(ids)
	if !found {
		return formula.Value{}
	}
	return formula.Instant(at)
}

// Value is a cell as formulas, sorting and titles see it.
func (e *Evaluator) Value(r *Record, f *schema.Field) formula.Value {
	switch f.Shape() {
	case schema.Formula, schema.Lookup, schema.Rollup:
		return e.computed(r, f)
	case schema.Count:
		return e.count(r, f)
	case schema.AutoNumber:
		return formula.Num(float64(r.seq))
	case schema.Created:
		return formula.Instant(r.created)
	case schema.Modified:
		return lastModified(r, f.Watched())
	case schema.Links:
		ids, _ := r.Cell(f).([]string)
		return formula.Text(e.titles(f, ids))
	}
	return cell.Computable(f, r.Cell(f))
}

// computed evaluates a formula, a lookup or a rollup. Meanwhile the value of the cell is an error, which ends circles.
func (e *Evaluator) computed(r *Record, f *schema.Field) formula.Value {
	key := computedCell{r, f}
	if value, done := e.known[key]; done {
		return value
	}
	if e.known == nil {
		e.known = map[computedCell]formula.Value{}
	}
	e.known[key] = formula.Failed()
	value := e.compute(r, f)
	e.known[key] = value
	return value
}

// Title is the primary field of a record as a text.
func (e *Evaluator) Title(r *Record) string { return e.Value(r, r.Table().Primary()).String() }

// maxTitles is the length in bytes from which no further title is added. Records that link to each other in a dense
// net would otherwise fill up the memory.
const maxTitles = 1 << 20

// titles joins the titles of linked records, which is all that a formula sees of a link.
func (e *Evaluator) titles(link *schema.Field, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	rows := e.data.Of(e.data.schema.Table(link.Linked))
	var out strings.Builder
	for _, id := range ids {
		r := rows.Record(id)
		if r == nil || out.Len() > maxTitles {
			continue
		}
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		out.WriteString(e.Title(r))
	}
	return out.String()
}
