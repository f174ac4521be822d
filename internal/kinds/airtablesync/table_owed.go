package airtablesync

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// readsChanges reports whether some table is not read in full.
func (j *job) readsChanges() bool {
	for _, t := range j.tables {
		if t.Figures.Mode != ModeFull {
			return true
		}
	}
	return false
}

// writeOwed writes what the target lacks of rows that have not changed in the
// source: links to rows that were made in this run, and cells that Airtable has
// dropped. A full run compares all rows, and finds them by itself.
func (t *tableSync) writeOwed(run engine.Run) error {
	if !t.Owing.Known || t.Figures.Mode == ModeFull {
		return nil
	}
	for !t.Owing.Read && !run.HistoryLong() {
		if err := t.readOwed(run); err != nil {
			return err
		}
	}
	return t.syncRead(run)
}

// readOwed finds the next hundred rows, or reads them.
func (t *tableSync) readOwed(run engine.Run) error {
	if len(t.Owing.Rows) > 0 {
		_, err := t.fetch(run, &t.Owing.Lookup, pageRequest{PageSize: owedAtOnce, IDs: t.Owing.Rows})
		if t.Owing.Lookup.At.Done {
			t.Owing.Rows = nil
		}
		return err
	}
	found, err := about(t.job.steps.findOwed, t.name).Do(run, owedRequest{Plan: t.job.Plan, Pair: t.pair, After: t.Owing.After})
	if err != nil {
		return err
	}
	t.Owing.Rows, t.Owing.Lookup = found.Rows, reading{At: airtable.StartAll()}
	if n := len(found.Rows); n > 0 {
		t.Owing.After = found.Rows[n-1]
	} else {
		t.Owing.Read = true
	}
	return nil
}

// syncRead compares and writes what was read beside the table's own listing.
func (t *tableSync) syncRead(run engine.Run) error {
	if err := t.compare(run); err != nil {
		return err
	}
	if err := t.write(run, plan.PassRows); err != nil {
		return err
	}
	return t.write(run, plan.PassLinks)
}
