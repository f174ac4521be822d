package schema

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// The bodies of the calls that create.
type (
	// BaseBody is the body of POST /v0/meta/bases.
	BaseBody struct {
		ID          string      `json:"id"` // the id that the base is to have; Airtable does not know this key
		Name        string      `json:"name"`
		WorkspaceID string      `json:"workspaceId"`
		Tables      []TableBody `json:"tables"`
		Created     int64       `json:"-"` // when the call came, in milliseconds since 1970
	}
	// TableBody is a table to be created.
	TableBody struct {
		Name        string      `json:"name"`
		Description string      `json:"description"`
		Fields      []FieldBody `json:"fields"`
	}
	// FieldBody is a field to be created.
	FieldBody struct {
		Name        string                     `json:"name"`
		Type        FieldType                  `json:"type"`
		Description *string                    `json:"description"`
		Options     map[string]json.RawMessage `json:"options"`
		ByHand      bool                       `json:"-"` // made by people, who can make more than the API can
	}
)

// maxDescription bounds the description of a field, in characters.
const maxDescription = 20_000

func errTableName() *wire.Error {
	return wire.Invalid("DUPLICATE_TABLE_NAME", "Cannot use the same table name more than once")
}

func errFieldName() *wire.Error {
	return wire.Invalid("DUPLICATE_OR_EMPTY_FIELD_NAME", "Field names must be unique and must not be empty")
}

func errOptions(t *Table, name, detail string) *wire.Error {
	return wire.Invalid("INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Invalid options for %s.%s: %s", t.Name, name, detail)
}

// Check refuses a base whose body is wrong whatever the schema is. Every well-formed workspace id is an existing
// workspace.
func (b BaseBody) Check() *wire.Error {
	switch {
	case b.WorkspaceID == "":
		return wire.Invalid("INVALID_REQUEST", "Server error")
	case !wire.IsID(b.WorkspaceID, "wsp"):
		return &wire.Error{Status: http.StatusNotFound, Type: "MODEL_ID_NOT_FOUND", Message: "Workspace not found"}
	case b.Name == "" || len(b.Tables) == 0 || b.ID != "" && !wire.IsID(b.ID, "app"):
		return wire.InvalidParameters()
	}
	return nil
}

// CreateBase makes a base with its tables from a body that has passed Check.
func (c *Change) CreateBase(body BaseBody) (*Base, *wire.Error) {
	id := body.ID
	if id == "" {
		id = wire.NewID("app")
	}
	if c.schema.bases[id] != nil {
		return nil, wire.Invalid("INVALID_REQUEST", "Base %s exists already", id)
	}
	b := c.addBase(id, body)
	for _, t := range body.Tables {
		if _, err := c.CreateTable(b, t); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// CreateTable makes a table with its fields. Its formulas are compiled last, so that they may name fields that
// come after them.
func (c *Change) CreateTable(b *Base, body TableBody) (*Table, *wire.Error) {
	switch {
	case strings.TrimSpace(body.Name) == "" || len(body.Fields) == 0:
		return nil, wire.InvalidParameters()
	case b.tableNamed(body.Name) != nil:
		return nil, errTableName()
	}
	t := c.addTable(b, body.Name, body.Description)
	first := fieldTypes[body.Fields[0].Type]
	if first.shape != None && !first.primary {
		return nil, wire.Invalid("INVALID_REQUEST_UNKNOWN", "A field of type %s cannot be the primary field", body.Fields[0].Type)
	}
	made := make([]*Field, 0, len(body.Fields))
	for _, one := range body.Fields {
		f, err := c.makeField(t, one)
		if err != nil {
			return nil, err
		}
		made = append(made, f)
	}
	for i, f := range made {
		if err := c.compileNew(t, f, body.Fields[i]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// CreateField adds a field to a table of a base, and for a link its inverse to the other table.
func (c *Change) CreateField(b *Base, table string, body FieldBody) (*Field, *wire.Error) {
	t, err := c.tableOf(b, table)
	if err != nil {
		return nil, err
	}
	f, err := c.makeField(t, body)
	if err != nil {
		return nil, err
	}
	return f, c.compileNew(t, f, body)
}

// tableOf finds a table of the base by id.
func (c *Change) tableOf(b *Base, id string) (*Table, *wire.Error) {
	t := c.schema.Table(id)
	if t == nil || t.Base != b {
		return nil, wire.ModelNotFound()
	}
	return t, nil
}

// makeField checks and adds a field. Its formula, if it has one, is still to be compiled.
func (c *Change) makeField(t *Table, body FieldBody) (*Field, *wire.Error) {
	if err := checkField(t, body); err != nil {
		return nil, err
	}
	f := &Field{ID: wire.NewID("fld"), Type: body.Type}
	f.rename(body.Name)
	if body.Description != nil {
		f.Description = *body.Description
	}
	f.keepOptions(normalOptions(body.Options))
	f.takeChoices(body.Options["choices"])
	f.Via, _ = wire.String(body.Options["recordLinkFieldId"])
	f.Looked, _ = wire.String(body.Options["fieldIdInLinkedTable"])
	c.addField(t, f)
	if f.Shape() == Links {
		return f, c.linkTables(t, f, body)
	}
	return f, t.checkFollowed(f)
}

// checkField refuses a field that the table cannot have.
func checkField(t *Table, body FieldBody) *wire.Error {
	known, exists := fieldTypes[body.Type]
	switch {
	case strings.TrimSpace(body.Name) == "" || t.fieldNamed(body.Name) != nil:
		return errFieldName()
	case !exists:
		return wire.InvalidParameters()
	case known.shape == None || known.byHand && !body.ByHand:
		return wire.Invalid("UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "Invalid options for %s.%s: Creating %s fields is not supported at this time",
			t.Name, body.Name, body.Type)
	case body.Description != nil && (*body.Description == "" || len([]rune(*body.Description)) > maxDescription):
		return wire.InvalidParameters()
	}
	if wrong := checkOptions(known.options, body.Type, body.Name, body.Options); wrong != "" {
		return errOptions(t, body.Name, wrong)
	}
	return nil
}

// takeChoices gives a new select field its choices, which have been checked.
func (f *Field) takeChoices(raw json.RawMessage) {
	for _, c := range choicesIn(raw) {
		f.Choices = append(f.Choices, f.newChoice(c.Name, c.Color))
	}
}

// choicesIn are choices as they came. They have been checked.
func choicesIn(raw json.RawMessage) []Choice {
	var given []Choice
	_ = json.Unmarshal(raw, &given)
	return given
}

// linkTables points a new link field to its table and makes the inverse field there, named after this table. A
// link from a table to itself has no inverse.
func (c *Change) linkTables(t *Table, f *Field, body FieldBody) *wire.Error {
	id, _ := wire.String(body.Options["linkedTableId"])
	target := c.schema.Table(id)
	if target == nil || target.Base != t.Base {
		return errOptions(t, body.Name, "Table "+id+" does not exist in this base")
	}
	if raw, given := body.Options["viewIdForRecordSelection"]; given {
		id, _ := wire.String(raw)
		if view, found := target.View(id); !found || view.ID != id {
			return errOptions(t, body.Name, "View "+id+" does not exist in table "+target.Name)
		}
	}
	f.Linked = id
	if target == t {
		return nil
	}
	back := &Field{ID: wire.NewID("fld"), Type: f.Type, Linked: t.ID, Inverse: f.ID}
	back.rename(target.freeName(t.Name))
	f.Inverse = back.ID
	c.addField(target, back)
	return nil
}

// checkFollowed refuses a lookup, a rollup or a count that follows no link, or looks at a field that is not there.
func (t *Table) checkFollowed(f *Field) *wire.Error {
	t.follow()
	link, _, valid := f.Follows()
	switch {
	case f.Via == "" || valid:
		return nil
	case link == nil:
		return errOptions(t, f.Name, "Field "+f.Via+" does not link to another table")
	}
	return errOptions(t, f.Name, "Field "+f.Looked+" does not exist in the linked table")
}

// compileNew compiles the formula of a new field; other fields have none.
func (c *Change) compileNew(t *Table, f *Field, body FieldBody) *wire.Error {
	if f.Shape() != Formula && f.Shape() != Rollup {
		return nil
	}
	source, _ := wire.String(body.Options["formula"])
	if wrong := c.setFormula(t, f, source); wrong != "" {
		return errOptions(t, f.Name, wrong)
	}
	return nil
}
