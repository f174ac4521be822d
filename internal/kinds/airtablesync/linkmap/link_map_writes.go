package linkmap

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Every write of the link map is idempotent, as engine.Attach demands.

// Sweep notes that the sweep has seen these source rows, and so the intention to
// write those that are new.
func (m *LinkMap) Sweep(s Scope, sweep string, ids []airtable.RecordID) db.Write {
	return eachRow(m, s, m.sql.sweepLink, ids, func(id airtable.RecordID) []any { return []any{string(id), sweep} })
}

// Wrote notes what was written.
func (m *LinkMap) Wrote(s Scope, rows []Written) db.Write {
	return eachRow(m, s, m.sql.writeLink, rows, func(r Written) []any {
		return []any{string(r.Source), string(r.Target), r.Hash, r.Answer}
	})
}

// List notes what a listing of the target found.
func (m *LinkMap) List(s Scope, listing string, rows []Listed) db.Write {
	return eachRow(m, s, m.sql.listLink, rows, func(r Listed) []any {
		return []any{string(r.Source), string(r.Target), listing, r.Hash, r.Answer}
	})
}

// Forget drops rows whose target was deleted.
func (m *LinkMap) Forget(s Scope, sources []airtable.RecordID) db.Write {
	return eachRow(m, s, m.sql.forgetLink, sources, func(id airtable.RecordID) []any { return []any{string(id)} })
}

// Clean drops lines that no sweep and no listing has seen.
func (m *LinkMap) Clean(s Scope, sweep, listing string) db.Write {
	return eachRow(m, s, m.sql.cleanLinks, []string{sweep}, func(string) []any { return []any{sweep, listing} })
}

// SaveMark moves the mark of a pair.
func (m *LinkMap) SaveMark(s Scope, mark Mark) db.Write {
	return eachRow(m, s, m.sql.saveMark, []Mark{mark}, func(Mark) []any { return []any{mark.At.UnixMicro(), mark.Fingerprint} })
}

// eachRow runs a statement for each row; args are its arguments after the pair.
func eachRow[R any](m *LinkMap, s Scope, sql string, rows []R, args func(R) []any) db.Write {
	return func(ctx context.Context, tx db.Tx) error {
		pair, err := m.pair(ctx, tx, s)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if _, err := tx.Exec(ctx, sql, append([]any{pair}, args(r)...)...); err != nil {
				return err
			}
		}
		return nil
	}
}

// pair returns the key of a pair and adds the pair when it is new.
func (m *LinkMap) pair(ctx context.Context, tx db.Tx, s Scope) (key int64, err error) {
	workspace, err := tx.Workspace(ctx, s.Workspace)
	if err != nil {
		return 0, err
	}
	err = tx.QueryRow(ctx, m.sql.findPair, workspace, s.Workflow, s.Pair).Scan(&key)
	if errors.Is(err, db.ErrNoRows) {
		err = tx.QueryRow(ctx, m.sql.addPair, workspace, s.Workflow, s.Pair).Scan(&key)
	}
	if err != nil {
		return 0, fmt.Errorf("link map, the pair %s of %s: %w", s.Pair, s.Workflow, err)
	}
	return key, nil
}
