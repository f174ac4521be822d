package airtablesync

import (
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Bounds of what a run deletes from one table without being told so. A source
// that suddenly lost much of its content is more often a mistake than a wish.
const (
	maxDeletes       = 100
	maxDeletePercent = 10
)

// holdDeletes decides whether a run holds back the deletes of one table: more
// than 100 of its rows, or more than a tenth of them, need allow_deletes.
func holdDeletes(missing, rows int64, allowed bool) bool {
	if allowed {
		return false
	}
	return missing > maxDeletes || missing*100 > rows*maxDeletePercent
}

// deleteGone deletes the target rows whose source rows are gone, in a full run
// only. What the sweep missed is asked for once more before; a suspicious
// number is held until a person allows it.
func (w *Workflow) deleteGone(run engine.Run, j *job, t *table) error {
	if t.listing == "" {
		return nil
	}
	ask := goneRequest{Plan: j.plan, Pair: t.pair, Sweep: j.token, Listing: t.listing}
	count, err := w.steps.countGone.Do(run, ask)
	if err != nil || count.Missing == 0 {
		return err
	}
	if err := w.lookAgain(run, j, t, ask); err != nil {
		return err
	}
	if count, err = w.steps.countGone.Do(run, ask); err != nil || count.Missing == 0 {
		return err
	}
	if holdDeletes(count.Missing, count.Rows, j.input.AllowDeletes) {
		t.figures.Held = count.Missing
		_, err := w.steps.holdDeletes.Do(run, holdRequest{Held: t.held(count)})
		return err
	}
	return w.eachGone(run, ask, func(gone []linkmap.Gone) error {
		_, err := engine.Map(run, writesInFlight, tens(gone), func(run engine.Run, batch []linkmap.Gone) (engine.None, error) {
			deleted, err := w.steps.deleteBatch.Do(run, deleteRequest{Plan: j.plan, Pair: t.pair, Gone: batch})
			j.calls.Delete += deleted.Calls
			t.figures.Deleted += int64(deleted.Deleted)
			return engine.None{}, err
		})
		return err
	})
}

// lookAgain asks for the rows that the sweep has not seen. Those that exist
// after all are synced like any other.
func (w *Workflow) lookAgain(run engine.Run, j *job, t *table, ask goneRequest) error {
	var pages []pageFetched
	err := w.eachGone(run, ask, func(gone []linkmap.Gone) error {
		_, sources := targetsOf(gone)
		at := airtable.StartAll()
		for restarts := 0; !at.Done; {
			page, err := w.steps.fetchPage.Do(run, pageRequest{Plan: j.plan, Pair: t.pair, At: at, PageSize: goneAtOnce, IDs: sources})
			if err != nil {
				return err
			}
			j.calls.Read++
			at = page.Next
			pages = append(pages, page)
			if page.Expired {
				if restarts++; restarts > listingRestarts {
					return expiredTooOften(t.info.SourceTable)
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.compare(run, j, t, pages); err != nil {
		return err
	}
	if err := w.write(run, j, t, passRows); err != nil {
		return err
	}
	return w.write(run, j, t, passLinks)
}

// eachGone walks over the missing rows, a hundred at a time.
func (w *Workflow) eachGone(run engine.Run, ask goneRequest, do func([]linkmap.Gone) error) error {
	for {
		found, err := w.steps.findGone.Do(run, ask)
		if err != nil || len(found.Gone) == 0 {
			return err
		}
		if err := do(found.Gone); err != nil {
			return err
		}
		ask.After = found.Gone[len(found.Gone)-1].Source
	}
}
