package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// goneAtOnce is how many missing rows are looked up with one call.
const goneAtOnce = 100

func (s *targetSteps) countGone(ctx context.Context, in goneRequest) (goneCounted, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return goneCounted{}, err
	}
	rows, missing, err := s.links.Count(ctx, scope(ctx, pair), in.Sweep, in.Listing)
	return goneCounted{Rows: rows, Missing: missing}, err
}

func (s *targetSteps) findGone(ctx context.Context, in goneRequest) (goneFound, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return goneFound{}, err
	}
	gone, err := s.links.Missing(ctx, scope(ctx, pair), in.After, in.Sweep, in.Listing, goneAtOnce)
	return goneFound{Gone: gone}, err
}

func (s *targetSteps) holdDeletes(ctx context.Context, in holdRequest) (engine.None, error) {
	return engine.None{}, record(ctx, EventDeletesHeld, in.Held)
}

// deleteBatch deletes up to ten target rows. What is repeated, or refused
// because a row is gone, first asks which of them still exist.
func (s *targetSteps) deleteBatch(ctx context.Context, in deleteRequest) (batchDeleted, error) {
	pair, err := s.pair(ctx, in.Plan, in.Pair)
	if err != nil {
		return batchDeleted{}, err
	}
	ids, sources := targetsOf(in.Gone)
	result := batchDeleted{Deleted: len(ids)}
	if engine.InStep(ctx).Attempt > 1 {
		err = s.deleteExisting(ctx, pair, ids, &result)
	} else if err = s.deleteThese(ctx, pair, ids, &result); failure.ClassOf(err) == failure.Validation {
		err = s.deleteExisting(ctx, pair, ids, &result)
	}
	if err != nil {
		return result, s.explain(ctx, err, pair.Target)
	}
	if err := engine.Attach(ctx, s.links.Forget(scope(ctx, pair), sources)); err != nil {
		return result, err
	}
	return result, record(ctx, EventRecordsDeleted, RecordsDeleted{Base: pair.Target.Base, Table: pair.Target.Table, Count: len(ids)})
}

func targetsOf(gone []linkmap.Gone) (targets, sources []airtable.RecordID) {
	for _, g := range gone {
		targets = append(targets, g.Target)
		sources = append(sources, g.Source)
	}
	return targets, sources
}

// deleteExisting deletes those of the rows that still exist.
func (s *targetSteps) deleteExisting(ctx context.Context, pair Pair, ids []airtable.RecordID, result *batchDeleted) error {
	there, calls, err := s.existing(ctx, pair, ids)
	result.Calls += calls
	if err != nil {
		return err
	}
	var left []airtable.RecordID
	for _, id := range ids {
		if there[id] {
			left = append(left, id)
		}
	}
	return s.deleteThese(ctx, pair, left, result)
}

func (s *targetSteps) deleteThese(ctx context.Context, pair Pair, ids []airtable.RecordID, result *batchDeleted) error {
	if len(ids) == 0 {
		return nil
	}
	tok, err := s.token(ctx, pair.Target.APIKey)
	if err != nil {
		return err
	}
	result.Calls++
	_, err = s.options.Airtable.Delete(ctx, tok, pair.Target.Base, pair.Target.Table, ids)
	return err
}

// completeRun makes the marks of all pairs valid and ends the run.
func (s *targetSteps) completeRun(ctx context.Context, in completeRequest) (engine.None, error) {
	var plan Plan
	if err := s.getJSON(ctx, in.Plan, &plan); err != nil {
		return engine.None{}, err
	}
	for _, done := range in.Pairs {
		pair := plan.Pairs[done.Pair]
		if !done.Mark.IsZero() { // Airtable's clock is unknown: the next run reads all again
			mark := linkmap.Mark{At: done.Mark, Fingerprint: pair.Fingerprint()}
			if err := engine.Attach(ctx, s.links.SaveMark(scope(ctx, pair), mark)); err != nil {
				return engine.None{}, err
			}
		}
		if done.Sweep == "" {
			continue // an incremental run has not swept
		}
		if err := engine.Attach(ctx, s.links.Clean(scope(ctx, pair), done.Sweep, done.Listing)); err != nil {
			return engine.None{}, err
		}
	}
	return engine.None{}, record(ctx, EventRunCompleted, RunCompleted{Summary: in.Summary})
}
