package linkmap

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// writes are what steps attach to their results. Every one is idempotent, as the
// engine demands. The pair is one of the workflow that the step belongs to.
type writes struct {
	sweep    engine.Write[swept]
	wrote    engine.Write[written]
	list     engine.Write[listed]
	owe      engine.Write[named]
	forget   engine.Write[named]
	complete engine.Write[Completed]
}

type swept struct {
	Pair  string  `json:"pair"`
	Sweep string  `json:"sweep"`
	Rows  []Swept `json:"rows"`
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

type named struct {
	Pair string              `json:"pair"`
	Rows []airtable.RecordID `json:"rows"`
}

// Completed is what a run that has completed leaves behind for the next one.
type Completed struct {
	Pair string `json:"pair"`
	// Mark is where the next incremental read begins. Nil leaves it as it was.
	Mark *Mark `json:"mark,omitempty"`
	// Bound is what the names of the configuration meant. Nil leaves it as it was.
	Bound *plan.Bound `json:"bound,omitempty"`
	// Sweep and Listing are those of a full run: what neither has seen is dropped.
	// Empty for an incremental run, which does not see every row.
	Sweep   string `json:"sweep,omitempty"`
	Listing string `json:"listing,omitempty"`
}

// Declare declares the link map's writes as those of a kind.
func (m *LinkMap) Declare(k *kind.Kind) {
	m.writes = writes{
		sweep: kind.Write(k, "sweep_pairs", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d swept) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), d.Rows, func(t *tables, r Swept) error { return t.sweep(d.Sweep, r) })
		}),
		wrote: kind.Write(k, "write_pairs", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d written) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), d.Rows, (*tables).wrote)
		}),
		list: kind.Write(k, "list_pairs", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d listed) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), d.Rows, func(t *tables, r Listed) error { return t.list(d.Listing, r) })
		}),
		owe: kind.Write(k, "owe_pairs", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d named) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), d.Rows, (*tables).owe)
		}),
		forget: kind.Write(k, "forget_pairs", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, d named) error {
			return eachRow(ctx, tx, m, within(by, d.Pair), d.Rows, (*tables).forget)
		}),
		complete: kind.Write(k, "complete_pair", m.completePair),
	}
}

// rowsAtOnce bounds the rows of one attached write. Hashes of a thousand cells for
// each fit into engine.MaxValueBytes.
const rowsAtOnce = 10

// Sweep notes that the sweep has seen these source rows, and so the intention to
// write those that are new.
func (m *LinkMap) Sweep(ctx context.Context, pair, sweep string, rows []Swept) error {
	return attachEach(rows, func(some []Swept) error {
		return m.writes.sweep.Attach(ctx, swept{Pair: pair, Sweep: sweep, Rows: some})
	})
}

// Wrote notes what was written.
func (m *LinkMap) Wrote(ctx context.Context, pair string, rows []Written) error {
	return attachEach(rows, func(some []Written) error { return m.writes.wrote.Attach(ctx, written{Pair: pair, Rows: some}) })
}

// List notes what a listing of the target found.
func (m *LinkMap) List(ctx context.Context, pair, listing string, rows []Listed) error {
	return attachEach(rows, func(some []Listed) error {
		return m.writes.list.Attach(ctx, listed{Pair: pair, Listing: listing, Rows: some})
	})
}

func attachEach[R any](rows []R, attach func([]R) error) error {
	for some := range slices.Chunk(rows, rowsAtOnce) {
		if err := attach(some); err != nil {
			return err
		}
	}
	return nil
}

// Owe notes that the target rows lack something that their source rows have.
func (m *LinkMap) Owe(ctx context.Context, pair string, sources []airtable.RecordID) error {
	return m.writes.owe.Attach(ctx, named{Pair: pair, Rows: sources})
}

// Forget drops rows whose target was deleted.
func (m *LinkMap) Forget(ctx context.Context, pair string, sources []airtable.RecordID) error {
	return m.writes.forget.Attach(ctx, named{Pair: pair, Rows: sources})
}

// Complete ends a run of a pair.
func (m *LinkMap) Complete(ctx context.Context, done Completed) error {
	return m.writes.complete.Attach(ctx, done)
}

func (m *LinkMap) completePair(ctx context.Context, tx db.Tx, by engine.WriteInfo, done Completed) error {
	t, err := m.tables(ctx, tx, within(by, done.Pair))
	if err != nil {
		return err
	}
	if done.Mark != nil {
		if _, err := t.exec(m.sql.saveMark, done.Mark.At.UnixMicro(), done.Mark.Fingerprint); err != nil {
			return err
		}
	}
	if done.Bound != nil {
		raw, err := json.Marshal(done.Bound)
		if err != nil {
			return err
		}
		if _, err := t.exec(m.sql.saveBound, json.RawMessage(raw)); err != nil {
			return err
		}
	}
	if done.Sweep == "" {
		return nil
	}
	_, err = t.exec(m.sql.cleanPairs, done.Sweep, done.Listing)
	return err
}

// within returns the scope of a pair of the workflow that a step belongs to.
func within(by engine.WriteInfo, pair string) Scope {
	return Scope{Workspace: by.Workspace, Workflow: by.Definition, Pair: pair}
}

// eachRow writes the rows of a pair of tables.
func eachRow[R any](ctx context.Context, tx db.Tx, m *LinkMap, s Scope, rows []R, write func(*tables, R) error) error {
	t, err := m.tables(ctx, tx, s)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := write(t, r); err != nil {
			return err
		}
	}
	return t.keepCount()
}
