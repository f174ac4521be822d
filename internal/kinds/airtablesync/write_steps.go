package airtablesync

import (
	"context"
	"maps"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// writing is one batch on its way.
type writing struct {
	plan    Plan
	pair    Pair
	changes []RowChange
	targets Targets // of the rows that the batch links to
	pass    string
	calls   int64
}

// writeBatch writes up to ten rows with one call and notes them in the link
// map. Repeating it finds the rows by their external id.
func (s *targetSteps) writeBatch(ctx context.Context, in batchRequest) (batchWritten, error) {
	w := &writing{pass: in.Pass, targets: Targets{}}
	if err := s.getJSON(ctx, in.Plan, &w.plan); err != nil {
		return batchWritten{}, err
	}
	w.pair = w.plan.Pairs[in.Pair]
	for _, part := range in.Parts {
		rows, err := getRows[RowChange](ctx, s.Kind, part.Ref, part.From, part.To)
		if err != nil {
			return batchWritten{}, err
		}
		w.changes = append(w.changes, rows...)
	}
	for to, ids := range w.pair.wanted(w.changes) {
		var err error
		if w.targets[to], err = s.links.Targets(ctx, scopeOf(ctx, to), ids); err != nil {
			return batchWritten{}, err
		}
	}
	result, open, err := s.upsert(ctx, w)
	if err != nil {
		return batchWritten{}, s.explain(ctx, err, w.pair.Target)
	}
	written, batch := w.pair.writtenRows(w.changes, open, result, in.Pass)
	batch.Calls = w.calls
	return batch, engine.Attach(ctx, s.links.Wrote(scope(ctx, w.pair), written))
}

// upsert makes the call. Where it meets a row that somebody deleted in the
// target, it asks which ones exist: such a row is created again, and a link to
// such a row is left open until a full run has created that one.
func (s *targetSteps) upsert(ctx context.Context, w *writing) (*airtable.UpsertResult, []openLinks, error) {
	request, open := w.pair.upsertOf(w.changes, w.targets, w.pass)
	result, err := s.call(ctx, w, request)
	if !gone(err) {
		return result, open, err
	}
	if err := s.dropGone(ctx, w); err != nil {
		return nil, nil, err
	}
	request, open = w.pair.upsertOf(w.changes, w.targets, w.pass)
	result, err = s.call(ctx, w, request)
	return result, open, err
}

func gone(err error) bool { return failure.CodeOf(err) == airtable.CodeRowDoesNotExist }

func (s *targetSteps) call(ctx context.Context, w *writing, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	side := w.pair.Target
	tok, err := s.token(ctx, side.APIKey)
	if err != nil {
		return nil, err
	}
	w.calls++
	result, err := s.options.Airtable.Upsert(ctx, tok, side.Base, side.Table, r)
	if err == nil && len(result.Records) != len(r.Records) {
		return nil, failure.New(failure.UnknownOutcome, airtable.CodeBadAnswer,
			"Airtable answered %d rows of table %q to a write of %d", len(result.Records), side.Name, len(r.Records))
	}
	return result, err
}

// dropGone forgets those rows, of the batch and linked by it, that no longer
// exist in the target.
func (s *targetSteps) dropGone(ctx context.Context, w *writing) error {
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
		w.changes[i].Target = own[w.changes[i].Source]
	}
	for _, pair := range w.plan.Pairs {
		if err := s.keepExisting(ctx, w, pair, w.targets[pair.Key()]); err != nil {
			return err
		}
	}
	return nil
}

func (s *targetSteps) keepExisting(ctx context.Context, w *writing, pair Pair, targets map[airtable.RecordID]airtable.RecordID) error {
	there, calls, err := s.existing(ctx, pair, slices.Collect(maps.Values(targets)))
	w.calls += calls
	if err != nil {
		return err
	}
	maps.DeleteFunc(targets, func(_, target airtable.RecordID) bool { return !there[target] })
	return nil
}

// existing asks which rows of a target table exist, a hundred at a time.
func (s *targetSteps) existing(ctx context.Context, pair Pair, ids []airtable.RecordID) (map[airtable.RecordID]bool, int64, error) {
	there, calls := map[airtable.RecordID]bool{}, int64(0)
	tok, err := s.token(ctx, pair.Target.APIKey)
	if err != nil {
		return nil, 0, err
	}
	for len(ids) > 0 {
		n := min(len(ids), airtable.MaxPageSize)
		params := airtable.ListParams{FilterByFormula: airtable.AnyRecord(ids[:n]),
			Fields: []string{string(pair.ExternalID)}, ReturnFieldsByFieldID: true}
		ids = ids[n:]
		for more := true; more; more = params.Offset != "" {
			calls++
			page, err := s.options.Airtable.List(ctx, tok, pair.Target.Base, pair.Target.Table, params)
			if err != nil {
				return nil, calls, err
			}
			for _, r := range page.Records {
				there[r.ID] = true
			}
			params.Offset = page.Offset
		}
	}
	return there, calls, nil
}
