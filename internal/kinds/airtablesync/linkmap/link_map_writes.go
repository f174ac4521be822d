package linkmap

import (
	"context"
	"errors"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// writes are what steps attach to their results. Every one is idempotent, as the
// engine demands. The pair is one of the workflow that the step belongs to.
type writes struct {
	sweep    engine.Write[swept]
	wrote    engine.Write[written]
	list     engine.Write[listed]
	forget   engine.Write[forgotten]
	complete engine.Write[Completed]
}

type swept struct {
	Pair  string              `json:"pair"`
	Sweep string              `json:"sweep"`
	Rows  []airtable.RecordID `json:"rows"`
}

type written struct {
	Pair string    `json:"pair"`
	Rows []Written `json:"rows"`
}

type listed struct {
	Pair    string   `json:"pair"`
	Listing string   `json:"listing"`
	Rows    []Listed `json:"rows"`
}

type forgotten struct {
	Pair string              `json:"pair"`
	Rows []airtable.RecordID `json:"rows"`
}

// Completed is what a run that has completed leaves behind for the next one.
type Completed struct {
	Pair string `json:"pair"`
	// Mark is where the next incremental read begins. Nil leaves it as it was.
	Mark *Mark `json:"mark,omitempty"`
	// Sweep and Listing are those of a full run: what neither has seen is dropped.
	// Empty for an incremental run, which does not see every row.
	Sweep   string `json:"sweep,omitempty"`
	Listing string `json:"listing,omitempty"`
}

// Declare declares the link map's writes as those of a kind.
func (m *LinkMap) Declare(k *kind.Kind) {
	m.writes = writes{
		sweep: kind.Write(k, "sweep_links", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d swept) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), m.sql.sweepLink, d.Rows, func(id airtable.RecordID) []any { return []any{string(id), d.Sweep} })
		}),
		wrote: kind.Write(k, "write_links", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d written) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), m.sql.writeLink, d.Rows, func(r Written) []any {
				return []any{string(r.Source), string(r.Target), r.Hash, r.Response}
			})
		}),
		list: kind.Write(k, "list_links", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d listed) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), m.sql.listLink, d.Rows, func(r Listed) []any {
				return []any{string(r.Source), string(r.Target), d.Listing, r.Hash, r.Response}
			})
		}),
		forget: kind.Write(k, "forget_links", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d forgotten) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), m.sql.forgetLink, d.Rows, func(id airtable.RecordID) []any { return []any{string(id)} })
		}),
		complete: kind.Write(k, "complete_pair", m.completePair),
	}
}

// Sweep notes that the sweep has seen these source rows, and so the intention to
// write those that are new.
func (m *LinkMap) Sweep(ctx context.Context, pair, sweep string, rows []airtable.RecordID) error {
	return m.writes.sweep.Attach(ctx, swept{Pair: pair, Sweep: sweep, Rows: rows})
}

// Wrote notes what was written.
func (m *LinkMap) Wrote(ctx context.Context, pair string, rows []Written) error {
	return m.writes.wrote.Attach(ctx, written{Pair: pair, Rows: rows})
}

// List notes what a listing of the target found.
func (m *LinkMap) List(ctx context.Context, pair, listing string, rows []Listed) error {
	return m.writes.list.Attach(ctx, listed{Pair: pair, Listing: listing, Rows: rows})
}

// Forget drops rows whose target was deleted.
func (m *LinkMap) Forget(ctx context.Context, pair string, sources []airtable.RecordID) error {
	return m.writes.forget.Attach(ctx, forgotten{Pair: pair, Rows: sources})
}

// Complete ends a run of a pair.
func (m *LinkMap) Complete(ctx context.Context, done Completed) error {
	return m.writes.complete.Attach(ctx, done)
}

func (m *LinkMap) completePair(ctx context.Context, tx db.Tx, by engine.WriteInfo, done Completed) error {
	pair, err := m.pair(ctx, tx, within(by, done.Pair))
	if err != nil {
		return err
	}
	if done.Mark != nil {
		if _, err := tx.Exec(ctx, m.sql.saveMark, pair, done.Mark.At.UnixMicro(), done.Mark.Fingerprint); err != nil {
			return err
		}
	}
	if done.Sweep == "" {
		return nil
	}
	_, err = tx.Exec(ctx, m.sql.cleanLinks, pair, done.Sweep, done.Listing)
	return err
}

// within returns the scope of a pair of the workflow that a step belongs to.
func within(by engine.WriteInfo, pair string) Scope {
	return Scope{Workspace: by.Workspace, Workflow: by.Definition, Pair: pair}
}

// eachRow runs a statement for each row; args are its arguments after the pair.
func eachRow[R any](ctx context.Context, tx db.Tx, m *LinkMap, s Scope, sql string, rows []R, args func(R) []any) error {
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
