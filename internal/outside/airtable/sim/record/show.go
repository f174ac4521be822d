package record

import (
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Style is how a caller wants records to look.
type Style struct {
	Fields         []*schema.Field // nil means all
	ByID           bool            // cells are keyed by field id instead of by name
	AsText         bool            // cellFormat=string
	CommentCount   bool
	LinksAsObjects bool
	FileURL        func(cell.Attachment) string // of a file that was fetched
}

// AppendList writes "records":[…], a member of the object that the caller is writing.
func (e *Evaluator) AppendList(out []byte, records []*Record, how Style) []byte {
	out = append(out, `"records":[`...)
	for i, r := range records {
		if i > 0 {
			out = append(out, ',')
		}
		out = e.Append(out, r, how)
	}
	return append(out, ']')
}

// Append writes a record. Empty cells are left out, as Airtable does.
func (e *Evaluator) Append(out []byte, r *Record, how Style) []byte {
	out = wire.AppendString(append(out, `{"id":`...), r.ID)
	out = append(out, `,"fields":{`...)
	fields := how.Fields
	if fields == nil {
		fields = r.Table().Fields
	}
	first := true
	for _, f := range fields {
		start := len(out)
		if !first {
			out = append(out, ',')
		}
		if how.ByID {
			out = wire.AppendString(out, f.ID)
		} else {
			out = append(out, f.Key()...)
		}
		out = append(out, ':')
		filled := len(out)
		if out = e.appendCell(out, r, f, how); len(out) == filled {
			out = out[:start]
			continue
		}
		first = false
	}
	out = append(out, '}')
	if how.CommentCount {
		out = append(out, `,"commentCount":0`...)
	}
	wholeSeconds := r.created / 1000 * 1000 // as Airtable shows them
	out = wire.AppendString(append(out, `,"createdTime":`...), formula.FormatInstant(wholeSeconds))
	return append(out, '}')
}

// appendCell writes a cell, or nothing when it is empty.
func (e *Evaluator) appendCell(out []byte, r *Record, f *schema.Field, how Style) []byte {
	switch {
	case how.AsText:
		return e.appendText(out, r, f)
	case f.Shape() == schema.Lookup:
		return e.appendLookup(out, r, f, how)
	case f.Type.Computed():
		return appendComputed(out, e.Value(r, f))
	case f.Shape() == schema.Files:
		return cell.AppendFiles(out, r.Cell(f), how.FileURL)
	case f.Shape() == schema.Links && how.LinksAsObjects:
		return appendLinkObjects(out, r.Cell(f))
	}
	return cell.Append(out, r.Cell(f))
}

// appendComputed writes the result of a formula. Errors are objects.
func appendComputed(out []byte, v formula.Value) []byte {
	switch v.Type {
	case formula.Number:
		return wire.AppendNumber(out, v.Num)
	case formula.String, formula.Date:
		return wire.AppendString(out, v.String())
	case formula.Array:
		return appendArray(out, v.List)
	case formula.Failure:
		return append(wire.AppendString(append(out, `{"error":`...), v.Text), '}')
	}
	return out
}

// appendArray writes the values of a list that are not blank, or nothing when there is none.
func appendArray(out []byte, values []formula.Value) []byte {
	start := len(out)
	out = append(out, '[')
	for _, v := range values {
		before := len(out)
		if before > start+1 {
			out = append(out, ',')
		}
		filled := len(out)
		if out = appendComputed(out, v); len(out) == filled {
			out = out[:before]
		}
	}
	if len(out) == start+1 {
		return out[:start]
	}
	return append(out, ']')
}

// appendLinkObjects writes a link cell as includeDateDependencyMetadata asks.
func appendLinkObjects(out []byte, v cell.Value) []byte {
	ids, _ := v.([]string)
	if len(ids) == 0 {
		return out
	}
	out = append(out, '[')
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(wire.AppendString(append(out, `{"id":`...), id), '}')
	}
	return append(out, ']')
}

// appendText writes a cell as cellFormat=string asks: the plain text that a formula would see.
func (e *Evaluator) appendText(out []byte, r *Record, f *schema.Field) []byte {
	if f.Shape() == schema.Checkbox {
		if r.Cell(f) == nil {
			return out
		}
		return wire.AppendString(out, "checked")
	}
	text := e.Value(r, f).String()
	if plain, isText := r.Cell(f).(string); isText {
		text = plain
	}
	if text == "" {
		return out
	}
	return wire.AppendString(out, text)
}
