package sim

import "slices"

// upsert updates the record that has the given values in the merge fields, or creates one. All records of
// the batch are compared with the table as it was before: two equal new keys in one batch make two records.
// More than one match fails the whole call.
func (c *change) upsert(t *table, see *sight, body writeBody, batch []recordBody, replace bool) ([]byte, *apiError) {
	keys, err := mergeFields(t, body.Upsert.MergeOn)
	if err != nil {
		return nil, err
	}
	cells := make([][]writtenCell, len(batch))
	targets := make([]*record, len(batch))
	for i, one := range batch {
		if cells[i], err = (cellReader{c, body.Typecast}).readAll(t, one.Fields); err != nil {
			return nil, err
		}
		if targets[i], err = matchRecord(t, keys, one.ID, cells[i]); err != nil {
			return nil, err
		}
	}
	created, updated := []string{}, []string{}
	for i := range batch {
		if targets[i] == nil {
			targets[i] = c.addRecord(t)
			created = append(created, targets[i].id)
			c.writeAll(targets[i], cells[i])
			continue
		}
		if id := targets[i].id; !slices.Contains(updated, id) {
			updated = append(updated, id)
		}
		c.overwrite(targets[i], cells[i], replace)
	}
	out := page{records: targets}.render(see, style{byID: body.ByID})
	out = append(out[:len(out)-1], `,"createdRecords":`...)
	out = append(appendStrings(out, created), `,"updatedRecords":`...)
	return append(appendStrings(out, updated), '}'), nil
}

// mergeFields finds the one to three fields to merge on and refuses kinds that cannot be compared.
func mergeFields(t *table, names []string) ([]*field, *apiError) {
	if len(names) < 1 || len(names) > 3 {
		return nil, errParameters()
	}
	fields := make([]*field, 0, len(names))
	for _, name := range names {
		f := t.field(name)
		switch {
		case f == nil:
			return nil, errUnknownField(name)
		case f.kind.computed():
			return nil, errComputed(f)
		case !kinds[f.kind].merge || slices.Contains(fields, f):
			return nil, errParameters()
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// matchRecord is the record that an entry of the batch means: the one with its id, else the one with its
// key, else nil for a new one.
func matchRecord(t *table, keys []*field, id string, cells []writtenCell) (*record, *apiError) {
	if id != "" {
		if t.records[id] == nil {
			return nil, errNoRow(id)
		}
		return t.records[id], nil
	}
	values := make([]any, len(keys))
	for i, key := range keys {
		at := slices.IndexFunc(cells, func(cell writtenCell) bool { return cell.field == key })
		if at < 0 {
			return nil, errUpdateShape()
		}
		values[i] = cells[at].value
	}
	switch found := t.index(keys).find(values); len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = quote(key.name)
	}
	return nil, errManyMatches(names)
}
