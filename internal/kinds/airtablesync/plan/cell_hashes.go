package plan

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// CellHashes are the hashes of a row's cells on one side, packed: the version of
// the canonical form, then for each field that is not empty the hash of its id (4
// bytes) and of its cell (8 bytes), in order. Nil: nothing is known.
type CellHashes []byte

const (
	keyBytes   = 4
	entryBytes = keyBytes + 8
)

// cellHash is the hash of a cell's canonical form.
type cellHash uint64

const (
	emptyCell cellHash = 0
	// writeAgain stands, on the right, for a cell of which the target does not have
	// all. It is equal to no cell.
	writeAgain = ^cellHash(0)
)

// fieldKey stands for a field. Two fields of one key share an entry, so that a
// change of either is a change of it.
type fieldKey uint32

func keyOf(field airtable.FieldID) fieldKey {
	sum := sha256.Sum256([]byte(field))
	return fieldKey(binary.BigEndian.Uint32(sum[:]))
}

// hashed are unpacked hashes. A field that is not among them is empty.
type hashed struct {
	form  airtable.Form // zero: nothing is known
	cells map[fieldKey]cellHash
}

func newHashed(form airtable.Form) hashed {
	return hashed{form: form, cells: map[fieldKey]cellHash{}}
}

func (h hashed) known() bool { return h.form != 0 }

// add takes the canonical form of a cell; an empty one leaves no trace.
func (h hashed) add(field airtable.FieldID, canonical json.RawMessage) {
	if canonical == nil {
		return
	}
	key := keyOf(field)
	sum := sha256.Sum256(slices.Concat([]byte(field), []byte{0}, canonical))
	cell := h.cells[key] ^ cellHash(binary.BigEndian.Uint64(sum[:]))
	if cell == emptyCell || cell == writeAgain {
		cell = 1
	}
	h.cells[key] = cell
}

// addLinks takes a link cell.
func (h hashed) addLinks(field airtable.FieldID, ids []airtable.RecordID) {
	if len(ids) > 0 {
		raw, _ := json.Marshal(ids) // strings always encode
		h.add(field, raw)
	}
}

// again marks cells to be written again, whatever the source holds.
func (h hashed) again(fields ...airtable.FieldID) {
	for _, f := range fields {
		h.cells[keyOf(f)] = writeAgain
	}
}

func (h hashed) pack() CellHashes {
	packed := CellHashes{byte(h.form)}
	for _, key := range slices.Sorted(maps.Keys(h.cells)) {
		packed = binary.BigEndian.AppendUint32(packed, uint32(key))
		packed = binary.BigEndian.AppendUint64(packed, uint64(h.cells[key]))
	}
	return packed
}

// unpack reads packed hashes. What it cannot read is unknown.
func (c CellHashes) unpack() hashed {
	if len(c) == 0 || len(c)%entryBytes != 1 {
		return hashed{}
	}
	h := newHashed(airtable.Form(c[0]))
	for entry := range slices.Chunk(c[1:], entryBytes) {
		h.cells[fieldKey(binary.BigEndian.Uint32(entry))] = cellHash(binary.BigEndian.Uint64(entry[keyBytes:]))
	}
	return h
}

// Equal reports whether two sides hold the same cells, as far as is known.
func (c CellHashes) Equal(other CellHashes) bool { return bytes.Equal(c, other) }

// keysOf lists the fields that any of these have, in order.
func keysOf(all ...hashed) []fieldKey {
	keys := map[fieldKey]bool{}
	for _, h := range all {
		for key := range h.cells {
			keys[key] = true
		}
	}
	return slices.SortedFunc(maps.Keys(keys), cmp.Compare)
}

// inCurrentForm returns kept hashes in the current form. Those of an older form
// are compared once in that form with the cells as they are now, which in returns
// in any form: what has not changed since gets its current hash, and what has is
// equal to nothing.
func (h hashed) inCurrentForm(in func(airtable.Form) hashed) hashed {
	if !h.known() || h.form == airtable.CurrentForm {
		return h
	}
	then, now, out := in(h.form), in(airtable.CurrentForm), newHashed(airtable.CurrentForm)
	for _, key := range keysOf(h, then, now) {
		switch {
		case h.cells[key] != then.cells[key]:
			out.cells[key] = writeAgain
		case now.cells[key] != emptyCell:
			out.cells[key] = now.cells[key]
		}
	}
	return out
}

// sourceHashes are those of a source row, by the target fields that get its cells.
func sourceHashes(p Pair, row airtable.Record, form airtable.Form) hashed {
	h := newHashed(form)
	for _, f := range p.Fields {
		h.add(f.Target.ID, form.Of(f.Target, f.read(row)))
	}
	for _, l := range p.Links {
		h.addLinks(l.Target, airtable.Links(row.Fields[string(l.Source)]))
	}
	return h
}

// targetHashes are those of a target row as it was read, with its links as source
// rows, so that they compare with sourceHashes. A link to a row that sources does
// not know counts as a difference.
func targetHashes(p Pair, row airtable.Record, sources Counterparts, form airtable.Form) hashed {
	h := newHashed(form)
	for _, f := range p.Fields {
		h.add(f.Target.ID, form.Of(f.Target, row.Fields[string(f.Target.ID)]))
	}
	for _, l := range p.Links {
		ids := airtable.Links(row.Fields[string(l.Target)])
		linked := make([]airtable.RecordID, len(ids)) // a row that is unknown leaves a gap
		for i, id := range ids {
			linked[i] = sources[l.To][id]
		}
		h.addLinks(l.Target, linked)
	}
	return h
}
