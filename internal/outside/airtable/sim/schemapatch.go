package sim

import (
	"encoding/json"
	"strings"
)

// patch reads the body of a schema PATCH and refuses keys other than the allowed ones.
func (q *request) patch(allowed ...string) (map[string]json.RawMessage, *apiError) {
	var body map[string]json.RawMessage
	if err := q.decode(&body); err != nil {
		return nil, err
	}
	known := 0
	for _, name := range allowed {
		if _, found := body[name]; found {
			known++
		}
	}
	if known < len(body) || len(body) == 0 {
		return nil, errParameters()
	}
	return body, nil
}

// updateTable changes the name or the description of a table, which is all that the API can.
func (s *Sim) updateTable(q *request) (answer, *apiError) {
	body, err := q.patch("name", "description")
	if err != nil {
		return answer{}, err
	}
	return s.onBase(q, func(c *change, b *base) ([]byte, *apiError) {
		t := c.world.tables[q.path.table]
		if t == nil || t.base != b {
			return nil, errNoModel()
		}
		name, description, err := t.patched(body)
		if err != nil {
			return nil, err
		}
		oldName, oldDescription := t.name, t.description
		c.alter(t, func() { t.name, t.description = name, description },
			func() { t.name, t.description = oldName, oldDescription })
		return t.appendSchema(nil, false), nil
	})
}

// patched are the table's name and description after a patch.
func (t *table) patched(body map[string]json.RawMessage) (name, description string, err *apiError) {
	name, description = t.name, t.description
	if raw, given := body["name"]; given {
		var ok bool
		if name, ok = asString(raw); !ok || strings.TrimSpace(name) == "" {
			return "", "", errParameters()
		}
		if other := t.base.tableNamed(name); other != nil && other != t {
			return "", "", errTableName()
		}
	}
	if raw, given := body["description"]; given {
		if json.Unmarshal(raw, &description) != nil {
			return "", "", errParameters()
		}
	}
	return name, description, nil
}

// updateField changes the name or the description of a field, and the formula of a formula field. Types and
// all other options are fixed.
func (s *Sim) updateField(q *request) (answer, *apiError) {
	body, err := q.patch("name", "description", "options", "type")
	if err != nil {
		return answer{}, err
	}
	return s.onBase(q, func(c *change, b *base) ([]byte, *apiError) {
		t := c.world.tables[q.path.table]
		if t == nil || t.base != b || t.fieldByID(q.path.field) == nil {
			return nil, errNoModel()
		}
		f := t.fieldByID(q.path.field)
		_, retyped := body["type"]
		if options, given := body["options"]; retyped || given {
			if err := c.reformulate(t, f, options, retyped); err != nil {
				return nil, err
			}
		}
		name, description, err := t.patchedField(f, body)
		if err != nil {
			return nil, err
		}
		oldName, oldDescription := f.name, f.description
		c.alter(t, func() { f.rename(name); f.description = description },
			func() { f.rename(oldName); f.description = oldDescription })
		return f.appendSchema(nil), nil
	})
}

// reformulate changes the one thing in options that can be changed.
func (c *change) reformulate(t *table, f *field, raw json.RawMessage, retyped bool) *apiError {
	var options map[string]json.RawMessage
	if retyped || f.kind.shape() != shapeFormula || json.Unmarshal(raw, &options) != nil {
		return invalid("INVALID_REQUEST_UNKNOWN", "Changing a field's type or number precision is not currently supported")
	}
	if wrong := checkOptions(f.kind, f.name, options); wrong != "" {
		return errOptions(t, f.name, wrong)
	}
	return c.compile(t, f, fieldBody{Options: options})
}

// patchedField are the field's name and description after a patch.
func (t *table) patchedField(f *field, body map[string]json.RawMessage) (name, description string, err *apiError) {
	name, description = f.name, f.description
	if raw, given := body["name"]; given {
		var ok bool
		if name, ok = asString(raw); !ok || strings.TrimSpace(name) == "" {
			return "", "", errFieldName()
		}
		if other := t.fieldNamed(name); other != nil && other != f {
			return "", "", errFieldName()
		}
	}
	if raw, given := body["description"]; given {
		if json.Unmarshal(raw, &description) != nil || len([]rune(description)) > maxDescription {
			return "", "", errParameters()
		}
	}
	return name, description, nil
}
