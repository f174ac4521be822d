package sim

import (
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
)

// The journal's lines hold what is, not what was done: whole bases, whole schemas of tables, whole records.
// Reading the same line twice changes nothing.
type (
	entry struct {
		Snapshot bool                `json:"snapshot,omitempty"` // written by a rewrite, not by a call
		Bases    []baseEntry         `json:"bases,omitempty"`
		Tables   []tableEntry        `json:"tables,omitempty"`
		Records  []recordEntry       `json:"records,omitempty"`
		Removed  map[string][]string `json:"removed,omitempty"` // ids by table
	}
	baseEntry struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	}
	tableEntry struct {
		Base        string       `json:"base"`
		ID          string       `json:"id"`
		Name        string       `json:"name"`
		Description string       `json:"description,omitempty"`
		Views       []view       `json:"views"`
		Fields      []fieldEntry `json:"fields"`
		NextSeq     int64        `json:"next"`
	}
	fieldEntry struct {
		ID          string                     `json:"id"`
		Name        string                     `json:"name"`
		Description string                     `json:"description,omitempty"`
		Kind        kind                       `json:"type"`
		Options     map[string]json.RawMessage `json:"options,omitempty"`
		Choices     []choice                   `json:"choices,omitempty"`
		Linked      string                     `json:"linked,omitempty"`
		Inverse     string                     `json:"inverse,omitempty"`
		Source      string                     `json:"formula,omitempty"`
	}
	recordEntry struct {
		Table    string                     `json:"t"`
		ID       string                     `json:"id"`
		Seq      int64                      `json:"n"`
		Created  int64                      `json:"c"`
		Modified int64                      `json:"m"`
		Cells    map[string]json.RawMessage `json:"f"`
	}
)

// compactMin is the size below which a journal is never rewritten, in bytes.
const compactMin = 8 << 20

// snapshotRecords is how many records a line of a rewritten journal holds.
const snapshotRecords = 200

// openJournal replays the data file into the world.
func (s *Sim) openJournal() error {
	if s.cfg.DataFile == "" {
		return nil
	}
	live := int64(0)
	opened, err := journal.Open(s.cfg.DataFile, func(line []byte) error {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if e.Snapshot {
			live += int64(len(line))
		}
		return s.world.apply(e)
	})
	if err != nil {
		return err
	}
	s.journal = opened
	s.compactAt = max(compactMin, 4*live)
	if err := s.world.compileFormulas(); err != nil {
		return fmt.Errorf("%s: %w", s.cfg.DataFile, err)
	}
	return s.compact()
}

// commit writes what a change touched. The caller holds the world's lock, so the lines are in the order of
// the changes; it waits for the ticket after releasing it.
func (s *Sim) commit(c *change) *journal.Ticket {
	if s.journal == nil {
		return nil
	}
	ticket := s.journal.Append(encoded(c.entry()))
	if err := s.compact(); err != nil {
		return ticket // the old file is still good; the next try comes when it has grown again
	}
	return ticket
}

// read is the answer of a call that changed nothing: it waits for all changes that it may have seen.
func (s *Sim) read(body []byte) answer {
	if s.journal == nil {
		return answer{body: body}
	}
	return answer{body: body, ticket: s.journal.Newest()}
}

// compact rewrites a journal that has grown too large for what it holds. The caller keeps others from changing the world.
func (s *Sim) compact() error {
	if s.journal.Size() < s.compactAt {
		return nil
	}
	err := s.journal.Rewrite(s.world.snapshot)
	s.compactAt = max(compactMin, 4*s.journal.Size())
	return err
}

// entry is the journal line of a change.
func (c *change) entry() entry {
	var e entry
	for _, b := range c.bases {
		e.Bases = append(e.Bases, baseEntry{b.id, b.name})
	}
	for _, t := range c.tables {
		e.Tables = append(e.Tables, t.entry())
	}
	for _, r := range c.records {
		if !r.deleted {
			e.Records = append(e.Records, r.entry())
			continue
		}
		if e.Removed == nil {
			e.Removed = map[string][]string{}
		}
		e.Removed[r.table.id] = append(e.Removed[r.table.id], r.id)
	}
	return e
}

// snapshot writes the whole world as journal lines.
func (w *world) snapshot(add func(line []byte)) error {
	for _, b := range w.order {
		e := entry{Snapshot: true, Bases: []baseEntry{{b.id, b.name}}}
		for _, t := range b.tables {
			e.Tables = append(e.Tables, t.entry())
		}
		add(encoded(e))
		for _, t := range b.tables {
			records := t.inViewOrder()
			for len(records) > 0 {
				n := min(snapshotRecords, len(records))
				e := entry{Snapshot: true}
				for _, r := range records[:n] {
					e.Records = append(e.Records, r.entry())
				}
				add(encoded(e))
				records = records[n:]
			}
		}
	}
	return nil
}

func (t *table) entry() tableEntry {
	e := tableEntry{Base: t.base.id, ID: t.id, Name: t.name, Description: t.description, Views: t.views, NextSeq: t.nextSeq}
	for _, f := range t.fields {
		e.Fields = append(e.Fields, fieldEntry{f.id, f.name, f.description, f.kind, f.options, f.choices, f.linked, f.inverse, f.source})
	}
	return e
}

func (r *record) entry() recordEntry {
	e := recordEntry{r.table.id, r.id, r.seq, r.created, r.modified, make(map[string]json.RawMessage, len(r.cells))}
	for id, cell := range r.cells {
		e.Cells[id] = encodeCell(cell)
	}
	return e
}

func encodeCell(cell any) json.RawMessage {
	switch v := cell.(type) {
	case string:
		return appendString(nil, v)
	case float64:
		return appendNumber(nil, v)
	case []string:
		return appendStrings(nil, v)
	case json.RawMessage:
		return v
	}
	return json.RawMessage("true")
}
