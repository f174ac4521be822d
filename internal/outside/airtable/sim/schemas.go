package sim

import (
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/quirk"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// basesPerPage is fixed: a pageSize is refused.
const basesPerPage = 1000

// listBases answers all bases in the order of their creation.
func listBases(w *world, c *call) (response, *wire.Error) {
	if c.query.Has("pageSize") {
		return response{}, wire.InvalidParameters()
	}
	return w.read(func() ([]byte, *wire.Error) {
		rest := w.schema.Bases()
		if offset := c.query.Get("offset"); offset != "" {
			_, first, _ := strings.Cut(offset, "/")
			at := slices.IndexFunc(rest, func(b *schema.Base) bool { return b.ID == first })
			if at < 0 {
				return nil, wire.InvalidOffset(offset)
			}
			rest = rest[at:]
		}
		return appendBases(nil, rest), nil
	})
}

// appendBases writes a page of bases and, if there are more, the offset of the next one.
func appendBases(out []byte, rest []*schema.Base) []byte {
	out = append(out, `{"bases":[`...)
	for i, b := range rest[:min(len(rest), basesPerPage)] {
		if i > 0 {
			out = append(out, ',')
		}
		out = wire.AppendString(append(out, `{"id":`...), b.ID)
		out = wire.AppendString(append(out, `,"name":`...), b.Name)
		out = append(out, `,"permissionLevel":"create"}`...)
	}
	out = append(out, ']')
	if len(rest) > basesPerPage {
		out = wire.AppendString(append(out, `,"offset":`...), "itr00000000000000/"+rest[basesPerPage].ID)
	}
	return append(out, '}')
}

// getBase answers what is known of one base. The simulator has no invite links and no interfaces; the lists that
// include asks for are there and empty.
func getBase(w *world, c *call) (response, *wire.Error) {
	include := wire.List(c.query, "include")
	for _, one := range include {
		if _, known := includable[one]; !known {
			return response{}, wire.InvalidParameters()
		}
	}
	return w.read(func() ([]byte, *wire.Error) {
		b, err := w.schema.Base(c.path.base)
		if err != nil {
			return nil, err
		}
		out := wire.AppendString([]byte(`{"id":`), b.ID)
		out = wire.AppendString(append(out, `,"createdTime":`...), formula.FormatInstant(b.Created))
		out = wire.AppendString(append(out, `,"permissionLevel":"create","workspaceId":`...), b.Workspace)
		out = wire.AppendString(append(out, `,"name":`...), b.Name)
		for _, one := range include {
			out = append(out, includable[one](w.quirks())...)
		}
		return append(out, '}'), nil
	})
}

// includable are the lists that reading a base can include, as members of its object.
var includable = map[string]func(quirk.Set) string{
	"collaborators": collaborators,
	"inviteLinks":   func(quirk.Set) string { return `,"inviteLinks":{"baseInviteLinks":[],"workspaceInviteLinks":[]}` },
	"interfaces":    func(quirk.Set) string { return `,"interfaces":{}` },
	"packages":      func(quirk.Set) string { return `,"packages":{}` },
}

// collaborators are the members, as collaborators of the base.
func collaborators(s quirk.Set) string {
	people, groups := []any{}, []any{}
	if s.Members != nil {
		for _, m := range *s.Members {
			if wire.IsID(m.ID, "ugp") {
				groups = append(groups, map[string]string{"groupId": m.ID, "name": m.Name, "permissionLevel": "edit"})
				continue
			}
			people = append(people, map[string]string{"userId": m.ID, "email": m.Email, "permissionLevel": "edit"})
		}
	}
	return `,"individualCollaborators":{"baseCollaborators":` + string(wire.Encode(people)) + `,"workspaceCollaborators":[]}` +
		`,"groupCollaborators":{"baseCollaborators":` + string(wire.Encode(groups)) + `,"workspaceCollaborators":[]}`
}

// getSchema answers all tables of a base at once.
func getSchema(w *world, c *call) (response, *wire.Error) {
	visible := slices.Contains(wire.List(c.query, "include"), "visibleFieldIds")
	return w.read(func() ([]byte, *wire.Error) {
		b, err := w.schema.Base(c.path.base)
		if err != nil {
			return nil, err
		}
		return append(b.AppendTables([]byte(`{"tables":`), visible), '}'), nil
	})
}

// createBase makes a base with its tables.
func createBase(w *world, c *call) (response, *wire.Error) {
	var body schema.BaseBody
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	if err := body.Check(); err != nil {
		return response{}, err
	}
	body.Created = w.now().UnixMilli()
	return w.write(func(change *record.Change) ([]byte, *wire.Error) {
		b, err := change.Schema.CreateBase(body)
		if err != nil {
			return nil, err
		}
		out := wire.AppendString([]byte(`{"id":`), b.ID)
		return append(b.AppendTables(append(out, `,"tables":`...), false), '}'), nil
	})
}

// createTable makes a table with its fields.
func createTable(w *world, c *call) (response, *wire.Error) {
	var body schema.TableBody
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	return w.writeBase(c.path, func(change *schema.Change, b *schema.Base) ([]byte, *wire.Error) {
		t, err := change.CreateTable(b, body)
		if err != nil {
			return nil, err
		}
		return t.Append(nil, false), nil
	})
}

// updateTable changes the name or the description of a table.
func updateTable(w *world, c *call) (response, *wire.Error) {
	var patch schema.Patch
	if err := c.decode(&patch); err != nil {
		return response{}, err
	}
	if err := patch.CheckTable(); err != nil {
		return response{}, err
	}
	return w.writeBase(c.path, func(change *schema.Change, b *schema.Base) ([]byte, *wire.Error) {
		t, err := change.UpdateTable(b, c.path.table, patch)
		if err != nil {
			return nil, err
		}
		return t.Append(nil, false), nil
	})
}

// createField adds a field to a table.
func createField(w *world, c *call) (response, *wire.Error) {
	var body schema.FieldBody
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	return w.writeBase(c.path, func(change *schema.Change, b *schema.Base) ([]byte, *wire.Error) {
		f, err := change.CreateField(b, c.path.table, body)
		if err != nil {
			return nil, err
		}
		return f.Append(nil), nil
	})
}

// updateField changes the name or the description of a field, or a formula.
func updateField(w *world, c *call) (response, *wire.Error) {
	var patch schema.Patch
	if err := c.decode(&patch); err != nil {
		return response{}, err
	}
	if err := patch.CheckField(); err != nil {
		return response{}, err
	}
	return w.writeBase(c.path, func(change *schema.Change, b *schema.Base) ([]byte, *wire.Error) {
		f, err := change.UpdateField(b, c.path.table, c.path.field, patch)
		if err != nil {
			return nil, err
		}
		return f.Append(nil), nil
	})
}
