package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// owedSteps find rows of which the target lacks something.
type owedSteps struct{ tools }

// owedAtOnce is how many rows are looked up with one call.
const owedAtOnce = 100

// owedRequest asks for the next rows, behind one.
type owedRequest struct {
	Plan  kind.Ref          `json:"plan"`
	Pair  int               `json:"pair"`
	After airtable.RecordID `json:"after,omitempty"`
}

// owedFound lists source rows in order.
type owedFound struct {
	Rows []airtable.RecordID `json:"rows,omitempty"`
}

// findOwed looks into the link map. Repeating it has no effect.
func (s owedSteps) findOwed(ctx context.Context, in owedRequest) (owedFound, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return owedFound{}, err
	}
	rows, err := s.links.Owed(ctx, scope(ctx, pair.Key()), in.After, owedAtOnce)
	return owedFound{Rows: rows}, err
}
