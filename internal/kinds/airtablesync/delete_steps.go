package airtablesync

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// deleteSteps find and delete target rows whose source rows are gone.
type deleteSteps struct{ tools }

// goneAtOnce is how many missing rows are looked up with one call.
const goneAtOnce = 100

// goneRequest asks for rows of ours that a sweep has not seen.
type goneRequest struct {
	Plan    kind.Ref          `json:"plan"`
	Pair    int               `json:"pair"`
	Sweep   string            `json:"sweep"`
	Listing string            `json:"listing"`
	After   airtable.RecordID `json:"after,omitempty"`
	// Theirs asks for rows too that this sync has not made.
	Theirs bool `json:"theirs,omitempty"`
}

// goneCounted counts the rows of a target table.
type goneCounted struct {
	Rows    int64 `json:"rows"` // of ours in the target
	Missing int64 `json:"missing,omitempty"`
	Orphans int64 `json:"orphans,omitempty"` // rows that this sync has not made
}

func (s deleteSteps) countGone(ctx context.Context, in goneRequest) (goneCounted, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return goneCounted{}, err
	}
	n, err := s.links.Count(ctx, scope(ctx, pair.Key()), in.Sweep, in.Listing)
	return goneCounted{Rows: n.Rows, Missing: n.Missing, Orphans: n.Orphans}, err
}

// goneFound lists rows in the order of their source IDs.
type goneFound struct {
	Gone []linkmap.Gone `json:"gone"`
}

func (s deleteSteps) findGone(ctx context.Context, in goneRequest) (goneFound, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return goneFound{}, err
	}
	gone, err := s.links.Missing(ctx, scope(ctx, pair.Key()), in.After, in.Sweep, in.Listing, in.Theirs, goneAtOnce)
	return goneFound{Gone: gone}, err
}

// holdRequest reports that the deletes of a table wait for a person.
type holdRequest struct {
	goneRequest
	goneCounted
}

// heldShown is how many of the held rows are told of one by one.
const heldShown = 1_000

func (s deleteSteps) holdDeletes(ctx context.Context, in holdRequest) (engine.None, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return engine.None{}, err
	}
	gone, err := s.links.Missing(ctx, scope(ctx, pair.Key()), "", in.Sweep, in.Listing, false, heldShown)
	if err != nil {
		return engine.None{}, err
	}
	if err := s.outcomes.Record(ctx, held(pair, gone)...); err != nil {
		return engine.None{}, err
	}
	if more := in.Missing - int64(len(gone)); more > 0 {
		if err := s.outcomes.Count(ctx, outcome.Count{Table: pair.Target.Name, What: outcome.Held, Code: codeDeletesHeld, Rows: more}); err != nil {
			return engine.None{}, err
		}
	}
	return engine.None{}, s.events.deletesHeld.Record(ctx, DeletesHeld{Base: pair.Target.Base, Table: pair.Target.Table,
		Name: pair.Target.Name, Missing: in.Missing, Rows: in.Rows})
}

// tellOrphans tells of the next hundred rows whose source row is gone and that
// this sync has not made: it leaves them to people.
func (s deleteSteps) tellOrphans(ctx context.Context, in goneRequest) (goneFound, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return goneFound{}, err
	}
	gone, err := s.links.Missing(ctx, scope(ctx, pair.Key()), in.After, in.Sweep, in.Listing, true, goneAtOnce)
	if err != nil {
		return goneFound{}, err
	}
	return goneFound{Gone: gone}, s.outcomes.Record(ctx, orphaned(pair, gone)...)
}

// deleteRequest asks to delete up to ten target rows.
type deleteRequest struct {
	Plan kind.Ref       `json:"plan"`
	Pair int            `json:"pair"`
	Gone []linkmap.Gone `json:"gone"`
}

// batchDeleted counts what a batch did.
type batchDeleted struct {
	Deleted int   `json:"deleted"`
	Calls   int64 `json:"calls"`
}

// deleteBatch deletes up to ten target rows. When it is repeated, or refused
// because a row is gone, it first asks which of them still exist.
func (s deleteSteps) deleteBatch(ctx context.Context, in deleteRequest) (batchDeleted, error) {
	pair, err := s.readPair(ctx, in.Plan, in.Pair)
	if err != nil {
		return batchDeleted{}, err
	}
	ids := targetsOf(in.Gone)
	result := batchDeleted{Deleted: len(ids)}
	if engine.InStep(ctx).Attempt > 1 {
		err = s.deleteExisting(ctx, pair, ids, &result)
	} else if err = s.deleteThese(ctx, pair, ids, &result); failure.ClassOf(err) == failure.Validation {
		err = s.deleteExisting(ctx, pair, ids, &result)
	}
	if err != nil {
		return result, s.airtable.explain(ctx, err, pair.Target)
	}
	if err := s.links.Forget(ctx, pair.Key(), sourcesOf(in.Gone)); err != nil {
		return result, err
	}
	if err := s.outcomes.Record(ctx, deleted(pair, in.Gone)...); err != nil {
		return result, err
	}
	return result, s.events.recordsDeleted.Record(ctx, RecordsDeleted{Base: pair.Target.Base, Table: pair.Target.Table, Count: len(ids)})
}

func targetsOf(gone []linkmap.Gone) []airtable.RecordID {
	ids := make([]airtable.RecordID, len(gone))
	for i, g := range gone {
		ids[i] = g.Target
	}
	return ids
}

func sourcesOf(gone []linkmap.Gone) []airtable.RecordID {
	ids := make([]airtable.RecordID, len(gone))
	for i, g := range gone {
		ids[i] = g.Source
	}
	return ids
}

// deleteExisting deletes those of the rows that still exist.
func (s deleteSteps) deleteExisting(ctx context.Context, pair plan.Pair, ids []airtable.RecordID, result *batchDeleted) error {
	exists, calls, err := s.airtable.existing(ctx, pair, ids)
	result.Calls += calls
	if err != nil {
		return err
	}
	var left []airtable.RecordID
	for _, id := range ids {
		if exists[id] {
			left = append(left, id)
		}
	}
	return s.deleteThese(ctx, pair, left, result)
}

func (s deleteSteps) deleteThese(ctx context.Context, pair plan.Pair, ids []airtable.RecordID, result *batchDeleted) error {
	if len(ids) == 0 {
		return nil
	}
	tok, err := s.airtable.token(ctx, pair.Target)
	if err != nil {
		return err
	}
	result.Calls++
	_, err = s.airtable.client.Delete(ctx, tok, pair.Target.Base, pair.Target.Table, ids)
	return err
}
