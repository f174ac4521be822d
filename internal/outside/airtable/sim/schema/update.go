package schema

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Patch is the body of a PATCH of the schema: what is to be changed, by key.
type Patch map[string]json.RawMessage

// CheckTable refuses a patch of a table that is empty or has keys that cannot be changed.
func (p Patch) CheckTable() *wire.Error { return p.allow("name", "description") }

// CheckField refuses a patch of a field that is empty or has unknown keys.
func (p Patch) CheckField() *wire.Error { return p.allow("name", "description", "options", "type") }

func (p Patch) allow(keys ...string) *wire.Error {
	for key := range p {
		if !slices.Contains(keys, key) {
			return wire.InvalidParameters()
		}
	}
	if len(p) == 0 {
		return wire.InvalidParameters()
	}
	return nil
}

// UpdateTable changes the name or the description of a table, which is all that the API can change.
func (c *Change) UpdateTable(b *Base, table string, p Patch) (*Table, *wire.Error) {
	t, err := c.tableOf(b, table)
	if err != nil {
		return nil, err
	}
	name, description, err := p.table(t)
	if err != nil {
		return nil, err
	}
	oldName, oldDescription := t.Name, t.Description
	c.alter(t, func() { t.Name, t.Description = name, description },
		func() { t.Name, t.Description = oldName, oldDescription })
	return t, nil
}

// table returns a table's name and description after the patch.
func (p Patch) table(t *Table) (name, description string, err *wire.Error) {
	name, description = t.Name, t.Description
	if raw, given := p["name"]; given {
		var ok bool
		if name, ok = wire.String(raw); !ok || strings.TrimSpace(name) == "" {
			return "", "", wire.InvalidParameters()
		}
		if other := t.Base.tableNamed(name); other != nil && other != t {
			return "", "", errTableName()
		}
	}
	if raw, given := p["description"]; given {
		if json.Unmarshal(raw, &description) != nil {
			return "", "", wire.InvalidParameters()
		}
	}
	return name, description, nil
}

// UpdateField changes the name or the description of a field, or the formula of a formula field. Types and all
// other options are fixed.
func (c *Change) UpdateField(b *Base, table, field string, p Patch) (*Field, *wire.Error) {
	t, err := c.tableOf(b, table)
	if err != nil {
		return nil, err
	}
	f := t.FieldByID(field)
	if f == nil {
		return nil, wire.ModelNotFound()
	}
	if err := c.updateOptions(t, f, p); err != nil {
		return nil, err
	}
	name, description, err := p.field(t, f)
	if err != nil {
		return nil, err
	}
	oldName, oldDescription := f.Name, f.Description
	c.alter(t, func() { f.rename(name); f.Description = description },
		func() { f.rename(oldName); f.Description = oldDescription })
	return f, nil
}

// updateOptions changes the one option that can be changed.
func (c *Change) updateOptions(t *Table, f *Field, p Patch) *wire.Error {
	_, retyped := p["type"]
	raw, given := p["options"]
	if !retyped && !given {
		return nil
	}
	var options map[string]json.RawMessage
	if retyped || f.Shape() != Formula || json.Unmarshal(raw, &options) != nil {
		return wire.Invalid("INVALID_REQUEST_UNKNOWN", "Changing a field's type or number precision is not currently supported")
	}
	if wrong := checkOptions(fieldTypes[f.Type].options, f.Type, f.Name, options); wrong != "" {
		return errOptions(t, f.Name, wrong)
	}
	source, _ := wire.String(options["formula"])
	if wrong := c.setFormula(t, f, source); wrong != "" {
		return errOptions(t, f.Name, wrong)
	}
	return nil
}

// field returns a field's name and description after the patch.
func (p Patch) field(t *Table, f *Field) (name, description string, err *wire.Error) {
	name, description = f.Name, f.Description
	if raw, given := p["name"]; given {
		var ok bool
		if name, ok = wire.String(raw); !ok || strings.TrimSpace(name) == "" {
			return "", "", errFieldName()
		}
		if other := t.fieldNamed(name); other != nil && other != f {
			return "", "", errFieldName()
		}
	}
	if raw, given := p["description"]; given {
		if json.Unmarshal(raw, &description) != nil || len([]rune(description)) > maxDescription {
			return "", "", wire.InvalidParameters()
		}
	}
	return name, description, nil
}
