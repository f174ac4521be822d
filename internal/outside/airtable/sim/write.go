package sim

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// maxBatch is the largest number of records that one call may write or delete.
const maxBatch = 10

// writeBody is the body of a create, update, replace or upsert.
type writeBody struct {
	Records  json.RawMessage            `json:"records"`
	Fields   map[string]json.RawMessage `json:"fields"`
	Typecast bool                       `json:"typecast"`
	ByID     bool                       `json:"returnFieldsByFieldId"`
	Upsert   *struct {
		MergeOn []string `json:"fieldsToMergeOn"`
	} `json:"performUpsert"`
}

// recordBody is one record of a batch.
type recordBody struct {
	ID     string                     `json:"id"`
	Fields map[string]json.RawMessage `json:"fields"`
}

// writeBody reads the body of a call; a field of the wrong JSON type is a wrong parameter.
func (q *request) writeBody() (writeBody, *apiError) {
	var body writeBody
	if err := json.Unmarshal(q.body, &body); err != nil {
		if json.Valid(q.body) {
			return body, errParameters()
		}
		return body, errBadBody()
	}
	return body, nil
}

// batch reads the records of a batch; wrong says what a wrong shape is answered with.
func (b writeBody) batch(wrong *apiError, tooMany func(n int) *apiError) ([]recordBody, *apiError) {
	var records []recordBody
	if !bytes.HasPrefix(bytes.TrimSpace(b.Records), []byte("[")) || json.Unmarshal(b.Records, &records) != nil || len(records) == 0 {
		return nil, wrong
	}
	if len(records) > maxBatch {
		return nil, tooMany(len(records))
	}
	for _, r := range records {
		if r.Fields == nil {
			return nil, wrong
		}
	}
	return records, nil
}

// mutate runs a write on a table under the world's lock: it happens whole or not at all.
func (s *Sim) mutate(q *request, write func(c *change, t *table, see *sight) ([]byte, *apiError)) (answer, *apiError) {
	s.world.mu.Lock()
	defer s.world.mu.Unlock()
	t, err := s.world.find(q.path)
	if err != nil {
		return answer{}, err
	}
	c := s.world.begin(s.now().UnixMilli())
	body, err := write(c, t, newSight(s.world))
	if err != nil {
		c.rollback()
		return answer{}, err
	}
	return answer{body: body, ticket: s.commit(c)}, nil
}

// find is the table that a path names, within its base.
func (w *world) find(p path) (*table, *apiError) {
	b := w.bases[p.base]
	if b == nil {
		return nil, errNoModel()
	}
	t := b.table(p.table)
	switch {
	case t == nil && w.tables[p.table] != nil: // of another base: ids that do not belong together
		return nil, errStateCheck()
	case t == nil:
		return nil, errNoModel()
	}
	return t, nil
}

// createRecords makes one record ({"fields"}, answered bare) or up to ten ({"records"}).
func (s *Sim) createRecords(q *request) (answer, *apiError) {
	body, err := q.writeBody()
	if err != nil {
		return answer{}, err
	}
	var records []recordBody
	switch {
	case body.Records != nil:
		if records, err = body.batch(errCreateShape(), errCreateTooMany); err != nil {
			return answer{}, err
		}
	case body.Fields != nil:
		records = []recordBody{{Fields: body.Fields}}
	default:
		return answer{}, errNoFields()
	}
	return s.mutate(q, func(c *change, t *table, see *sight) ([]byte, *apiError) {
		made := make([]*record, 0, len(records))
		for _, r := range records {
			cells, err := cellReader{c, body.Typecast}.readAll(t, r.Fields)
			if err != nil {
				return nil, err
			}
			fresh := c.addRecord(t)
			c.writeAll(fresh, cells)
			made = append(made, fresh)
		}
		how := style{byID: body.ByID}
		if body.Records == nil {
			return see.appendRecord(nil, made[0], how), nil
		}
		return page{records: made}.render(see, how), nil
	})
}

// updateRecord changes one record; PUT also clears what it does not name.
func (s *Sim) updateRecord(q *request) (answer, *apiError) {
	body, err := q.writeBody()
	if err != nil {
		return answer{}, err
	}
	if body.Fields == nil {
		return answer{}, errNoFields()
	}
	return s.mutate(q, func(c *change, t *table, see *sight) ([]byte, *apiError) {
		r := t.records[q.path.record]
		if r == nil {
			return nil, errNoRecord()
		}
		cells, err := cellReader{c, body.Typecast}.readAll(t, body.Fields)
		if err != nil {
			return nil, err
		}
		c.overwrite(r, cells, q.http.Method == http.MethodPut)
		return see.appendRecord(nil, r, style{byID: body.ByID}), nil
	})
}

// updateRecords changes up to ten records, or upserts them.
func (s *Sim) updateRecords(q *request) (answer, *apiError) {
	body, err := q.writeBody()
	if err != nil {
		return answer{}, err
	}
	records, err := body.batch(errUpdateShape(), func(int) *apiError { return errUpdateShape() })
	if err != nil {
		return answer{}, err
	}
	for _, r := range records {
		if r.ID != "" && !isID(r.ID, "rec") || r.ID == "" && body.Upsert == nil {
			return answer{}, errUpdateShape()
		}
	}
	replace := q.http.Method == http.MethodPut
	return s.mutate(q, func(c *change, t *table, see *sight) ([]byte, *apiError) {
		if body.Upsert != nil {
			return c.upsert(t, see, body, records, replace)
		}
		var changed []*record
		for _, one := range records {
			r := t.records[one.ID]
			if r == nil {
				return nil, errNoRow(one.ID)
			}
			cells, err := cellReader{c, body.Typecast}.readAll(t, one.Fields)
			if err != nil {
				return nil, err
			}
			c.overwrite(r, cells, replace)
			changed = append(changed, r)
		}
		return page{records: changed}.render(see, style{byID: body.ByID}), nil
	})
}

// writtenCell is a cell that was read from a request.
type writtenCell struct {
	field *field
	value any
}

// readAll reads the cells of one record. All names are looked up before the first value is read.
func (c cellReader) readAll(t *table, fields map[string]json.RawMessage) ([]writtenCell, *apiError) {
	names := sortedKeys(fields)
	for _, name := range names {
		if t.field(name) == nil {
			return nil, errUnknownField(name)
		}
	}
	cells := make([]writtenCell, 0, len(names))
	for _, name := range names {
		f := t.field(name)
		value, err := c.read(f, fields[name])
		if err != nil {
			return nil, err
		}
		cells = append(cells, writtenCell{f, value})
	}
	return cells, nil
}

// writeAll stores cells in a record.
func (c *change) writeAll(r *record, cells []writtenCell) {
	for _, cell := range cells {
		c.write(r, cell.field, cell.value)
	}
}

// overwrite stores cells; with replace it first clears every writable field that is not among them.
func (c *change) overwrite(r *record, cells []writtenCell, replace bool) {
	if replace {
		named := map[*field]bool{}
		for _, cell := range cells {
			named[cell.field] = true
		}
		for _, f := range r.table.fields {
			if !named[f] && !f.kind.computed() {
				c.write(r, f, nil)
			}
		}
	}
	c.writeAll(r, cells)
}
