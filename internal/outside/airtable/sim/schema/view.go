package schema

import (
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/formula"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// View is one view of a table. Every table has the grid view that came with it; people make others.
type View struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Type   string      `json:"type"`
	Filter string      `json:"filter,omitempty"` // a formula with ids; "" shows every record
	Sort   []ViewOrder `json:"sort,omitempty"`   // without any, records are shown as they were created
	Hidden []string    `json:"hidden,omitempty"` // ids of fields
}

// ViewOrder is one level of the order of a view.
type ViewOrder struct {
	Field      string `json:"field"` // id
	Descending bool   `json:"descending,omitempty"`
}

// ViewBody is a view as people make or change it. What is nil stays as it is.
type ViewBody struct {
	Name   *string   `json:"name"`
	Type   *string   `json:"type"`
	Filter *string   `json:"filterByFormula"`
	Sort   *[]order  `json:"sort"`
	Hidden *[]string `json:"hiddenFields"`
}

// order is one level of a sort as it comes.
type order struct {
	Field     string `json:"field"`
	Direction string `json:"direction"`
}

// viewTypes are the types of views.
var viewTypes = []string{"grid", "form", "calendar", "gallery", "kanban", "timeline", "block"}

// View finds a view by id or by name.
func (t *Table) View(key string) (View, bool) {
	at := t.viewAt(key)
	if at < 0 {
		return View{}, false
	}
	return t.Views[at], true
}

func (t *Table) viewAt(key string) int {
	return slices.IndexFunc(t.Views, func(v View) bool { return v.ID == key || v.Name == key })
}

// visible are the ids of the fields that a view shows.
func (t *Table) visible(v View) []string {
	ids := make([]string, 0, len(t.Fields))
	for _, f := range t.Fields {
		if !slices.Contains(v.Hidden, f.ID) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// append writes the view as the schema shows it. Only grids say which fields they show.
func (v View) append(out []byte, t *Table, visible bool) []byte {
	out = wire.AppendString(append(out, `{"id":`...), v.ID)
	out = wire.AppendString(append(out, `,"name":`...), v.Name)
	out = wire.AppendString(append(out, `,"type":`...), v.Type)
	if visible && v.Type == "grid" {
		out = wire.AppendStrings(append(out, `,"visibleFieldIds":`...), t.visible(v))
	}
	return append(out, '}')
}

// without is the view without a field that is no longer in the table.
func (v View) without(t *Table, f *Field) View {
	v.Hidden = slices.DeleteFunc(slices.Clone(v.Hidden), func(id string) bool { return id == f.ID })
	v.Sort = slices.DeleteFunc(slices.Clone(v.Sort), func(o ViewOrder) bool { return o.Field == f.ID })
	if _, err := formula.Compile(v.Filter, t.Resolve); err != nil {
		v.Filter = ""
	}
	return v
}

// CreateView adds a view to a table.
func (c *Change) CreateView(t *Table, body ViewBody) (View, *wire.Error) {
	v := View{ID: wire.NewID("viw"), Type: "grid"}
	if body.Name == nil {
		return v, wire.InvalidParameters()
	}
	v, err := t.changedView(v, body)
	if err == nil {
		c.putViews(t, append(slices.Clone(t.Views), v))
	}
	return v, err
}

// UpdateView changes what is given of a view, which is named by id or by name.
func (c *Change) UpdateView(t *Table, key string, body ViewBody) (View, *wire.Error) {
	at := t.viewAt(key)
	if at < 0 {
		return View{}, wire.ModelNotFound()
	}
	v, err := t.changedView(t.Views[at], body)
	if err == nil {
		views := slices.Clone(t.Views)
		views[at] = v
		c.putViews(t, views)
	}
	return v, err
}

// RemoveView takes a view out of its table, unless it is the last one.
func (c *Change) RemoveView(t *Table, key string) *wire.Error {
	at := t.viewAt(key)
	switch {
	case at < 0:
		return wire.ModelNotFound()
	case len(t.Views) == 1:
		return errCannotRemove("view "+key, "a table has at least one view")
	}
	c.putViews(t, slices.Delete(slices.Clone(t.Views), at, at+1))
	return nil
}

func (c *Change) putViews(t *Table, views []View) {
	before := t.Views
	c.alter(t, func() { t.Views = views }, func() { t.Views = before })
}

// changedView is a view after a change, with ids in place of names.
func (t *Table) changedView(v View, body ViewBody) (View, *wire.Error) {
	if body.Name != nil {
		other := slices.ContainsFunc(t.Views, func(o View) bool { return o.ID != v.ID && strings.EqualFold(o.Name, *body.Name) })
		if v.Name = *body.Name; other || strings.TrimSpace(v.Name) == "" {
			return v, wire.InvalidParameters()
		}
	}
	if body.Type != nil {
		if v.Type = *body.Type; !slices.Contains(viewTypes, v.Type) {
			return v, wire.InvalidParameters()
		}
	}
	if body.Filter != nil {
		v.Filter = ""
		if *body.Filter != "" {
			compiled, err := formula.Compile(*body.Filter, t.Resolve)
			if err != nil {
				return v, wire.Invalid("INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: %s", err.Error())
			}
			v.Filter = compiled.Canonical()
		}
	}
	if body.Sort != nil {
		v.Sort = nil
		for _, o := range *body.Sort {
			f := t.Field(o.Field)
			if f == nil {
				return v, wire.UnknownField(o.Field)
			}
			v.Sort = append(v.Sort, ViewOrder{f.ID, o.Direction == "desc"})
		}
	}
	if body.Hidden != nil {
		return t.hide(v, *body.Hidden)
	}
	return v, nil
}

// hide is a view that hides these fields and no others. The primary field is always shown.
func (t *Table) hide(v View, names []string) (View, *wire.Error) {
	v.Hidden = nil
	for _, name := range names {
		f := t.Field(name)
		switch {
		case f == nil:
			return v, wire.UnknownField(name)
		case f == t.Primary():
			return v, wire.InvalidParameters()
		}
		v.Hidden = append(v.Hidden, f.ID)
	}
	return v, nil
}

// Append writes the view with its filter, its order and what it hides, as people see it.
func (v View) Append(out []byte) []byte { return append(out, wire.Encode(v)...) }
