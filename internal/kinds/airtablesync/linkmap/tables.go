package linkmap

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// tables is one pair of tables within a transaction.
type tables struct {
	ctx   context.Context
	tx    db.Tx
	sql   *linkStatements
	key   int64
	last  int64 // the last id of a pair of rows
	added bool
}

// tables finds a pair of tables and adds it when it is new.
func (m *LinkMap) tables(ctx context.Context, tx db.Tx, s Scope) (*tables, error) {
	workspace, err := tx.Workspace(ctx, s.Workspace)
	if err != nil {
		return nil, err
	}
	t := &tables{ctx: ctx, tx: tx, sql: &m.sql}
	err = tx.QueryRow(ctx, m.sql.findTables, workspace, s.Workflow, s.Pair).Scan(&t.key, &t.last)
	if errors.Is(err, db.ErrNoRows) {
		err = tx.QueryRow(ctx, m.sql.addTables, workspace, s.Workflow, s.Pair).Scan(&t.key, &t.last)
	}
	if err != nil {
		return nil, fmt.Errorf("link map, the tables %s of %s: %w", s.Pair, s.Workflow, err)
	}
	return t, nil
}

// exec runs a statement whose first argument is the key; it returns the number of
// its rows.
func (t *tables) exec(sql string, args ...any) (int64, error) {
	return t.tx.Exec(t.ctx, sql, append([]any{t.key}, args...)...)
}

// add runs a statement that adds a pair of rows. Its second argument is the id.
func (t *tables) add(sql string, args ...any) error {
	t.last, t.added = t.last+1, true
	_, err := t.exec(sql, append([]any{t.last}, args...)...)
	return err
}

// keepCount notes which ids are given.
func (t *tables) keepCount() error {
	if !t.added {
		return nil
	}
	_, err := t.exec(t.sql.countIDs, t.last)
	return err
}

func (t *tables) sweep(sweep string, r Swept) error {
	found, err := t.exec(t.sql.sweepPair, string(r.Source), sweep)
	switch {
	case err != nil:
		return err
	case found == 0:
		return t.add(t.sql.addLeft, string(r.Source), sweep)
	case r.Intended:
		_, err = t.exec(t.sql.intendPair, string(r.Source))
	case len(r.Left) > 0:
		_, err = t.exec(t.sql.settlePair, string(r.Source), []byte(r.Left), flag(r.Agreed))
	}
	return err
}

func (t *tables) list(listing string, r Listed) error {
	source, target, seen := string(r.Source), string(r.Target), bytesOrNull(r.Seen)
	found, err := t.exec(t.sql.listKnown, source, target, listing, seen, bytesOrNull(r.Right))
	if err != nil || found > 0 {
		return err
	}
	if err := t.free(r.Target, r.Source); err != nil {
		return err
	}
	found, err = t.exec(t.sql.listOther, source, target, listing, seen)
	if err != nil || found > 0 {
		return err
	}
	return t.add(t.sql.addBoth, source, target, listing, seen)
}

// free takes a target row out of any other pair.
func (t *tables) free(target, source airtable.RecordID) error {
	_, err := t.exec(t.sql.freeRight, string(target), string(source))
	return err
}

func (t *tables) wrote(r Written) error {
	if err := t.free(r.Target, r.Source); err != nil {
		return err
	}
	made := int64(-1)
	if r.Whose != plan.AsBefore {
		made = flag(r.Whose == plan.Ours)
	}
	args := []any{string(r.Source), string(r.Target), made, bytesOrNull(r.Left), bytesOrNull(r.Right), int64(r.Losses), flag(r.Owed)}
	found, err := t.exec(t.sql.writePair, args...)
	if err != nil || found > 0 {
		return err
	}
	if err := t.add(t.sql.addLeft, string(r.Source), ""); err != nil {
		return err
	}
	_, err = t.exec(t.sql.writePair, args...)
	return err
}

func (t *tables) owe(source airtable.RecordID) error {
	_, err := t.exec(t.sql.owePair, string(source))
	return err
}

func (t *tables) forget(source airtable.RecordID) error {
	_, err := t.exec(t.sql.forgetPair, string(source))
	return err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// bytesOrNull makes nil of hashes that are unknown: NULL.
func bytesOrNull(h plan.CellHashes) any {
	if len(h) == 0 {
		return nil
	}
	return []byte(h)
}
