package airtablesync

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

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
	Blank bool                                     `json:"blank,omitempty"`
	Cells map[airtable.FieldID]json.RawMessage     `json:"cells"`
	Links map[airtable.FieldID][]airtable.RecordID `json:"links,omitempty"` // ids of source rows
	Hash  string                                   `json:"hash"`
}

// Known is what the link map knows about one source row.
type Known struct {
	Target  airtable.RecordID // "": none yet
	Created bool              // the target row was made by this sync
	Hash    string            // of the cells last written; "": unknown or incomplete
	Answer  string            // hash of what Airtable answered to that write
	Swept   string            // the sweep that last saw the source row
	// Listed is the listing that last saw the target row, with the hashes of
	// its cells: ListedHash comparable with Hash, ListedAnswer with Answer.
	Listed       string
	ListedHash   string
	ListedAnswer string
}

// desired returns what the target row of a source row has to be.
func (p Pair) desired(row airtable.Record) RowChange {
	change := RowChange{Source: row.ID, Cells: map[airtable.FieldID]json.RawMessage{}}
	sum := newCellSum()
	for _, f := range p.Fields {
		cell := airtable.ForWrite(f.Target.Type, row.Fields[string(f.Source)])
		if f.AsText {
			cell = textCell(row.Fields[string(f.Source)])
		}
		change.Cells[f.Target.ID] = cell
		sum.add(f.Target.ID, airtable.Canonical(f.Target, cell))
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
		asSource.add(f.Target.ID, canonical)
		asIs.add(f.Target.ID, canonical)
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
func mustWrite(c RowChange, k Known, listing string) bool {
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

// cellSum hashes canonical cells in an order that does not depend on the
// order of the mapping.
type cellSum struct {
	parts map[airtable.FieldID]json.RawMessage
}

func newCellSum() *cellSum { return &cellSum{parts: map[airtable.FieldID]json.RawMessage{}} }

// add takes one cell; an empty one leaves no trace.
func (s *cellSum) add(field airtable.FieldID, canonical json.RawMessage) {
	if canonical != nil {
		s.parts[field] = canonical
	}
}

func (s *cellSum) addIDs(field airtable.FieldID, ids []airtable.RecordID) {
	if len(ids) == 0 {
		return
	}
	raw, _ := json.Marshal(ids) // strings always encode
	s.parts[field] = raw
}

func (s *cellSum) hash() string {
	fields := make([]airtable.FieldID, 0, len(s.parts))
	for f := range s.parts {
		fields = append(fields, f)
	}
	slices.Sort(fields)
	h := sha256.New()
	for _, f := range fields {
		h.Write([]byte(f))
		h.Write([]byte{0})
		h.Write(s.parts[f])
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
