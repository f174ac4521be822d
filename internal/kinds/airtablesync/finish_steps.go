package airtablesync

import (
	"context"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
)

// finishSteps end a run.
type finishSteps struct{ tools }

// completeRequest ends a run: its marks become valid.
type completeRequest struct {
	Plan    blob.Ref        `json:"plan"`
	Pairs   []completedPair `json:"pairs"`
	Summary Summary         `json:"summary"`
}

// completedPair is what a run leaves behind for the next one.
type completedPair struct {
	Pair    int       `json:"pair"`
	Mark    time.Time `json:"mark"`            // zero: unknown
	Sweep   string    `json:"sweep,omitempty"` // of a full run
	Listing string    `json:"listing,omitempty"`
}

// completeRun makes the marks of all pairs valid, drops what the link map no
// longer needs, and ends the run.
func (s finishSteps) completeRun(ctx context.Context, in completeRequest) (engine.None, error) {
	p, err := s.readPlan(ctx, in.Plan)
	if err != nil {
		return engine.None{}, err
	}
	for _, done := range in.Pairs {
		pair := p.Pairs[done.Pair]
		if !done.Mark.IsZero() { // without Airtable's clock, the next run reads everything again
			mark := linkmap.Mark{At: done.Mark, Fingerprint: pair.Fingerprint()}
			if err := engine.Attach(ctx, s.links.SaveMark(scope(ctx, pair), mark)); err != nil {
				return engine.None{}, err
			}
		}
		if done.Sweep == "" {
			continue // an incremental run does not see every row
		}
		if err := engine.Attach(ctx, s.links.Clean(scope(ctx, pair), done.Sweep, done.Listing)); err != nil {
			return engine.None{}, err
		}
	}
	return engine.None{}, record(ctx, EventRunCompleted, RunCompleted{Summary: in.Summary})
}
