package sim

import (
	"encoding/json"
	"strings"
)

// The bodies of the schema calls.
type (
	baseBody struct {
		ID          string      `json:"id"` // ours: the id that the base shall have
		Name        string      `json:"name"`
		WorkspaceID string      `json:"workspaceId"`
		Tables      []tableBody `json:"tables"`
	}
	tableBody struct {
		Name        string      `json:"name"`
		Description string      `json:"description"`
		Fields      []fieldBody `json:"fields"`
	}
	fieldBody struct {
		Name        string                     `json:"name"`
		Kind        kind                       `json:"type"`
		Description *string                    `json:"description"`
		Options     map[string]json.RawMessage `json:"options"`
	}
)

// decode reads a body; JSON of the wrong shape is a wrong parameter.
func (q *request) decode(into any) *apiError {
	if err := json.Unmarshal(q.body, into); err != nil {
		if json.Valid(q.body) {
			return errParameters()
		}
		return errBadBody()
	}
	return nil
}

// createBase makes a base with its tables. Every well-formed workspace id is an existing workspace.
func (s *Sim) createBase(q *request) (answer, *apiError) {
	var body baseBody
	if err := q.decode(&body); err != nil {
		return answer{}, err
	}
	switch {
	case body.WorkspaceID == "":
		return answer{}, invalid("INVALID_REQUEST", "Server error")
	case !isID(body.WorkspaceID, "wsp"):
		return answer{}, errNoWorkspace()
	case body.Name == "" || len(body.Tables) == 0 || body.ID != "" && !isID(body.ID, "app"):
		return answer{}, errParameters()
	}
	if body.ID == "" {
		body.ID = newID("app")
	}
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	if s.world.bases[body.ID] != nil {
		return answer{}, invalid("INVALID_REQUEST", "Base %s exists already", body.ID)
	}
	c := s.world.begin(s.now().UnixMilli())
	b := c.addBase(body.ID, body.Name)
	for _, t := range body.Tables {
		if _, err := c.makeTable(b, t); err != nil {
			c.rollback()
			return answer{}, err
		}
	}
	out := appendString([]byte(`{"id":`), b.id)
	out = append(b.appendTables(append(out, `,"tables":`...), false), '}')
	return answer{body: out, ticket: s.commit(c)}, nil
}

// onBase runs a change of one base's schema: it happens whole or not at all.
func (s *Sim) onBase(q *request, write func(c *change, b *base) ([]byte, *apiError)) (answer, *apiError) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	b := s.world.bases[q.path.base]
	if b == nil {
		return answer{}, errNoModel()
	}
	c := s.world.begin(s.now().UnixMilli())
	body, err := write(c, b)
	if err != nil {
		c.rollback()
		return answer{}, err
	}
	return answer{body: body, ticket: s.commit(c)}, nil
}

// createTable makes a table with its fields.
func (s *Sim) createTable(q *request) (answer, *apiError) {
	var body tableBody
	if err := q.decode(&body); err != nil {
		return answer{}, err
	}
	return s.onBase(q, func(c *change, b *base) ([]byte, *apiError) {
		t, err := c.makeTable(b, body)
		if err != nil {
			return nil, err
		}
		return t.appendSchema(nil, false), nil
	})
}

// createField adds a field to a table, and for a link its inverse to the other one.
func (s *Sim) createField(q *request) (answer, *apiError) {
	var body fieldBody
	if err := q.decode(&body); err != nil {
		return answer{}, err
	}
	return s.onBase(q, func(c *change, b *base) ([]byte, *apiError) {
		t := c.world.tables[q.path.table]
		if t == nil || t.base != b {
			return nil, errNoModel()
		}
		f, err := c.makeField(t, body)
		if err != nil {
			return nil, err
		}
		if err := c.compile(t, f, body); err != nil {
			return nil, err
		}
		return f.appendSchema(nil), nil
	})
}

// makeTable makes a table. Its formulas are compiled last, so that they may name fields behind them.
func (c *change) makeTable(b *base, body tableBody) (*table, *apiError) {
	switch {
	case strings.TrimSpace(body.Name) == "" || len(body.Fields) == 0:
		return nil, errParameters()
	case b.tableNamed(body.Name) != nil:
		return nil, errTableName()
	}
	t := c.addTable(b, body.Name, body.Description)
	first := kinds[body.Fields[0].Kind]
	if first.cells != shapeNone && !first.primary {
		return nil, invalid("INVALID_REQUEST_UNKNOWN", "A field of type %s cannot be the primary field", body.Fields[0].Kind)
	}
	made := make([]*field, 0, len(body.Fields))
	for _, one := range body.Fields {
		f, err := c.makeField(t, one)
		if err != nil {
			return nil, err
		}
		made = append(made, f)
	}
	for i, f := range made {
		if err := c.compile(t, f, body.Fields[i]); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// tableNamed finds a table by name without minding the case.
func (b *base) tableNamed(name string) *table {
	for _, t := range b.tables {
		if strings.EqualFold(t.name, name) {
			return t
		}
	}
	return nil
}

func errTableName() *apiError {
	return invalid("DUPLICATE_TABLE_NAME", "Cannot use the same table name more than once")
}
