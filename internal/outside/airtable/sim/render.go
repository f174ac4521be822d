package sim

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// style is how the caller wants records shown.
type style struct {
	fields         []*field // nil means all
	byID           bool
	asText         bool // cellFormat=string
	commentCount   bool
	linksAsObjects bool
}

// appendRecord writes a record. Empty cells are left out, as Airtable does.
func (s *sight) appendRecord(out []byte, r *record, how style) []byte {
	out = appendString(append(out, `{"id":`...), r.id)
	out = append(out, `,"fields":{`...)
	fields := how.fields
	if fields == nil {
		fields = r.table.fields
	}
	first := true
	for _, f := range fields {
		start := len(out)
		if !first {
			out = append(out, ',')
		}
		if how.byID {
			out = appendString(out, f.id)
		} else {
			out = append(out, f.key...)
		}
		out = append(out, ':')
		filled := len(out)
		if out = s.appendCell(out, r, f, how); len(out) == filled {
			out = out[:start]
			continue
		}
		first = false
	}
	out = append(out, '}')
	if how.commentCount {
		out = append(out, `,"commentCount":0`...)
	}
	out = appendString(append(out, `,"createdTime":`...), formula.FormatInstant(r.created/1000*1000)) // Airtable's are whole seconds
	return append(out, '}')
}

// appendCell writes a cell, or nothing when it is empty.
func (s *sight) appendCell(out []byte, r *record, f *field, how style) []byte {
	if how.asText {
		return s.appendCellText(out, r, f)
	}
	if f.kind.shape() == shapeFormula {
		return appendValue(out, s.computed(r, f))
	}
	switch cell := r.cells[f.id].(type) {
	case string:
		return appendString(out, cell)
	case float64:
		return appendNumber(out, cell)
	case bool:
		return append(out, "true"...)
	case []string:
		if how.linksAsObjects && f.kind.shape() == shapeLinks {
			return append(out, linkObjects(cell)...)
		}
		return appendStrings(out, cell)
	case json.RawMessage:
		return append(out, cell...)
	}
	return out
}

// appendValue writes the result of a formula; errors are objects.
func appendValue(out []byte, v formula.Value) []byte {
	switch v.Kind {
	case formula.Number:
		return appendNumber(out, v.Num)
	case formula.String, formula.Date:
		return appendString(out, v.String())
	case formula.Failure:
		return append(appendString(append(out, `{"error":`...), v.Text), '}')
	}
	return out
}

// appendCellText writes a cell as cellFormat=string wants it: the plain text that a formula would see.
func (s *sight) appendCellText(out []byte, r *record, f *field) []byte {
	if f.kind.shape() == shapeCheckbox {
		if r.cells[f.id] == nil {
			return out
		}
		return appendString(out, "checked")
	}
	text := s.value(r, f).String()
	if plain, isText := r.cells[f.id].(string); isText {
		text = plain
	}
	if text == "" {
		return out
	}
	return appendString(out, text)
}
