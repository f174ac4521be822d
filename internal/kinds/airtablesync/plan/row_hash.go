package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// cellSum hashes the canonical cells of a row, independently of the order of
// the mapping. Attachments have a sum of their own, behind a dot.
type cellSum struct {
	cells, files map[airtable.FieldID]json.RawMessage
}

func newCellSum() *cellSum {
	return &cellSum{cells: map[airtable.FieldID]json.RawMessage{}, files: map[airtable.FieldID]json.RawMessage{}}
}

// add takes one cell; an empty one leaves no trace.
func (s *cellSum) add(field airtable.Field, canonical json.RawMessage) {
	switch {
	case canonical == nil:
	case field.Type == airtable.MultipleAttachments:
		s.files[field.ID] = canonical
	default:
		s.cells[field.ID] = canonical
	}
}

// addLinks takes one link cell.
func (s *cellSum) addLinks(field airtable.FieldID, ids []airtable.RecordID) {
	if len(ids) == 0 {
		return
	}
	raw, _ := json.Marshal(ids) // strings always encode
	s.cells[field] = raw
}

func (s *cellSum) hash() string {
	sum := hashOf(s.cells)
	if len(s.files) > 0 {
		sum += "." + hashOf(s.files)
	}
	return sum
}

func hashOf(cells map[airtable.FieldID]json.RawMessage) string {
	h := sha256.New()
	for _, f := range slices.Sorted(maps.Keys(cells)) {
		h.Write([]byte(f))
		h.Write([]byte{0})
		h.Write(cells[f])
		h.Write([]byte{0})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// filesOf returns the sum of a row's attachments, "" for none.
func filesOf(hash string) string {
	_, files, _ := strings.Cut(hash, ".")
	return files
}

// targetHashes returns two hashes of a target row as it was read: one with its
// links as source rows, which compares with RowChange.Hash, and one of the cells
// as they are. Links to rows that sources does not know count as a difference.
func targetHashes(p Pair, row airtable.Record, sources Counterparts) (hash, response string) {
	asSource, asIs := newCellSum(), newCellSum()
	for _, f := range p.Fields {
		canonical := airtable.Canonical(f.Target, row.Fields[string(f.Target.ID)])
		asSource.add(f.Target, canonical)
		asIs.add(f.Target, canonical)
	}
	for _, l := range p.Links {
		ids := airtable.Links(row.Fields[string(l.Target)])
		asIs.addLinks(l.Target, ids)
		linked := make([]airtable.RecordID, len(ids)) // a row that is unknown leaves a gap
		for i, id := range ids {
			linked[i] = sources[l.To][id]
		}
		asSource.addLinks(l.Target, linked)
	}
	return asSource.hash(), asIs.hash()
}
