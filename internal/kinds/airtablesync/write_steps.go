package airtablesync

import (
	"context"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// writeSteps write target rows.
type writeSteps struct{ tools }

// batchRequest asks to write up to ten rows.
type batchRequest struct {
	Plan  kind.Ref  `json:"plan"`
	Pair  int       `json:"pair"`
	Parts []part    `json:"parts"` // of plan.RowChange
	Pass  plan.Pass `json:"pass"`
	// Owe says that some table is not read in full: rows that link to a row which
	// is made here must be noted.
	Owe bool `json:"owe,omitempty"`
}

// batchWritten counts what a batch did.
type batchWritten struct {
	plan.BatchCounts
	Calls int64 `json:"calls"`
	Owes  []int `json:"owes,omitempty"` // pairs of which rows link to rows that were made
}

// writing is a batch under way.
type writing struct {
	plan    plan.Plan
	pair    plan.Pair
	changes []plan.RowChange
	targets plan.Counterparts // of the rows that the batch links to
	pass    plan.Pass
	open    []plan.OpenLinks
	records []airtable.Record // as the calls left them
	created []airtable.RecordID
	// unclear says that an answer did not tell what has become of the rows.
	unclear bool
	calls   int64
}

// writeBatch writes up to ten rows, mostly with one call, and notes them in the link
// map. Repeating it finds the rows by their external ID.
func (s writeSteps) writeBatch(ctx context.Context, in batchRequest) (batchWritten, error) {
	w, err := s.begin(ctx, in)
	if err != nil {
		return batchWritten{}, err
	}
	if err := s.upsert(ctx, w); err != nil {
		return batchWritten{}, s.airtable.explain(ctx, err, w.pair.Target)
	}
	write := plan.Write{Pair: w.pair, Pass: w.pass, Changes: w.changes, Open: w.open, Targets: w.targets,
		Records: w.records, Created: w.created, First: !w.unclear && firstAttempt(ctx)}
	rows, counts, losses := write.Outcome()
	if err := s.links.Wrote(ctx, w.pair.Key(), rows); err != nil {
		return batchWritten{}, err
	}
	losses = append(plan.LostLinks(w.pair, w.changes, w.targets, in.Pass), losses...)
	done := batchWritten{BatchCounts: counts, Calls: w.calls}
	if in.Owe {
		if done.Owes, err = s.owe(ctx, w, write.Owes()); err != nil {
			return batchWritten{}, err
		}
	}
	return done, s.outcomes.Record(ctx, reduced(w.pair, losses)...)
}

// owe notes the rows that link to rows which the batch has made.
func (s writeSteps) owe(ctx context.Context, w *writing, owes map[string][]airtable.RecordID) ([]int, error) {
	var pairs []int
	for n, pair := range w.plan.Pairs {
		ids := owes[pair.Key()]
		if len(ids) == 0 {
			continue
		}
		pairs = append(pairs, n)
		for some := range slices.Chunk(ids, owedAtOnce) {
			if err := s.links.Owe(ctx, pair.Key(), some); err != nil {
				return nil, err
			}
		}
	}
	return pairs, nil
}

// firstAttempt reports whether no attempt of the step before this one can have
// reached Airtable. A redrive takes steps up under their keys, and does not know
// what its origin has tried.
func firstAttempt(ctx context.Context) bool {
	info := engine.InStep(ctx)
	return info.Attempt == 1 && info.Root.Execution == info.Execution
}

// begin collects the rows of a batch and the target rows that they link to.
func (s writeSteps) begin(ctx context.Context, in batchRequest) (*writing, error) {
	p, err := s.readPlan(ctx, in.Plan)
	if err != nil {
		return nil, err
	}
	w := &writing{plan: p, pair: p.Pairs[in.Pair], pass: in.Pass, targets: plan.Counterparts{}}
	for _, part := range in.Parts {
		rows, err := kind.Rows[plan.RowChange](ctx, s.blobs, part.Ref, part.From, part.To)
		if err != nil {
			return nil, err
		}
		w.changes = append(w.changes, rows...)
	}
	for to, sources := range plan.LinkedSources(w.pair, w.changes) {
		if w.targets[to], err = s.links.Targets(ctx, scope(ctx, to), sources); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// dropGone forgets the target rows, of the batch and linked by it, that no
// longer exist.
func (s writeSteps) dropGone(ctx context.Context, w *writing) error {
	own := make(map[airtable.RecordID]airtable.RecordID)
	for _, c := range w.changes {
		if c.Target != "" {
			own[c.Source] = c.Target
		}
	}
	if err := s.keepExisting(ctx, w, w.pair, own); err != nil {
		return err
	}
	for i := range w.changes {
		c := &w.changes[i]
		c.Gone = c.Target != "" && own[c.Source] == ""
		c.Target = own[c.Source]
	}
	for _, pair := range w.plan.Pairs {
		if err := s.keepExisting(ctx, w, pair, w.targets[pair.Key()]); err != nil {
			return err
		}
	}
	return nil
}

func (s writeSteps) keepExisting(ctx context.Context, w *writing, pair plan.Pair, targets map[airtable.RecordID]airtable.RecordID) error {
	exists, calls, err := s.airtable.existing(ctx, pair, slices.Collect(maps.Values(targets)))
	w.calls += calls
	if err != nil {
		return err
	}
	maps.DeleteFunc(targets, func(_, target airtable.RecordID) bool { return !exists[target] })
	return nil
}
