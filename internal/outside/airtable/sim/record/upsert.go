package record

import (
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// Upserted is the outcome of an upsert.
type Upserted struct {
	Records          []*Record // one for each entry of the batch, in its order
	Created, Updated []string  // ids, each once
}

// errManyMatches refuses a key that several records have.
func errManyMatches(keys []*schema.Field) *wire.Error {
	names := make([]string, len(keys))
	for i, key := range keys {
		names[i] = wire.Quote(key.Name)
	}
	return wire.Invalid("INVALID_VALUE_FOR_COLUMN", "Cannot update more than one record: several have the given values in %s", strings.Join(names, ", "))
}

// Upsert updates the records that have the given values in the merge fields, and creates the others. All entries of
// the batch are compared with the table as it was before: two equal new keys in one batch make two records. More
// than one match fails the whole call.
func (c *Change) Upsert(t *schema.Table, mergeOn []string, batch []Input, mode Mode) (Upserted, *wire.Error) {
	keys, err := mergeFields(t, mergeOn)
	if err != nil {
		return Upserted{}, err
	}
	cells := make([][]writtenCell, len(batch))
	targets := make([]*Record, len(batch))
	for i, one := range batch {
		if cells[i], err = c.readAll(t, one.Fields, mode); err != nil {
			return Upserted{}, err
		}
		if targets[i], err = matchRecord(c.data.stored(t), keys, one.ID, cells[i]); err != nil {
			return Upserted{}, err
		}
	}
	done := Upserted{Records: targets}
	for i := range batch {
		if targets[i] == nil {
			if targets[i], err = c.create(t, batch[i].Fields, cells[i]); err != nil {
				return Upserted{}, err
			}
			done.Created = append(done.Created, targets[i].ID)
			continue
		}
		if id := targets[i].ID; !slices.Contains(done.Updated, id) {
			done.Updated = append(done.Updated, id)
		}
		c.overwrite(targets[i], cells[i], mode)
	}
	return done, nil
}

// mergeFields finds the one to three fields to merge on and refuses types that cannot be compared.
func mergeFields(t *schema.Table, names []string) ([]*schema.Field, *wire.Error) {
	if len(names) < 1 || len(names) > 3 {
		return nil, wire.InvalidParameters()
	}
	fields := make([]*schema.Field, 0, len(names))
	for _, name := range names {
		f := t.Field(name)
		switch {
		case f == nil:
			return nil, wire.UnknownField(name)
		case f.Type.Computed():
			return nil, cell.ErrComputed(f)
		case !f.Type.Merges() || slices.Contains(fields, f):
			return nil, wire.InvalidParameters()
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// matchRecord is the record that an entry of the batch means: the one with its id, or else the one with its key. It
// is nil for a new one.
func matchRecord(rows *Rows, keys []*schema.Field, id string, cells []writtenCell) (*Record, *wire.Error) {
	if id != "" {
		if r := rows.Record(id); r != nil {
			return r, nil
		}
		return nil, wire.RowDoesNotExist(id)
	}
	values := make([]cell.Value, len(keys))
	for i, key := range keys {
		at := slices.IndexFunc(cells, func(written writtenCell) bool { return written.field == key })
		if at < 0 {
			return nil, errUpdateShape()
		}
		values[i] = cells[at].value
	}
	switch found := rows.index(keys).find(values); len(found) {
	case 0:
		return nil, nil
	case 1:
		return found[0], nil
	}
	return nil, errManyMatches(keys)
}
