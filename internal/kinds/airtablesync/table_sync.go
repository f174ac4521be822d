package airtablesync

import (
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

const (
	// writesInFlight keep the rate limit of a base used up while responses travel.
	writesInFlight = 4
	// listingRestarts bounds how often one listing may expire.
	listingRestarts = 10
)

// tableSync syncs one pair of tables in one run. Each of its verbs is called
// once, in the order read, write rows, write links, delete.
type tableSync struct {
	job        *job
	pair       int    // its number in the plan
	name       string // for people
	info       pairInfo
	changes    []part // rows to write
	later      []part // rows whose links wait for other rows
	listing    string // "": the target was not listed
	unmet      int    // rows of ours that the listing has found and no source page has named yet
	mark       time.Time
	duplicates int64
	figures    TableSummary
}

func newTableSync(j *job, pair int, name string, info pairInfo) *tableSync {
	mode := ModeIncremental
	if info.Full {
		mode = ModeFull
	}
	return &tableSync{job: j, pair: pair, name: name, info: info, figures: TableSummary{
		SourceBase: string(info.SourceBase), SourceTable: info.SourceTable,
		TargetBase: string(info.TargetBase), TargetTable: info.TargetTable, Mode: mode}}
}

// read reads the source table, and the target table if it must be listed, and
// finds out which rows must be written.
func (t *tableSync) read(run engine.Run) error {
	var pages []pageFetched
	err := engine.All(run,
		func(run engine.Run) (err error) { pages, err = t.readSource(run); return err },
		func(run engine.Run) error { return t.readTarget(run) })
	if err != nil {
		return err
	}
	return t.compare(run, pages)
}

// readSource reads all pages of the source table. If Airtable has forgotten
// where the listing was, it begins again.
func (t *tableSync) readSource(run engine.Run) ([]pageFetched, error) {
	at := airtable.StartChanged(t.info.Since)
	if t.info.Full {
		at = airtable.StartAll()
	}
	var pages []pageFetched
	for restarts := 0; !at.Done; {
		page, err := t.fetch(run, pageRequest{At: at, PageSize: t.job.config.BatchSize}, &restarts)
		if err != nil {
			return nil, err
		}
		at = page.Next
		pages = append(pages, page)
		if page.Expired {
			pages = nil
		}
	}
	t.mark = at.Mark
	return pages, nil
}

// fetch reads one page of the source table and counts how often the listing
// has expired.
func (t *tableSync) fetch(run engine.Run, ask pageRequest, restarts *int) (pageFetched, error) {
	ask.Plan, ask.Pair = t.job.plan, t.pair
	page, err := about(t.job.steps.fetchPage, t.name).Do(run, ask)
	if err != nil {
		return page, err
	}
	t.job.calls.Read++
	if page.Expired {
		*restarts++
	}
	return page, expiredTooOften(*restarts, t.info.SourceTable)
}

// readTarget lists the target table, so that drift is found and rows of ours
// are recognised. A table that cannot hold any costs no call.
func (t *tableSync) readTarget(run engine.Run) error {
	if !t.info.List {
		return nil
	}
	at := airtable.StartAll()
	for restarts := 0; !at.Done; {
		t.listing = fmt.Sprintf("%s.%d", t.job.token, restarts)
		page, err := about(t.job.steps.listTarget, t.name).Do(run, listRequest{Plan: t.job.plan, Pair: t.pair, At: at, Listing: t.listing})
		if err != nil {
			return err
		}
		at = page.Next
		t.listed(page)
		if page.Expired {
			restarts++
		}
		if err := expiredTooOften(restarts, t.info.TargetTable); err != nil {
			return err
		}
	}
	return nil
}

// listed adds a page of the target. A listing that has expired begins again.
func (t *tableSync) listed(page pageListed) {
	t.job.calls.Read++
	if page.Expired {
		t.duplicates, t.unmet = 0, 0
		return
	}
	t.duplicates += int64(page.Duplicates)
	t.unmet += page.Ours
}

func expiredTooOften(restarts int, table string) error {
	if restarts <= listingRestarts {
		return nil
	}
	return &engine.Error{Class: failure.Transient, Code: airtable.CodeOffsetExpired,
		Message: fmt.Sprintf("Airtable gave up the listing of table %q %d times; run again later", table, restarts)}
}

// compare finds the rows that must be written, page by page.
func (t *tableSync) compare(run engine.Run, pages []pageFetched) error {
	for _, page := range pages {
		if page.Rows == 0 {
			continue
		}
		found, err := about(t.job.steps.comparePage, t.name).Do(run, compareRequest{Plan: t.job.plan, Pair: t.pair, Page: page.Page, Rows: page.Rows,
			Sweep: t.job.token, Listing: t.listing})
		if err != nil {
			return err
		}
		t.compared(found)
		t.job.progress.Found(run, t.pair, found.Count+found.Unchanged)
		t.job.progress.Done(run, t.pair, found.Unchanged)
	}
	return nil
}

// compared adds the findings of one page.
func (t *tableSync) compared(found pageCompared) {
	t.figures.Read += int64(found.Count + found.Unchanged)
	t.figures.Unchanged += int64(found.Unchanged)
	t.unmet -= found.Listed
	t.figures.SkippedLinks += int64(found.SkippedLinks)
	if found.Count > 0 {
		t.changes = append(t.changes, part{Ref: found.Changes, From: 0, To: found.Count})
	}
}

// write writes the rows that differ, or the links that had to wait, in full
// batches.
func (t *tableSync) write(run engine.Run, pass plan.Pass) error {
	_, err := engine.Map(run, writesInFlight, inBatches(t.take(pass)), func(run engine.Run, batch []part) (engine.None, error) {
		done, err := about(t.job.steps.writeBatch, t.name).Do(run, batchRequest{Plan: t.job.plan, Pair: t.pair, Parts: batch, Pass: pass})
		if err != nil {
			return engine.None{}, err
		}
		t.wrote(batch, done)
		if pass == plan.PassRows {
			t.job.progress.Done(run, t.pair, sizeOf(batch))
		}
		return engine.None{}, nil
	})
	return err
}

// take hands out what a pass has to write, once.
func (t *tableSync) take(pass plan.Pass) []part {
	var parts []part
	if pass == plan.PassLinks {
		parts, t.later = t.later, nil
	} else {
		parts, t.changes = t.changes, nil
	}
	return parts
}

// wrote adds what a batch did.
func (t *tableSync) wrote(batch []part, done batchWritten) {
	t.job.calls.Write += done.Calls
	t.figures.Created += int64(done.Created)
	t.figures.Updated += int64(done.Updated)
	t.figures.OpenLinks += int64(done.Open)
	t.later = append(t.later, rowsOf(batch, done.Later)...)
}

// deleteGone deletes the target rows whose source rows are gone, in a full run
// only. It asks for what the sweep has missed once more before, and holds a
// suspicious number until a person allows it.
func (t *tableSync) deleteGone(run engine.Run) error {
	if t.listing == "" || t.unmet == 0 {
		return nil // every row of ours in the target has its source row
	}
	ask := goneRequest{Plan: t.job.plan, Pair: t.pair, Sweep: t.job.token, Listing: t.listing}
	count, err := about(t.job.steps.countGone, t.name).Do(run, ask)
	if err != nil || count.Missing == 0 {
		return err
	}
	if err := t.lookAgain(run, ask); err != nil {
		return err
	}
	if count, err = about(t.job.steps.countGone, t.name).Do(run, ask); err != nil || count.Missing == 0 {
		return err
	}
	if plan.HoldDeletes(count.Missing, count.Rows, t.job.input.AllowDeletes) {
		return t.hold(run, ask, count)
	}
	return t.eachGone(run, ask, t.delete)
}

// hold leaves the deletes to a person.
func (t *tableSync) hold(run engine.Run, ask goneRequest, count goneCounted) error {
	t.figures.Held = count.Missing
	_, err := about(t.job.steps.holdDeletes, t.name).Do(run, holdRequest{goneRequest: ask, goneCounted: count})
	return err
}

func (t *tableSync) delete(run engine.Run, gone []linkmap.Gone) error {
	batches := slices.Collect(slices.Chunk(gone, airtable.MaxBatch))
	_, err := engine.Map(run, writesInFlight, batches, func(run engine.Run, batch []linkmap.Gone) (engine.None, error) {
		done, err := about(t.job.steps.deleteBatch, t.name).Do(run, deleteRequest{Plan: t.job.plan, Pair: t.pair, Gone: batch})
		t.job.calls.Delete += done.Calls
		t.figures.Deleted += int64(done.Deleted)
		return engine.None{}, err
	})
	return err
}

// lookAgain asks for the rows that the sweep has not seen. Those that exist
// after all are synced like any other.
func (t *tableSync) lookAgain(run engine.Run, ask goneRequest) error {
	var pages []pageFetched
	err := t.eachGone(run, ask, func(run engine.Run, gone []linkmap.Gone) error {
		at := airtable.StartAll()
		for restarts := 0; !at.Done; {
			page, err := t.fetch(run, pageRequest{At: at, PageSize: goneAtOnce, IDs: sourcesOf(gone)}, &restarts)
			if err != nil {
				return err
			}
			at = page.Next
			pages = append(pages, page)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := t.compare(run, pages); err != nil {
		return err
	}
	if err := t.write(run, plan.PassRows); err != nil {
		return err
	}
	return t.write(run, plan.PassLinks)
}

// eachGone walks over the missing rows, a hundred at a time.
func (t *tableSync) eachGone(run engine.Run, ask goneRequest, do func(engine.Run, []linkmap.Gone) error) error {
	for {
		found, err := about(t.job.steps.findGone, t.name).Do(run, ask)
		if err != nil || len(found.Gone) == 0 {
			return err
		}
		if err := do(run, found.Gone); err != nil {
			return err
		}
		ask.After = found.Gone[len(found.Gone)-1].Source
	}
}

// completed is what becomes valid with the end of the run. first is the mark of
// the table that was read first.
func (t *tableSync) completed(first time.Time) completedPair {
	done := completedPair{Pair: t.pair, Mark: t.mark}
	if t.figures.OpenLinks > 0 {
		// A row may link to one that appeared after that one's table was read
		// and before its own was. Read from here, the next run finds both.
		done.Mark = first
	}
	if t.info.Full {
		done.Sweep, done.Listing = t.job.token, t.listing
	}
	return done
}
