package kind

import (
	"context"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// RowOutcomes declares that the kind's steps tell what happened to single rows;
// see package outcome. It is called once for a kind.
func RowOutcomes(k *Kind) OutcomeRecorder {
	store := &outcome.Store{}
	k.outcomes = store
	return OutcomeRecorder{write: Write(k, "row_outcomes", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, batch outcome.Batch) error {
		return store.Write(ctx, tx, outcome.By{Workspace: by.Workspace, Execution: by.Execution, Definition: by.Definition, Key: by.Key}, batch)
	})}
}

// OutcomeRecorder tells what happened to rows.
type OutcomeRecorder struct{ write engine.Write[outcome.Batch] }

// outcomesAtOnce keeps one write below what may be attached at once.
const outcomesAtOnce = 200

// Record keeps what happened to rows; it commits with the step's result.
func (r OutcomeRecorder) Record(ctx context.Context, rows ...outcome.Row) error {
	for part := range slices.Chunk(rows, outcomesAtOnce) {
		var batch outcome.Batch
		for _, row := range part {
			row.Message = engine.Hidden(ctx, row.Message)
			batch.Rows = append(batch.Rows, row.Cut())
		}
		if err := r.write.Attach(ctx, batch); err != nil {
			return err
		}
	}
	return nil
}

// Count counts rows that are not told of one by one.
func (r OutcomeRecorder) Count(ctx context.Context, more outcome.Count) error {
	return r.write.Attach(ctx, outcome.Batch{More: []outcome.Count{more.Cut()}})
}
