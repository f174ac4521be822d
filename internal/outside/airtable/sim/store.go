package sim

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/journal"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// The journal's lines hold what is, not what was done: whole bases, whole schemas of tables, whole records. Reading a
// line twice changes nothing.
type (
	entry struct {
		Snapshot bool                `json:"snapshot,omitempty"` // written by a rewrite, not by a call
		Bases    []schema.BaseEntry  `json:"bases,omitempty"`
		Tables   []tableEntry        `json:"tables,omitempty"`
		Records  []record.Entry      `json:"records,omitempty"`
		Removed  map[string][]string `json:"removed,omitempty"` // ids by table
		Gone     []string            `json:"gone,omitempty"`    // ids of tables
	}
	tableEntry struct {
		schema.TableEntry
		NextSeq int64 `json:"next"`
	}
)

const (
	// compactMin is the size below which a journal is never rewritten, in bytes.
	compactMin = 8 << 20
	// snapshotRecords is how many records a line of a rewritten journal holds.
	snapshotRecords = 200
)

// store keeps a schema and its records on disk. The caller keeps changes apart from each other, and readers apart
// from changes.
type store struct {
	schema    *schema.Schema
	data      *record.Data
	journal   *journal.Journal
	compactAt int64 // size of the journal from which it is rewritten
}

// openStore reads a data file into a schema and its records, which must be empty.
func openStore(path string, s *schema.Schema, d *record.Data) (*store, error) {
	st := &store{schema: s, data: d}
	live := int64(0)
	opened, err := journal.Open(path, func(line []byte) error {
		var e entry
		if err := json.Unmarshal(line, &e); err != nil {
			return err
		}
		if e.Snapshot {
			live += int64(len(line))
		}
		return st.restore(e)
	})
	if err != nil {
		return nil, err
	}
	st.journal = opened
	st.compactAt = max(compactMin, 4*live)
	s.Compile()
	if err = st.compact(); err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return st, nil
}

func (st *store) close() error { return st.journal.Close() }

// newest is the ticket of the last change.
func (st *store) newest() *journal.Ticket { return st.journal.Newest() }

// commit writes what a change touched. The caller still keeps other changes away, so that the lines are in the order
// of the changes. It waits for the ticket afterwards.
func (st *store) commit(c *record.Change) *journal.Ticket {
	ticket := st.journal.Append(wire.Encode(st.changed(c)))
	if err := st.compact(); err != nil {
		return ticket // the old file is still good; the next try comes when it has grown again
	}
	return ticket
}

// compact rewrites a journal that has grown too large for what it holds.
func (st *store) compact() error {
	if st.journal.Size() < st.compactAt {
		return nil
	}
	err := st.journal.Rewrite(st.snapshot)
	st.compactAt = max(compactMin, 4*st.journal.Size())
	return err
}

// changed is the line of a change.
func (st *store) changed(c *record.Change) entry {
	var e entry
	bases, tables := c.Schema.Touched()
	for _, b := range bases {
		e.Bases = append(e.Bases, b.Entry())
	}
	for _, t := range tables {
		e.Tables = append(e.Tables, st.table(t))
	}
	e.Gone = c.Schema.Removed()
	for _, r := range c.Touched() {
		if !r.Deleted() {
			e.Records = append(e.Records, r.Entry())
			continue
		}
		if e.Removed == nil {
			e.Removed = map[string][]string{}
		}
		table := r.Table().ID
		e.Removed[table] = append(e.Removed[table], r.ID)
	}
	return e
}

// snapshot writes everything as lines.
func (st *store) snapshot(add func(line []byte)) error {
	for _, b := range st.schema.Bases() {
		e := entry{Snapshot: true, Bases: []schema.BaseEntry{b.Entry()}}
		for _, t := range b.Tables {
			e.Tables = append(e.Tables, st.table(t))
		}
		add(wire.Encode(e))
		for _, t := range b.Tables {
			for chunk := range slices.Chunk(st.data.Of(t).InCreationOrder(), snapshotRecords) {
				e := entry{Snapshot: true}
				for _, r := range chunk {
					e.Records = append(e.Records, r.Entry())
				}
				add(wire.Encode(e))
			}
		}
	}
	return nil
}

func (st *store) table(t *schema.Table) tableEntry {
	return tableEntry{t.Entry(), st.data.NextSeq(t)}
}

// restore puts the content of one line into the schema and the records.
func (st *store) restore(e entry) error {
	for _, b := range e.Bases {
		st.schema.RestoreBase(b)
	}
	for _, one := range e.Tables {
		t, err := st.schema.RestoreTable(one.TableEntry)
		if err != nil {
			return err
		}
		st.data.RestoreNextSeq(t, one.NextSeq)
	}
	for _, r := range e.Records {
		if err := st.data.Restore(r); err != nil {
			return err
		}
	}
	for _, table := range e.Gone {
		st.schema.RestoreRemoved(table)
		st.data.RestoreRemoved(table)
	}
	for table, removed := range e.Removed {
		for _, id := range removed {
			st.data.RestoreDeleted(table, id)
		}
	}
	return nil
}
