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
		out = append(out, wire.Encode(v)...)
		if visible {
			out = append(out[:len(out)-1], `,"visibleFieldIds":`...)
			out = append(wire.AppendStrings(out, t.visible(v)), '}')
		}
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
		maps.Copy(shown, f.shownFormula())
	}
	if len(shown) == 0 {
		return nil
	}
	return shown
}

// shownFormula is what reading shows of a formula field.
func (f *Field) shownFormula() map[string]any {
	result := map[string]any{"type": "singleLineText"}
	switch f.Static() {
	case formula.NumberType:
		result = map[string]any{"type": "number", "options": map[string]any{"precision": 8}}
	case formula.DateType:
		result = map[string]any{"type": "dateTime", "options": map[string]any{
			"dateFormat": namedFormat{"iso", dateFormats["iso"]}, "timeFormat": namedFormat{"24hour", timeFormats["24hour"]}, "timeZone": "utc",
		}}
	}
	return map[string]any{
		"formula": f.source, "isValid": true, "referencedFieldIds": append([]string{}, f.compiled.Refs()...), "result": result,
	}
}
