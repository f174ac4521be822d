package schema

import (
	"maps"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// AppendTables writes all tables of the base; visible adds to each view the fields that it shows.
func (b *Base) AppendTables(out []byte, visible bool) []byte {
	out = append(out, '[')
	for i, t := range b.Tables {
		if i > 0 {
			out = append(out, ',')
		}
		out = t.Append(out, visible)
	}
	return append(out, ']')
}

// Append writes the table with its fields and views; visible adds to each view the fields that it shows.
func (t *Table) Append(out []byte, visible bool) []byte {
	out = wire.AppendString(append(out, `{"id":`...), t.ID)
	out = wire.AppendString(append(out, `,"name":`...), t.Name)
	if t.Description != "" {
		out = wire.AppendString(append(out, `,"description":`...), t.Description)
	}
	out = wire.AppendString(append(out, `,"primaryFieldId":`...), t.Primary().ID)
	out = append(out, `,"fields":[`...)
	for i, f := range t.Fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = f.Append(out)
	}
	out = append(out, `],"views":[`...)
	for i, v := range t.Views {
		if i > 0 {
			out = append(out, ',')
		}
		out = v.append(out, t, visible)
	}
	return append(out, "]}"...)
}

// Append writes the field with the options that reading shows.
func (f *Field) Append(out []byte) []byte {
	out = wire.AppendString(append(out, `{"id":`...), f.ID)
	out = append(append(out, `,"name":`...), f.key...)
	out = wire.AppendString(append(out, `,"type":`...), string(f.Type))
	if f.Description != "" {
		out = wire.AppendString(append(out, `,"description":`...), f.Description)
	}
	if options := f.shownOptions(); options != nil {
		out = append(append(out, `,"options":`...), wire.Encode(options)...)
	}
	return append(out, '}')
}

// shownOptions are the options as reading shows them, nil when the type has none.
func (f *Field) shownOptions() map[string]any {
	shown := map[string]any{}
	for name, value := range f.options {
		shown[name] = value
	}
	switch f.Shape() {
	case Select, Selects:
		shown["choices"] = append([]Choice{}, f.Choices...)
	case Links:
		shown["linkedTableId"], shown["isReversed"], shown["prefersSingleRecordLink"] = f.Linked, false, false
		if f.Inverse != "" {
			shown["inverseLinkFieldId"] = f.Inverse
		}
	case Files:
		shown["isReversed"] = false
	case Formula:
		shown["formula"], shown["isValid"] = f.source, f.compiled != nil
		shown["referencedFieldIds"], shown["result"] = f.refs(), f.result()
	case Lookup, Rollup, Count:
		maps.Copy(shown, f.shownFollowing())
	case Created:
		shown["result"] = dateTimeResult
	case Modified:
		shown["isValid"], shown["referencedFieldIds"], shown["result"] = true, append([]string{}, f.Watched()...), dateTimeResult
	}
	if len(shown) == 0 {
		return nil
	}
	return shown
}

// refs are the ids of the fields that a formula names.
func (f *Field) refs() []string {
	if f.compiled == nil {
		return []string{}
	}
	return append([]string{}, f.compiled.Refs()...)
}

// shownFollowing is what reading shows of a field that follows a link.
func (f *Field) shownFollowing() map[string]any {
	_, _, valid := f.Follows()
	shown := map[string]any{"isValid": valid, "recordLinkFieldId": f.Via}
	if f.Shape() == Count {
		return shown
	}
	shown["fieldIdInLinkedTable"], shown["result"] = f.Looked, f.result()
	if f.Shape() == Rollup {
		shown["referencedFieldIds"] = []string{}
	}
	return shown
}

// dateTimeResult is the result of what yields a moment.
var dateTimeResult = map[string]any{"type": "dateTime", "options": map[string]any{
	"dateFormat": namedFormat{"iso", dateFormats["iso"]}, "timeFormat": namedFormat{"24hour", timeFormats["24hour"]}, "timeZone": "utc",
}}

// result is the type of what a computed field yields, nil when something that it names is gone.
func (f *Field) result() any {
	if _, looked, valid := f.Follows(); f.Shape() == Lookup {
		if !valid || looked == f {
			return nil
		}
		return looked.asResult()
	}
	if f.compiled == nil {
		return nil
	}
	switch f.compiled.Static() {
	case formula.NumberType:
		return map[string]any{"type": "number", "options": map[string]any{"precision": 8}}
	case formula.DateType:
		return dateTimeResult
	}
	return map[string]any{"type": "singleLineText"}
}

// asResult is the field's type as a lookup of it shows: a computed field has that of its own result.
func (f *Field) asResult() any {
	switch f.Shape() {
	case Formula, Rollup, Created, Modified:
		return f.shownOptions()["result"]
	case Lookup: // of a lookup; only its outer type is shown, since lookups can look at each other
		return map[string]any{"type": f.Type}
	}
	shown := map[string]any{"type": f.Type}
	if options := f.shownOptions(); options != nil {
		shown["options"] = options
	}
	return shown
}
