package sim

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// sight evaluates what is computed: formula fields, and the titles of linked records. It lives for one call,
// under the world's lock, and computes each formula cell once. Formulas may refer to each other in circles
// across tables (by links), which shows as an error cell.
type sight struct {
	world *world
	known map[cellKey]formula.Value
	row   row // reused, so that filtering a table does not allocate
}

// cellKey names one formula cell.
type cellKey struct {
	r *record
	f *field
}

// row is a record as formulas see it.
type row struct {
	see *sight
	r   *record
}

func newSight(w *world) *sight { return &sight{world: w} }

// eval computes a formula for a record.
func (s *sight) eval(f *formula.Formula, r *record) formula.Value {
	s.row = row{see: s, r: r}
	return f.Eval(&s.row)
}

func (v *row) Field(id string) formula.Value {
	f := v.r.table.fieldByID(id)
	if f == nil {
		return formula.Value{}
	}
	return v.see.value(v.r, f)
}

func (v *row) RecordID() string        { return v.r.id }
func (v *row) CreatedTime() int64      { return v.r.created }
func (v *row) LastModifiedTime() int64 { return v.r.modified }

// value is a cell as formulas, sorting and titles see it.
func (s *sight) value(r *record, f *field) formula.Value {
	if f.kind.shape() == shapeFormula {
		return s.computed(r, f)
	}
	switch cell := r.cells[f.id].(type) {
	case string:
		return textValue(f, cell)
	case float64:
		return formula.Num(cell)
	case bool:
		return formula.Bool(cell)
	case []string:
		if f.kind.shape() == shapeLinks {
			return formula.Text(s.titles(f, cell))
		}
		return formula.Text(strings.Join(cell, ", "))
	case json.RawMessage:
		return formula.Text(objectText(f, cell))
	}
	if f.kind.shape() == shapeCheckbox {
		return formula.Bool(false)
	}
	return formula.Value{}
}

// textValue is a text, or the date that it writes.
func textValue(f *field, text string) formula.Value {
	if shape := f.kind.shape(); shape == shapeDate || shape == shapeDateTime {
		if at, err := formula.ParseISO(text, time.UTC); err == nil {
			return formula.Instant(at.UnixMilli())
		}
	}
	return formula.Text(text)
}

// computed evaluates a formula field. While it is under way its own value is an error, which ends circles.
func (s *sight) computed(r *record, f *field) formula.Value {
	key := cellKey{r, f}
	if value, done := s.known[key]; done {
		return value
	}
	if s.known == nil {
		s.known = map[cellKey]formula.Value{}
	}
	s.known[key] = formula.Value{Kind: formula.Failure, Text: "#ERROR!"}
	value := f.compiled.Eval(&row{see: s, r: r})
	s.known[key] = value
	return value
}

// title is the primary field of a record as a text.
func (s *sight) title(r *record) string { return s.value(r, r.table.primary()).String() }

// maxTitles is the length in bytes from which no further title is added: records that link to each other in
// a dense net would otherwise fill the memory.
const maxTitles = 1 << 20

// titles joins the titles of linked records, which is all that a formula sees of a link.
func (s *sight) titles(f *field, ids []string) string {
	target := s.world.tables[f.linked]
	var out strings.Builder
	for _, id := range ids {
		r := target.records[id]
		if r == nil || out.Len() > maxTitles {
			continue
		}
		if out.Len() > 0 {
			out.WriteString(", ")
		}
		out.WriteString(s.title(r))
	}
	return out.String()
}

// objectText is what a formula sees of collaborators, attachments and barcodes.
func objectText(f *field, raw json.RawMessage) string {
	type parts struct{ Name, Email, Filename, Text string }
	var list []parts
	if raw[0] == '{' {
		list = make([]parts, 1)
		_ = json.Unmarshal(raw, &list[0]) // written by encoded
	} else {
		_ = json.Unmarshal(raw, &list)
	}
	texts := make([]string, 0, len(list))
	for _, one := range list {
		text := one.Text + one.Filename + one.Name
		if text == "" {
			text = one.Email
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", ")
}
