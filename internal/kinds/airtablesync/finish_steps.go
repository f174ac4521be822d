package airtablesync

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
)

// finishSteps end a run.
type finishSteps struct{ tools }

// completeRequest ends a run: its marks become valid.
type completeRequest struct {
	Plan  kind.Ref        `json:"plan"`
	Pairs []completedPair `json:"pairs"`
}

// completedPair is what a run leaves behind for the next one.
type completedPair struct {
	Pair    int       `json:"pair"`
	Mark    time.Time `json:"mark"`            // zero: unknown
	Sweep   string    `json:"sweep,omitempty"` // of a full run
	Listing string    `json:"listing,omitempty"`
}

// completeRun makes the marks of all pairs valid and drops what the link map no
// longer needs.
func (s finishSteps) completeRun(ctx context.Context, in completeRequest) (engine.None, error) {
	p, err := s.readPlan(ctx, in.Plan)
	if err != nil {
		return engine.None{}, err
	}
	for _, done := range in.Pairs {
		pair := p.Pairs[done.Pair]
		left := linkmap.Completed{Pair: pair.Key(), Bound: &pair.Bound, Sweep: done.Sweep, Listing: done.Listing}
		if !done.Mark.IsZero() { // without Airtable's clock, the next run reads everything again
			left.Mark = &linkmap.Mark{At: done.Mark, Fingerprint: pair.Fingerprint()}
		}
		if err := s.links.Complete(ctx, left); err != nil {
			return engine.None{}, err
		}
	}
	return engine.None{}, nil
}
