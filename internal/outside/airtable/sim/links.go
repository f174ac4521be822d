package sim

import (
	"encoding/json"
	"slices"
)

// links reads an array of record ids of the linked table. With typecast a text that is no id finds a record
// by its primary field, or makes one.
func (c cellReader) links(f *field, raw json.RawMessage) (any, *apiError) {
	names, ok := c.textList(raw)
	if !ok {
		return nil, errNotLinks()
	}
	target := c.change.world.tables[f.linked]
	var ids []string
	for _, name := range names {
		id, err := c.link(target, name)
		if err != nil {
			return nil, err
		}
		if id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil, nil
	}
	return ids, nil
}

// link is the id of one linked record.
func (c cellReader) link(target *table, name string) (string, *apiError) {
	if isID(name, "rec") {
		if target.records[name] == nil {
			return "", errNoRow(name)
		}
		return name, nil
	}
	if !c.typecast {
		return "", errNotLinks()
	}
	if name == "" {
		return "", nil
	}
	see := newSight(c.change.world)
	for _, r := range target.inViewOrder() {
		if see.title(r) == name {
			return r.id, nil
		}
	}
	return c.createLinked(target, name)
}

// createLinked makes a record with nothing but its primary field.
func (c cellReader) createLinked(target *table, name string) (string, *apiError) {
	primary := target.primary()
	value, err := c.read(primary, encoded(name))
	if err != nil {
		return "", err
	}
	r := c.change.addRecord(target)
	c.change.setCell(r, primary, value)
	return r.id, nil
}

// write stores a cell that a cellReader has read, and for links the other side of each.
func (c *change) write(r *record, f *field, value any) {
	if f.kind.shape() != shapeLinks {
		c.setCell(r, f, value)
		return
	}
	before, _ := r.cells[f.id].([]string)
	after, _ := value.([]string)
	c.setCell(r, f, value)
	if f.inverse == "" {
		return
	}
	target := c.world.tables[f.linked]
	back := target.fieldByID(f.inverse)
	for _, id := range before {
		if !slices.Contains(after, id) {
			c.unlink(target.records[id], back, r.id)
		}
	}
	for _, id := range after {
		if !slices.Contains(before, id) {
			c.linkBack(target.records[id], back, r.id)
		}
	}
}

// linkBack adds an id to a link cell.
func (c *change) linkBack(r *record, f *field, id string) {
	if now, _ := r.cells[f.id].([]string); !slices.Contains(now, id) {
		c.setCell(r, f, append(slices.Clip(now), id))
	}
}

// unlink takes an id out of a link cell.
func (c *change) unlink(r *record, f *field, id string) {
	now, _ := r.cells[f.id].([]string)
	if !slices.Contains(now, id) {
		return
	}
	rest := slices.DeleteFunc(slices.Clone(now), func(other string) bool { return other == id })
	if len(rest) == 0 {
		c.setCell(r, f, nil)
		return
	}
	c.setCell(r, f, rest)
}

// delete removes a record and every link to it.
func (c *change) delete(r *record) {
	for _, f := range r.table.fields {
		if f.kind.shape() == shapeLinks {
			c.write(r, f, nil)
		}
	}
	for _, f := range r.table.fields { // a link within the table has no other side that would know
		if f.kind.shape() != shapeLinks || f.linked != r.table.id || f.inverse != "" {
			continue
		}
		for _, other := range r.table.inIDOrder() {
			c.unlink(other, f, r.id)
		}
	}
	c.removeRecord(r)
}

// linkObjects shows link cells as objects, as includeDateDependencyMetadata asks.
func linkObjects(ids []string) json.RawMessage {
	out := []byte{'['}
	for i, id := range ids {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(appendString(append(out, `{"id":`...), id), '}')
	}
	return append(out, ']')
}
