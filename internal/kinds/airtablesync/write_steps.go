package airtablesync

import (
	"context"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// writeSteps write target rows.
type writeSteps struct{ tools }

// batchRequest asks to write up to ten rows.
type batchRequest struct {
	Plan  kind.Ref  `json:"plan"`
	Pair  int       `json:"pair"`
	Parts []part    `json:"parts"` // of plan.RowChange
	Pass  plan.Pass `json:"pass"`
}

// batchWritten counts what a batch did.
type batchWritten struct {
	plan.BatchCounts
	Calls int64 `json:"calls"`
}

// writing is a batch under way.
type writing struct {
	plan    plan.Plan
	pair    plan.Pair
	changes []plan.RowChange
	targets plan.Counterparts // of the rows that the batch links to
	pass    plan.Pass
	open    []plan.OpenLinks
	// answered says that Airtable has told what it did with the rows.
	answered bool
	calls    int64
}

// writeBatch writes up to ten rows with one call and notes them in the link
// map. Repeating it finds the rows by their external ID.
func (s writeSteps) writeBatch(ctx context.Context, in batchRequest) (batchWritten, error) {
	w, err := s.begin(ctx, in)
	if err != nil {
		return batchWritten{}, err
	}
	result, err := s.upsert(ctx, w)
	if err != nil {
		return batchWritten{}, s.airtable.explain(ctx, err, w.pair.Target)
	}
	rows, counts, losses := plan.Write{Pair: w.pair, Pass: w.pass, Changes: w.changes, Open: w.open, Targets: w.targets,
		Records: result.Records, Created: result.Created, First: w.answered && firstAttempt(ctx)}.Outcome()
	if err := s.links.Wrote(ctx, w.pair.Key(), rows); err != nil {
		return batchWritten{}, err
	}
	losses = append(plan.LostLinks(w.pair, w.changes, w.targets, in.Pass), losses...)
	return batchWritten{BatchCounts: counts, Calls: w.calls}, s.outcomes.Record(ctx, reduced(w.pair, losses)...)
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

// upsert makes the call. If it meets a row that someone has deleted in the
// target, it asks which ones exist: such a row is created again, and a link to
// one is left open until a full run has created that row again.
func (s writeSteps) upsert(ctx context.Context, w *writing) (*airtable.UpsertResult, error) {
	result, err := s.call(ctx, w)
	if failure.CodeOf(err) != airtable.CodeRowDoesNotExist {
		return result, err
	}
	if err := s.dropGone(ctx, w); err != nil {
		return nil, err
	}
	return s.call(ctx, w)
}

func (s writeSteps) call(ctx context.Context, w *writing) (*airtable.UpsertResult, error) {
	var r airtable.UpsertRequest
	r, w.open = plan.Upsert(w.pair, w.changes, w.targets, w.pass)
	side := w.pair.Target
	tok, err := s.airtable.token(ctx, side)
	if err != nil {
		return nil, err
	}
	w.calls++
	result, err := s.airtable.client.Upsert(ctx, tok, side.Base, side.Table, r)
	if failure.CodeOf(err) == airtable.CodeBadResponse || err == nil && len(result.Records) != len(r.Records) {
		return s.readBack(ctx, tok, w)
	}
	w.answered = true
	return result, err
}

// readBack finds out what a write has led to whose answer tells nothing: the rows
// are found by their external IDs.
func (s writeSteps) readBack(ctx context.Context, tok airtable.Token, w *writing) (*airtable.UpsertResult, error) {
	w.calls++
	var ids []string
	for _, c := range w.changes {
		ids = append(ids, w.pair.ExternalIDOf(c.Source))
	}
	side := w.pair.Target
	page, err := s.airtable.client.List(ctx, tok, side.Base, side.Table, airtable.ListParams{ReturnFieldsByFieldID: true,
		Fields: w.pair.TargetFields(), FilterByFormula: airtable.AnyText(w.pair.ExternalName, ids)})
	if err != nil {
		return nil, err
	}
	records, ok := plan.ReadBack(w.pair, w.changes, page.Records)
	if !ok {
		return nil, failure.New(failure.UnknownOutcome, airtable.CodeBadResponse,
			"Airtable did not say which rows of table %q it has written, and not all %d are there", side.Name, len(ids))
	}
	return &airtable.UpsertResult{Records: records}, nil
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
