package sim

import "slices"

// getRecord answers one record. Like Airtable it looks through the whole base when the table has no such
// record, so a success does not prove that the record is in the table.
func (s *Sim) getRecord(q *request) (answer, *apiError) {
	if listOf(q.query, "fields") != nil {
		return answer{}, errParameters()
	}
	p, err := paramsFromQuery(q.query)
	if err != nil {
		return answer{}, err
	}
	s.world.mu.RLock()
	defer s.world.mu.RUnlock()
	t, err := s.world.find(q.path)
	if err != nil {
		return answer{}, err
	}
	r := t.base.records[q.path.record]
	if r == nil {
		return answer{}, errNoRecord()
	}
	how, err := p.style(r.table)
	if err != nil {
		return answer{}, err
	}
	return s.read(newSight(s.world).appendRecord(nil, r, how)), nil
}

// deleteRecord deletes one record of the table.
func (s *Sim) deleteRecord(q *request) (answer, *apiError) {
	return s.mutate(q, func(c *change, t *table, _ *sight) ([]byte, *apiError) {
		r := t.records[q.path.record]
		if r == nil {
			return nil, errNoRecord()
		}
		c.delete(r)
		return appendDeleted(nil, r.id), nil
	})
}

// deleteRecords deletes up to ten records. When one is missing none is deleted.
func (s *Sim) deleteRecords(q *request) (answer, *apiError) {
	ids := slices.Clone(q.query["records[]"])
	if ids == nil {
		ids = indexed(q.query)
	}
	switch {
	case len(ids) == 0 && q.query.Has("records"):
		return answer{}, errDeleteNoArray()
	case len(ids) == 0 || len(ids) > maxBatch:
		return answer{}, errDeleteIDs()
	}
	for _, id := range ids {
		if !isID(id, "rec") {
			return answer{}, errDeleteIDs()
		}
	}
	return s.mutate(q, func(c *change, t *table, _ *sight) ([]byte, *apiError) {
		out := []byte(`{"records":[`)
		for i, id := range ids {
			r := t.records[id]
			if r == nil {
				return nil, errNoRow(id)
			}
			c.delete(r)
			if i > 0 {
				out = append(out, ',')
			}
			out = appendDeleted(out, id)
		}
		return append(out, "]}"...), nil
	})
}

// indexed reads records[0]=…, records[1]=… ; the form without brackets is no array.
func indexed(query map[string][]string) []string {
	plain := query["records"]
	list := listOf(query, "records")
	return list[min(len(plain), len(list)):]
}

func appendDeleted(out []byte, id string) []byte {
	return append(appendString(append(out, `{"id":`...), id), `,"deleted":true}`...)
}
