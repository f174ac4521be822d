package sim

import (
	"net/http"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/listing"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// listRecords answers both forms of the listing.
func listRecords(w *world, c *call) (response, *wire.Error) {
	var p listing.Params
	var err *wire.Error
	if c.method == http.MethodPost {
		p, err = listing.FromBody(c.body, c.query)
	} else {
		p, err = listing.FromQuery(c.query)
	}
	if err != nil {
		return response{}, err
	}
	return w.readTable(c.path, func(t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		how, err := p.Style(t)
		if err != nil {
			return nil, err
		}
		how.FileURL = w.fileURL(c)
		page, err := w.listings.Page(e, w.data.Of(t), p, w.now())
		if err != nil {
			return nil, err
		}
		out := e.AppendList([]byte{'{'}, page.Records, how)
		if page.Offset != "" {
			out = wire.AppendString(append(out, `,"offset":`...), page.Offset)
		}
		return append(out, '}'), nil
	})
}

// getRecord answers one record. Like Airtable it looks through the whole base when the table has no such record, so a
// success does not prove that the record is in the table.
func getRecord(w *world, c *call) (response, *wire.Error) {
	if wire.List(c.query, "fields") != nil {
		return response{}, wire.InvalidParameters()
	}
	p, err := listing.FromQuery(c.query)
	if err != nil {
		return response{}, err
	}
	return w.readTable(c.path, func(t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		r := w.data.InBase(t.Base, c.path.record)
		if r == nil {
			return nil, record.ErrNotFound()
		}
		how, err := p.Style(r.Table())
		if err != nil {
			return nil, err
		}
		how.FileURL = w.fileURL(c)
		return e.Append(nil, r, how), nil
	})
}

// createRecords makes one record ({"fields"}, answered bare) or up to ten ({"records"}).
func createRecords(w *world, c *call) (response, *wire.Error) {
	var body record.Body
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	inputs, err := body.ToCreate()
	if err != nil {
		return response{}, err
	}
	return w.writeRecords(c, func(change *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		made := make([]*record.Record, 0, len(inputs))
		for _, input := range inputs {
			r, err := change.Create(t, input.Fields, record.Mode{Typecast: body.Typecast})
			if err != nil {
				return nil, err
			}
			made = append(made, r)
		}
		how := w.style(c, body.ByID)
		if body.Records == nil {
			return appendDetails(e.Append(nil, made[0], how), change), nil
		}
		return appendDetails(append(e.AppendList([]byte{'{'}, made, how), '}'), change), nil
	})
}

// updateRecord changes one record; PUT also clears what it does not name.
func updateRecord(w *world, c *call) (response, *wire.Error) {
	var body record.Body
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	fields, err := body.ToUpdateOne()
	if err != nil {
		return response{}, err
	}
	return w.writeRecords(c, func(change *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		r := w.data.Of(t).Record(c.path.record)
		if r == nil {
			return nil, record.ErrNotFound()
		}
		if err := change.Update(r, fields, modeOf(c, body)); err != nil {
			return nil, err
		}
		return appendDetails(e.Append(nil, r, w.style(c, body.ByID)), change), nil
	})
}

// updateRecords changes up to ten records, or upserts them.
func updateRecords(w *world, c *call) (response, *wire.Error) {
	var body record.Body
	if err := c.decode(&body); err != nil {
		return response{}, err
	}
	inputs, err := body.ToUpdate()
	if err != nil {
		return response{}, err
	}
	return w.writeRecords(c, func(change *record.Change, t *schema.Table, e *record.Evaluator) ([]byte, *wire.Error) {
		how := w.style(c, body.ByID)
		if body.Upsert != nil {
			done, err := change.Upsert(t, body.Upsert.MergeOn, inputs, modeOf(c, body))
			if err != nil {
				return nil, err
			}
			done.Records = answered(done.Records, change.Quirks.UpsertAnswer)
			return appendDetails(appendUpserted(e, done, how), change), nil
		}
		changed, err := updateEach(change, w.data.Of(t), inputs, modeOf(c, body))
		if err != nil {
			return nil, err
		}
		return appendDetails(append(e.AppendList([]byte{'{'}, changed, how), '}'), change), nil
	})
}

// modeOf is how a PATCH or a PUT treats the cells in its body.
func modeOf(c *call, body record.Body) record.Mode {
	return record.Mode{Typecast: body.Typecast, Replace: c.method == http.MethodPut}
}

func updateEach(change *record.Change, rows *record.Rows, inputs []record.Input, mode record.Mode) ([]*record.Record, *wire.Error) {
	changed := make([]*record.Record, 0, len(inputs))
	for _, input := range inputs {
		r := rows.Record(input.ID)
		if r == nil {
			return nil, wire.RowDoesNotExist(input.ID)
		}
		if err := change.Update(r, input.Fields, mode); err != nil {
			return nil, err
		}
		changed = append(changed, r)
	}
	return changed, nil
}

// answered are the records that the answer to an upsert shows: all, or one fewer or more if a switch says so.
func answered(all []*record.Record, quirk string) []*record.Record {
	switch quirk {
	case "short":
		return all[:len(all)-1]
	case "long":
		return append(slices.Clip(all), all[len(all)-1])
	}
	return all
}

func appendUpserted(e *record.Evaluator, done record.Upserted, how record.Style) []byte {
	out := e.AppendList([]byte{'{'}, done.Records, how)
	out = wire.AppendStrings(append(out, `,"createdRecords":`...), done.Created)
	out = wire.AppendStrings(append(out, `,"updatedRecords":`...), done.Updated)
	return append(out, '}')
}

// deleteRecord deletes one record of the table.
func deleteRecord(w *world, c *call) (response, *wire.Error) {
	return w.writeRecords(c, func(change *record.Change, t *schema.Table, _ *record.Evaluator) ([]byte, *wire.Error) {
		r := w.data.Of(t).Record(c.path.record)
		if r == nil {
			return nil, record.ErrNotFound()
		}
		change.Delete(r)
		return appendDeleted(nil, r.ID), nil
	})
}

// deleteRecords deletes up to ten records. When one is missing none is deleted.
func deleteRecords(w *world, c *call) (response, *wire.Error) {
	ids, err := record.ToDelete(c.query)
	if err != nil {
		return response{}, err
	}
	return w.writeRecords(c, func(change *record.Change, t *schema.Table, _ *record.Evaluator) ([]byte, *wire.Error) {
		out := []byte(`{"records":[`)
		for i, id := range ids {
			r := w.data.Of(t).Record(id)
			if r == nil {
				return nil, wire.RowDoesNotExist(id)
			}
			change.Delete(r)
			if i > 0 {
				out = append(out, ',')
			}
			out = appendDeleted(out, id)
		}
		return append(out, "]}"...), nil
	})
}

func appendDeleted(out []byte, id string) []byte {
	return append(wire.AppendString(append(out, `{"deleted":true,"id":`...), id), '}')
}
