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
	return OutcomeRecorder{write: Write(k, "row_outcomes", func(ctx context.Context, tx db.Tx, by engine.WriteInfo, rows []outcome.Row) error {
		return store.Write(ctx, tx, outcome.By{Workspace: by.Workspace, Execution: by.Execution, Key: by.Key}, rows)
	})}
}

// OutcomeRecorder tells what happened to rows.
type OutcomeRecorder struct{ write engine.Write[[]outcome.Row] }

// outcomesAtOnce keeps one write below what may be attached at once.
const outcomesAtOnce = 200

// Record keeps what happened to rows; it commits with the step's result.
func (r OutcomeRecorder) Record(ctx context.Context, rows ...outcome.Row) error {
	for part := range slices.Chunk(rows, outcomesAtOnce) {
		short := make([]outcome.Row, len(part))
		for i, row := range part {
			short[i] = row.Cut()
		}
		if err := r.write.Attach(ctx, short); err != nil {
			return err
		}
	}
	return nil
}
