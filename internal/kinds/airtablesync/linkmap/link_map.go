package linkmap

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// LinkMap remembers which target row belongs to which source row. Its writes
// are attached to steps and commit with their results; it reads what is
// committed. It is working state, not derived from events, and is never rebuilt.
type LinkMap struct {
	db     *db.DB
	sql    linkStatements
	writes writes
}

// linkStatements are the SQL of the link map.
type linkStatements struct {
	findTables, addTables, countIDs, loadMark, saveMark, saveBound, listBound, dropTables string
	readPairs, rightsOfLefts, leftsOfRights, listMissing, countPairs                      string
	sweepPair, settlePair, intendPair, addLeft, owePair, listOwed                         string
	listKnown, freeRight, listOther, addBoth, writePair, forgetPair, cleanPairs           string
	dropPairs                                                                             string
}

// Scope is the part of the link map that belongs to one table pair of one
// workflow.
type Scope struct{ Workspace, Workflow, Pair string }

// Mark is where the next incremental read of a pair begins.
type Mark struct {
	At          time.Time `json:"at"`
	Fingerprint string    `json:"fingerprint"`
}

// New returns the link map in a database, which stays the caller's to close. It
// is not to be used before its tables have been migrated with their kind.
func New(d *db.DB) *LinkMap { return &LinkMap{db: d} }

// Tables are the link map's part of its kind.
func (m *LinkMap) Tables() kind.Tables {
	return kind.Tables{Files: files, Archive: m.drop, Statements: map[string]*string{
		"find_tables": &m.sql.findTables, "add_tables": &m.sql.addTables, "count_ids": &m.sql.countIDs,
		"load_mark": &m.sql.loadMark, "save_mark": &m.sql.saveMark, "drop_tables": &m.sql.dropTables,
		"save_bound": &m.sql.saveBound, "list_bound": &m.sql.listBound,
		"read_pairs": &m.sql.readPairs, "rights_of_lefts": &m.sql.rightsOfLefts, "lefts_of_rights": &m.sql.leftsOfRights,
		"list_missing": &m.sql.listMissing, "count_pairs": &m.sql.countPairs,
		"sweep_pair": &m.sql.sweepPair, "settle_pair": &m.sql.settlePair, "intend_pair": &m.sql.intendPair, "add_left": &m.sql.addLeft,
		"list_known": &m.sql.listKnown, "free_right": &m.sql.freeRight, "list_other": &m.sql.listOther, "add_both": &m.sql.addBoth,
		"write_pair": &m.sql.writePair, "owe_pair": &m.sql.owePair, "list_owed": &m.sql.listOwed, "forget_pair": &m.sql.forgetPair, "clean_pairs": &m.sql.cleanPairs, "drop_pairs": &m.sql.dropPairs,
	}}
}

// drop removes everything that is known about the tables of a workflow.
func (m *LinkMap) drop(ctx context.Context, tx db.Tx, ws workflow.WorkspaceID, id workflow.ID) error {
	workspace, err := tx.Workspace(ctx, string(ws))
	if err != nil {
		return err
	}
	for _, sql := range []string{m.sql.dropPairs, m.sql.dropTables} {
		if _, err := tx.Exec(ctx, sql, workspace, string(id)); err != nil {
			return fmt.Errorf("drop the link map of workflow %s: %w", id, err)
		}
	}
	return nil
}

// args are the first arguments of every read, which name the pair, and more.
func (m *LinkMap) args(ctx context.Context, s Scope, more ...any) ([]any, error) {
	workspace, err := m.db.Workspace(ctx, s.Workspace)
	return append([]any{workspace, s.Workflow, s.Pair}, more...), err
}

// Known returns what is known about source rows; unknown ones are absent.
func (m *LinkMap) Known(ctx context.Context, s Scope, ids []airtable.RecordID) (map[airtable.RecordID]Known, error) {
	known := make(map[airtable.RecordID]Known, len(ids))
	err := m.find(ctx, m.sql.readPairs, s, ids, func(rows db.Rows) error {
		var source string
		var made, owed int64
		var k Known
		if err := rows.Scan(&source, (*string)(&k.Target), &made, (*[]byte)(&k.Left), (*[]byte)(&k.Right),
			&k.Losses, &owed, &k.Swept, &k.Listed, (*[]byte)(&k.Seen)); err != nil {
			return err
		}
		k.Made, k.Owed = made == 1, owed == 1
		known[airtable.RecordID(source)] = k
		return nil
	})
	return known, err
}

// Targets returns the target rows of source rows.
func (m *LinkMap) Targets(ctx context.Context, s Scope, sources []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	return m.pairs(ctx, m.sql.rightsOfLefts, s, sources)
}

// Sources returns the source rows of target rows.
func (m *LinkMap) Sources(ctx context.Context, s Scope, targets []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	return m.pairs(ctx, m.sql.leftsOfRights, s, targets)
}

func (m *LinkMap) pairs(ctx context.Context, sql string, s Scope, ids []airtable.RecordID) (map[airtable.RecordID]airtable.RecordID, error) {
	found := make(map[airtable.RecordID]airtable.RecordID, len(ids))
	err := m.find(ctx, sql, s, ids, func(rows db.Rows) error {
		var from, to string
		if err := rows.Scan(&from, &to); err != nil {
			return err
		}
		found[airtable.RecordID(from)] = airtable.RecordID(to)
		return nil
	})
	return found, err
}

// find runs a statement with a list of ids and scans its rows.
func (m *LinkMap) find(ctx context.Context, sql string, s Scope, ids []airtable.RecordID, scan func(db.Rows) error) error {
	if len(ids) == 0 {
		return nil
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	if err := m.scan(ctx, sql, s, scan, json.RawMessage(list)); err != nil {
		return fmt.Errorf("link map, %d rows by id: %w", len(ids), err)
	}
	return nil
}

func (m *LinkMap) scan(ctx context.Context, sql string, s Scope, scan func(db.Rows) error, more ...any) error {
	args, err := m.args(ctx, s, more...)
	if err != nil {
		return err
	}
	rows, err := m.db.Read().Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Gone is a row that is missing from a sweep.
type Gone struct {
	Source airtable.RecordID `json:"source"`
	Target airtable.RecordID `json:"target"`
	// Theirs says that this sync has not made the target row.
	Theirs bool `json:"theirs,omitempty"`
}

// Missing returns target rows that the listing has seen and whose source row the
// sweep has not, after the given source row and in that order: those that this
// sync has made or, with theirs, all.
func (m *LinkMap) Missing(ctx context.Context, s Scope, after airtable.RecordID, sweep, listing string, theirs bool, limit int) ([]Gone, error) {
	var gone []Gone
	made := 1
	if theirs {
		made = 0
	}
	err := m.scan(ctx, m.sql.listMissing, s, func(rows db.Rows) error {
		var g Gone
		var made int64
		if err := rows.Scan((*string)(&g.Source), (*string)(&g.Target), &made); err != nil {
			return err
		}
		g.Theirs = made == 0
		gone = append(gone, g)
		return nil
	}, string(after), sweep, listing, made, limit)
	if err != nil {
		return nil, fmt.Errorf("link map, missing rows: %w", err)
	}
	return gone, nil
}

// Owed returns source rows of which the target lacks something, after the given
// one and in that order.
func (m *LinkMap) Owed(ctx context.Context, s Scope, after airtable.RecordID, limit int) ([]airtable.RecordID, error) {
	var ids []airtable.RecordID
	err := m.scan(ctx, m.sql.listOwed, s, func(row db.Rows) error {
		var id string
		if err := row.Scan(&id); err != nil {
			return err
		}
		ids = append(ids, airtable.RecordID(id))
		return nil
	}, string(after), limit)
	if err != nil {
		return nil, fmt.Errorf("link map, owed rows: %w", err)
	}
	return ids, nil
}

// Counts are numbers of target rows.
type Counts struct {
	Rows    int64 // that are known
	Missing int64 // of ours, whose source row is missing from the sweep
	Orphans int64 // the same of rows that this sync has not made
}

// Count counts the target rows.
func (m *LinkMap) Count(ctx context.Context, s Scope, sweep, listing string) (Counts, error) {
	var n Counts
	err := m.scan(ctx, m.sql.countPairs, s, func(row db.Rows) error { return row.Scan(&n.Rows, &n.Missing, &n.Orphans) }, sweep, listing)
	if err != nil {
		return Counts{}, fmt.Errorf("link map, count: %w", err)
	}
	return n, nil
}

// Memory returns what earlier runs of a workflow have bound.
func (m *LinkMap) Memory(ctx context.Context, ws, workflow string) (plan.Memory, error) {
	workspace, err := m.db.Workspace(ctx, ws)
	if err != nil {
		return nil, err
	}
	rows, err := m.db.Read().Query(ctx, m.sql.listBound, workspace, workflow)
	if err != nil {
		return nil, fmt.Errorf("link map, memory: %w", err)
	}
	defer rows.Close()
	var memory plan.Memory
	for rows.Next() {
		var raw json.RawMessage
		var b plan.Bound
		if err := errors.Join(rows.Scan(&raw), json.Unmarshal(raw, &b)); err != nil {
			return nil, fmt.Errorf("link map, memory: %w", err)
		}
		memory = append(memory, b)
	}
	return memory, rows.Err()
}

// Mark returns where the next incremental read begins; false before the first
// full run has completed.
func (m *LinkMap) Mark(ctx context.Context, s Scope) (mark Mark, ok bool, err error) {
	args, err := m.args(ctx, s)
	if err != nil {
		return mark, false, err
	}
	var micros int64
	err = m.db.Read().QueryRow(ctx, m.sql.loadMark, args...).Scan(&micros, &mark.Fingerprint)
	if errors.Is(err, db.ErrNoRows) {
		return mark, false, nil
	}
	if err != nil {
		return mark, false, fmt.Errorf("link map, mark: %w", err)
	}
	mark.At = time.UnixMicro(micros).UTC()
	return mark, true, nil
}
