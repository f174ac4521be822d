package sim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
)

// basesPerPage is fixed; pageSize is refused.
const basesPerPage = 1000

// whoami answers the token's owner, an id that follows from the token. It shows no scopes, as for every
// personal access token.
func (s *Sim) whoami(q *request) (answer, *apiError) {
	id := derivedID("usr", q.token.Value)
	out := appendString([]byte(`{"id":`), id)
	if q.token.allows(scopeEmail) {
		out = appendString(append(out, `,"email":`...), strings.ToLower(id)+"@example.com")
	}
	return answer{body: append(out, '}')}, nil
}

// enterpriseOnly refuses what exists on Enterprise plans alone.
func (s *Sim) enterpriseOnly(*request) (answer, *apiError) { return answer{}, errEnterprise() }

// listBases answers all bases in the order of their creation.
func (s *Sim) listBases(q *request) (answer, *apiError) {
	if q.query.Has("pageSize") {
		return answer{}, errParameters()
	}
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	rest := s.world.order
	if offset := q.query.Get("offset"); offset != "" {
		_, first, _ := strings.Cut(offset, "/")
		at := slices.IndexFunc(rest, func(b *base) bool { return b.id == first })
		if at < 0 {
			return answer{}, errOffset(offset)
		}
		rest = rest[at:]
	}
	out := []byte(`{"bases":[`)
	for i, b := range rest[:min(len(rest), basesPerPage)] {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(append(out, `{"id":`...), b.id)
		out = appendString(append(out, `,"name":`...), b.name)
		out = append(out, `,"permissionLevel":"create"}`...)
	}
	out = append(out, ']')
	if len(rest) > basesPerPage {
		out = appendString(append(out, `,"offset":`...), "itr00000000000000/"+rest[basesPerPage].id)
	}
	return s.read(append(out, '}')), nil
}

// getSchema answers all tables of a base at once.
func (s *Sim) getSchema(q *request) (answer, *apiError) {
	include := listOf(q.query, "include")
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	b := s.world.bases[q.path.base]
	if b == nil {
		return answer{}, errNoModel()
	}
	out := []byte(`{"tables":`)
	out = append(b.appendTables(out, slices.Contains(include, "visibleFieldIds")), '}')
	return s.read(out), nil
}

func (b *base) appendTables(out []byte, visible bool) []byte {
	out = append(out, '[')
	for i, t := range b.tables {
		if i > 0 {
			out = append(out, ',')
		}
		out = t.appendSchema(out, visible)
	}
	return append(out, ']')
}

// appendSchema writes a table with its fields and views.
func (t *table) appendSchema(out []byte, visible bool) []byte {
	out = appendString(append(out, `{"id":`...), t.id)
	out = appendString(append(out, `,"name":`...), t.name)
	if t.description != "" {
		out = appendString(append(out, `,"description":`...), t.description)
	}
	out = appendString(append(out, `,"primaryFieldId":`...), t.primary().id)
	out = append(out, `,"fields":[`...)
	for i, f := range t.fields {
		if i > 0 {
			out = append(out, ',')
		}
		out = f.appendSchema(out)
	}
	out = append(out, `],"views":[`...)
	for i, v := range t.views {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, encoded(v)...)
		if visible {
			ids := make([]string, len(t.fields))
			for k, f := range t.fields {
				ids[k] = f.id
			}
			out = append(out[:len(out)-1], `,"visibleFieldIds":`...)
			out = append(appendStrings(out, ids), '}')
		}
	}
	return append(out, "]}"...)
}

// appendSchema writes a field with the options that reading shows.
func (f *field) appendSchema(out []byte) []byte {
	out = appendString(append(out, `{"id":`...), f.id)
	out = append(append(out, `,"name":`...), f.key...)
	out = appendString(append(out, `,"type":`...), string(f.kind))
	if f.description != "" {
		out = appendString(append(out, `,"description":`...), f.description)
	}
	if options := f.shownOptions(); options != nil {
		out = append(append(out, `,"options":`...), encoded(options)...)
	}
	return append(out, '}')
}

// shownOptions are the options as reading shows them, nil when the kind has none.
func (f *field) shownOptions() map[string]any {
	shown := map[string]any{}
	for name, value := range f.options {
		shown[name] = value
	}
	switch f.kind.shape() {
	case shapeSelect, shapeSelects:
		shown["choices"] = append([]choice{}, f.choices...)
	case shapeLinks:
		shown["linkedTableId"], shown["isReversed"], shown["prefersSingleRecordLink"] = f.linked, false, false
		if f.inverse != "" {
			shown["inverseLinkFieldId"] = f.inverse
		}
	case shapeFiles:
		shown["isReversed"] = false
	case shapeFormula:
		maps.Copy(shown, f.formulaOptions())
	}
	if len(shown) == 0 {
		return nil
	}
	return shown
}

// formulaOptions are what reading shows of a formula field.
func (f *field) formulaOptions() map[string]any {
	result := map[string]any{"type": "singleLineText"}
	switch f.static() {
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

// normalOptions are the options of a new field as they are kept: without what the field keeps typed, and
// with the formats that names stand for.
func normalOptions(f *field, given map[string]json.RawMessage) map[string]json.RawMessage {
	kept := maps.Clone(given)
	for _, typed := range []string{"choices", "linkedTableId", "formula"} {
		delete(kept, typed)
	}
	if raw, found := kept["dateFormat"]; found {
		kept["dateFormat"] = withFormat(raw, dateFormats)
	}
	if raw, found := kept["timeFormat"]; found {
		kept["timeFormat"] = withFormat(raw, timeFormats)
	}
	if name, found := asString(kept["timeZone"]); found {
		f.zone = zoneOf(name)
	}
	return kept
}

// freeName is the name itself, or with the first number from 2 on that no field of the table has.
func (t *table) freeName(name string) string {
	if t.fieldNamed(name) == nil {
		return name
	}
	for n := 2; ; n++ {
		if numbered := name + " " + strconv.Itoa(n); t.fieldNamed(numbered) == nil {
			return numbered
		}
	}
}
