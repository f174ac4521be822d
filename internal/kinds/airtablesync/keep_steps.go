package airtablesync

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

// keepSteps put what the workflow function knows into blobs, and take it out
// again: one generation keeps, another one loads. Repeating them has no effect
// but a blob that nobody names, which goes with the execution.
type keepSteps struct{ tools }

// keepRequest asks to keep rows of JSON, which together fit into a step's input.
type keepRequest struct {
	Rows []json.RawMessage `json:"rows"`
}

// rowsKept refers to the rows.
type rowsKept struct {
	Rows kind.Ref `json:"rows"`
}

func (s keepSteps) keepRows(ctx context.Context, in keepRequest) (rowsKept, error) {
	ref, err := kind.PutRows(ctx, s.blobs, in.Rows)
	return rowsKept{Rows: ref}, err
}

// rowsLoaded are rows of JSON that were kept.
type rowsLoaded struct {
	Rows []json.RawMessage `json:"rows"`
}

func (s keepSteps) loadRows(ctx context.Context, in part) (rowsLoaded, error) {
	rows, err := kind.Rows[json.RawMessage](ctx, s.blobs, in.Ref, in.From, in.To)
	return rowsLoaded{Rows: rows}, err
}

// keepRows keeps values, so that loadRows finds each under its number.
func keepRows[T any](run engine.Run, s steps, values []T) (kind.Ref, error) {
	var in keepRequest
	for _, v := range values {
		raw, err := json.Marshal(v)
		if err != nil {
			return kind.Ref{}, err
		}
		in.Rows = append(in.Rows, raw)
	}
	kept, err := s.keepRows.Do(run, in)
	return kept.Rows, err
}

// loadRows loads values that keepRows has kept.
func loadRows[T any](run engine.Run, s steps, of part) ([]T, error) {
	loaded, err := s.loadRows.Do(run, of)
	if err != nil {
		return nil, err
	}
	values := make([]T, len(loaded.Rows))
	for i, raw := range loaded.Rows {
		if err := json.Unmarshal(raw, &values[i]); err != nil {
			return nil, unreadableState(err)
		}
	}
	return values, nil
}
