package airtablesync

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// RowChange is one target row to be written. It holds cells and therefore
// lives in blobs only, never in a journal or an event.
type RowChange struct {
	Source airtable.RecordID `json:"source"`
	// Target is the row's id, as far as it is known and was not found missing.
	Target airtable.RecordID `json:"target,omitempty"`
	// New says that no target row was known when the change was planned.
	New bool `json:"new,omitempty"`
	// Blank says that there cannot be one: empty cells need not be cleared.
	Blank bool `json:"blank,omitempty"`
	// KeepFiles says that the target row has the attachments already: writing
	// them again would make Airtable fetch them again.
	KeepFiles bool                                     `json:"keep_files,omitempty"`
	Cells     map[airtable.FieldID]json.RawMessage     `json:"cells"`
	Links     map[airtable.FieldID][]airtable.RecordID `json:"links,omitempty"` // ids of source rows
	Hash      string                                   `json:"hash"`
}

// desired returns what the target row of a source row has to be.
func (p Pair) desired(row airtable.Record) RowChange {
	change := RowChange{Source: row.ID, Cells: map[airtable.FieldID]json.RawMessage{}}
	sum := newCellSum()
	for _, f := range p.Fields {
		read := row.Fields[string(f.Source)]
		cell := airtable.ForWrite(f.Target.Type, read)
		if f.AsText {
			cell = textCell(read)
			read = cell
		}
		change.Cells[f.Target.ID] = cell
		sum.add(f.Target, airtable.Canonical(f.Target, read))
	}
	for _, l := range p.Links {
		ids := airtable.Links(row.Fields[string(l.Source)])
		if len(ids) > 0 {
			if change.Links == nil {
				change.Links = map[airtable.FieldID][]airtable.RecordID{}
			}
			change.Links[l.Target] = ids
		}
		sum.addIDs(l.Target, ids)
	}
	change.Hash = sum.hash()
	return change
}

// textCell renders a computed cell as the text that is written for it.
func textCell(cell json.RawMessage) json.RawMessage {
	text := airtable.Text(cell)
	if text == "" {
		return json.RawMessage("null")
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string always encodes
	return bytes.TrimSpace(b.Bytes())
}

// targetHashes returns the hashes of a target row as it was read: one with its
// links as source rows, comparable with RowChange.Hash, and one of the cells
// as they are. toSource returns "" for a target row that it does not know.
func (p Pair) targetHashes(row airtable.Record, toSource func(LinkPair, airtable.RecordID) airtable.RecordID) (hash, answer string) {
	asSource, asIs := newCellSum(), newCellSum()
	for _, f := range p.Fields {
		canonical := airtable.Canonical(f.Target, row.Fields[string(f.Target.ID)])
		asSource.add(f.Target, canonical)
		asIs.add(f.Target, canonical)
	}
	for _, l := range p.Links {
		ids := airtable.Links(row.Fields[string(l.Target)])
		asIs.addIDs(l.Target, ids)
		sources := make([]airtable.RecordID, len(ids))
		for i, id := range ids {
			if sources[i] = toSource(l, id); sources[i] == "" {
				sources[i] = id // belongs to no source row: a difference
			}
		}
		asSource.addIDs(l.Target, sources)
	}
	return asSource.hash(), asIs.hash()
}

// answerHash is the second of targetHashes alone.
func (p Pair) answerHash(row airtable.Record) string {
	_, answer := p.targetHashes(row, func(LinkPair, airtable.RecordID) airtable.RecordID { return "" })
	return answer
}

// mustWrite decides whether a row costs a write. listing names this run's
// listing of the target, or is "" if the target was not listed.
func mustWrite(c RowChange, k linkmap.Known, listing string) bool {
	if listing == "" {
		return k.Target == "" || k.Hash != c.Hash
	}
	if k.Listed != listing {
		return true // no such row in the target
	}
	same := k.ListedHash == c.Hash
	// Airtable may rewrite a cell (rich text, rounding): then the row still is
	// what it made of exactly these cells.
	untouched := k.Hash == c.Hash && k.Answer != "" && k.ListedAnswer == k.Answer
	return !same && !untouched
}

// keepsFiles reports whether a row that must be written has its attachments
// already.
func keepsFiles(c RowChange, k linkmap.Known, listing string) bool {
	want := filesOf(c.Hash)
	if c.Target == "" || want == "" {
		return false
	}
	if listing == "" {
		return filesOf(k.Hash) == want
	}
	return filesOf(k.ListedHash) == want ||
		filesOf(k.Hash) == want && filesOf(k.Answer) == filesOf(k.ListedAnswer)
}

// cellSum hashes canonical cells in an order that does not depend on the
// order of the mapping. Attachments have a sum of their own behind a dot.
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

func (s *cellSum) addIDs(field airtable.FieldID, ids []airtable.RecordID) {
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

// filesOf returns the sum of a row's attachments, "" for none.
func filesOf(hash string) string {
	_, files, _ := strings.Cut(hash, ".")
	return files
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

// skippedLinks counts the links of a row that lead out of the sync.
func (p Pair) skippedLinks(row airtable.Record) int {
	count := 0
	for _, s := range p.Skipped {
		count += len(airtable.Links(row.Fields[string(s.Source)]))
	}
	return count
}
