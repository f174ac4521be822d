package airtablesync

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// goneStage is what comes next for the rows whose source rows are gone. The
// numbers stand in saved states.
type goneStage int

const (
	goneToCount      goneStage = iota // how many does the sweep miss?
	goneToLookUp                      // ask the source for those once more
	goneToSync                        // sync those that exist after all
	goneToCountAgain                  // how many are left, and may they be deleted?
	goneToDelete                      // delete them
	goneDone                          // nothing
	goneToTell                        // tell of those that are not ours
)

// deleteGone deletes the target rows whose source rows are gone, in a full run
// only. It asks for what the sweep has missed once more before, and holds a
// suspicious number until a person allows it.
func (t *tableSync) deleteGone(run engine.Run) error {
	if t.Gone.Stage == goneToCount && (t.Target == nil || t.Unmet == 0) {
		return nil // every row of ours in the target has its source row
	}
	for t.Gone.Stage != goneDone && !run.HistoryLong() {
		if err := t.nextOfGone(run); err != nil {
			return err
		}
	}
	return nil
}

// nextOfGone takes the next few calls.
func (t *tableSync) nextOfGone(run engine.Run) error {
	switch t.Gone.Stage {
	case goneToCount, goneToCountAgain:
		return t.countGone(run)
	case goneToLookUp:
		return t.lookAgain(run)
	case goneToSync:
		return t.syncFound(run)
	case goneToTell:
		return t.tellOrphans(run)
	default:
		return t.deleteFound(run)
	}
}

func (t *tableSync) askForGone() goneRequest {
	return goneRequest{Plan: t.job.Plan, Pair: t.pair, Sweep: t.job.Token, Listing: t.listing(), After: t.Gone.After}
}

// countGone counts the missing rows before and after they are looked up.
func (t *tableSync) countGone(run engine.Run) error {
	count, err := about(t.job.steps.countGone, t.name).Do(run, t.askForGone())
	switch {
	case err != nil:
		return err
	case count.Missing+count.Orphans == 0:
		t.Gone.Stage = goneDone
	case t.Gone.Stage == goneToCount:
		t.Gone.Stage = goneToLookUp
	case count.Orphans > t.Figures.Orphans:
		t.Gone.Stage, t.Figures.Orphans = goneToTell, count.Orphans
	case count.Missing == 0:
		t.Gone.Stage = goneDone
	case plan.HoldDeletes(count.Missing, count.Rows, t.job.input.AllowDeletes):
		return t.hold(run, count)
	default:
		t.Gone.Stage = goneToDelete
	}
	return nil
}

// hold leaves the deletes to a person.
func (t *tableSync) hold(run engine.Run, count goneCounted) error {
	t.Gone.Stage, t.Figures.Held = goneDone, count.Missing
	_, err := about(t.job.steps.holdDeletes, t.name).Do(run, holdRequest{goneRequest: t.askForGone(), goneCounted: count})
	return err
}

// findGone finds the next hundred of the missing rows: to delete only what this
// sync has made, before that all. If there are none, another stage comes.
func (t *tableSync) findGone(run engine.Run, then goneStage) error {
	ask := t.askForGone()
	ask.Theirs = t.Gone.Stage == goneToLookUp
	found, err := about(t.job.steps.findGone, t.name).Do(run, ask)
	if err != nil {
		return err
	}
	t.Gone.Rows = found.Gone
	t.goneAfter(found.Gone, then)
	return nil
}

// goneAfter goes on behind these rows. Behind the last one, another stage comes.
func (t *tableSync) goneAfter(found []linkmap.Gone, then goneStage) {
	if n := len(found); n > 0 {
		t.Gone.After = found[n-1].Source
	} else {
		t.Gone.Stage, t.Gone.After = then, ""
	}
}

// tellOrphans tells of the rows that are missing and not ours, then counts again.
func (t *tableSync) tellOrphans(run engine.Run) error {
	found, err := about(t.job.steps.tellOrphans, t.name).Do(run, t.askForGone())
	if err != nil {
		return err
	}
	t.goneAfter(found.Gone, goneToCountAgain)
	return nil
}

// lookAgain asks the source for the rows that the sweep has not seen, a page at a
// time.
func (t *tableSync) lookAgain(run engine.Run) error {
	if len(t.Gone.Rows) == 0 {
		t.Gone.Lookup = reading{At: airtable.StartAll()}
		return t.findGone(run, goneToSync)
	}
	_, err := t.fetch(run, &t.Gone.Lookup, pageRequest{PageSize: goneAtOnce, IDs: sourcesOf(t.Gone.Rows)})
	if t.Gone.Lookup.At.Done {
		t.Gone.Rows = nil
	}
	return err
}

// syncFound syncs the rows that exist after all like any other.
func (t *tableSync) syncFound(run engine.Run) error {
	if err := t.syncRead(run); err != nil || run.HistoryLong() {
		return err
	}
	t.Gone.Stage = goneToCountAgain
	return nil
}

// deleteFound deletes the next rows that are missing for good.
func (t *tableSync) deleteFound(run engine.Run) error {
	if len(t.Gone.Rows) == 0 {
		return t.findGone(run, goneDone)
	}
	var left []linkmap.Gone
	batches := slices.Collect(slices.Chunk(t.Gone.Rows, airtable.MaxBatch))
	_, err := engine.Map(run, writesInFlight, batches, func(run engine.Run, batch []linkmap.Gone) (engine.None, error) {
		if run.HistoryLong() {
			left = append(left, batch...)
			return engine.None{}, nil
		}
		done, err := about(t.job.steps.deleteBatch, t.name).Do(run, deleteRequest{Plan: t.job.Plan, Pair: t.pair, Gone: batch})
		t.job.Calls.Delete += done.Calls
		t.Figures.Deleted += int64(done.Deleted)
		return engine.None{}, err
	})
	t.Gone.Rows = left
	return err
}
