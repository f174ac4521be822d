package airtablesync

import (
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
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

// tableSync syncs one pair of tables in one run: read, write rows, write links,
// delete, in this order. Each verb does what is left of its work, as far as the
// history allows.
type tableSync struct {
	tableState
	job  *job
	pair int    // its number in the plan
	name string // for people
}

func newTableState(info pairInfo) tableState {
	t := tableState{Source: reading{At: airtable.StartChanged(info.Since)}, Figures: TableSummary{
		SourceBase: string(info.SourceBase), SourceTable: info.SourceTable,
		TargetBase: string(info.TargetBase), TargetTable: info.TargetTable, Mode: ModeIncremental}}
	if info.Full {
		t.Figures.Mode, t.Source.At = ModeFull, airtable.StartAll()
	}
	t.Owing.Known = info.Owed
	if info.List {
		t.Target = &reading{At: airtable.StartAll()}
	}
	return t
}

// listing names the listing of the target in the link map; "" if there is none.
func (t *tableSync) listing() string {
	if t.Target == nil {
		return ""
	}
	return fmt.Sprintf("%s.%d", t.job.Token, t.Target.Restarts)
}

// read reads the source table, and the target table if it must be listed, and
// finds out which rows must be written.
func (t *tableSync) read(run engine.Run) error {
	if err := engine.All(run, t.readSource, t.readTarget); err != nil {
		return err
	}
	return t.compare(run)
}

// readSource reads all pages of the source table. If Airtable has forgotten
// where the listing was, it begins again.
func (t *tableSync) readSource(run engine.Run) error {
	for !t.Source.At.Done && !run.HistoryLong() {
		page, err := t.fetch(run, &t.Source, pageRequest{PageSize: t.job.config.BatchSize})
		if err != nil {
			return err
		}
		if page.Expired {
			t.Pages = nil
		}
	}
	return nil
}

// fetch reads one page of the source table.
func (t *tableSync) fetch(run engine.Run, r *reading, ask pageRequest) (pageFetched, error) {
	ask.Plan, ask.Pair, ask.At = t.job.Plan, t.pair, r.At
	page, err := about(t.job.steps.fetchPage, t.name).Do(run, ask)
	if err != nil {
		return page, err
	}
	t.job.Calls.Read++
	if page.Rows > 0 {
		t.Pages = append(t.Pages, part{Ref: page.Page, To: page.Rows})
	}
	return page, r.advance(page.Next, page.Expired, t.Figures.SourceTable)
}

// readTarget lists the target table, so that drift is found and rows of ours
// are recognised. A table that cannot hold any costs no call.
func (t *tableSync) readTarget(run engine.Run) error {
	for t.Target != nil && !t.Target.At.Done && !run.HistoryLong() {
		page, err := about(t.job.steps.listTarget, t.name).Do(run, listRequest{Plan: t.job.Plan, Pair: t.pair, At: t.Target.At, Listing: t.listing()})
		if err != nil {
			return err
		}
		t.listed(page)
		if err := t.Target.advance(page.Next, page.Expired, t.Figures.TargetTable); err != nil {
			return err
		}
	}
	return nil
}

// listed adds a page of the target. A listing that has expired begins again.
func (t *tableSync) listed(page pageListed) {
	t.job.Calls.Read++
	if page.Expired {
		t.Duplicates, t.Unmet = 0, 0
		return
	}
	t.Duplicates += int64(page.Duplicates)
	t.Unmet += page.Ours
}

// advance goes on to the next page, and counts how often the listing has expired.
func (r *reading) advance(next airtable.Position, expired bool, table string) error {
	r.At = next
	if expired {
		r.Restarts++
	}
	if r.Restarts <= listingRestarts {
		return nil
	}
	return &engine.Error{Class: failure.Transient, Code: airtable.CodeOffsetExpired,
		Message: fmt.Sprintf("Airtable gave up the listing of table %q %d times; run again later", table, r.Restarts)}
}

// compare finds the rows that must be written, page by page.
func (t *tableSync) compare(run engine.Run) error {
	for len(t.Pages) > 0 && !run.HistoryLong() {
		page := t.Pages[0]
		if page.Folded {
			if err := t.job.unfold(run, &t.Pages); err != nil {
				return err
			}
			continue
		}
		found, err := about(t.job.steps.comparePage, t.name).Do(run, compareRequest{Plan: t.job.Plan, Pair: t.pair, Page: page.Ref, Rows: page.To,
			Sweep: t.job.Token, Listing: t.listing()})
		if err != nil {
			return err
		}
		t.Pages = t.Pages[1:]
		t.compared(found)
		t.job.progress.Found(run, t.pair, found.Count+found.Unchanged)
		t.done(run, found.Unchanged)
	}
	return nil
}

// compared adds the findings of one page.
func (t *tableSync) compared(found pageCompared) {
	t.Figures.Read += int64(found.Count + found.Unchanged)
	t.Figures.Unchanged += int64(found.Unchanged)
	t.Unmet -= found.Listed
	t.Figures.SkippedLinks += int64(found.SkippedLinks)
	if found.Count > 0 {
		t.Changes = append(t.Changes, part{Ref: found.Changes, To: found.Count})
	}
}

// done shows rows as done.
func (t *tableSync) done(run engine.Run, rows int) {
	t.Done += int64(rows)
	t.job.progress.Done(run, t.pair, rows)
}

// write writes the rows that differ, or the links that had to wait, in full
// batches.
func (t *tableSync) write(run engine.Run, pass plan.Pass) error {
	todo := &t.Changes
	if pass == plan.PassLinks {
		todo = &t.Later
	}
	for len(*todo) > 0 && !run.HistoryLong() {
		batches, rest := cutBatches(*todo)
		if len(batches) == 0 {
			if err := t.job.unfold(run, todo); err != nil {
				return err
			}
			continue
		}
		left, err := t.writeBatches(run, batches, pass)
		if err != nil {
			return err
		}
		*todo = slices.Concat(left, rest)
	}
	return nil
}

// writeBatches returns what it has not written.
func (t *tableSync) writeBatches(run engine.Run, batches [][]part, pass plan.Pass) (left []part, err error) {
	_, err = engine.Map(run, writesInFlight, batches, func(run engine.Run, batch []part) (engine.None, error) {
		if run.HistoryLong() {
			left = append(left, batch...)
			return engine.None{}, nil
		}
		done, err := about(t.job.steps.writeBatch, t.name).Do(run, batchRequest{Plan: t.job.Plan, Pair: t.pair, Parts: batch, Pass: pass, Owe: t.job.readsChanges()})
		if err != nil {
			return engine.None{}, err
		}
		t.wrote(batch, done)
		for _, n := range done.Owes {
			t.job.tables[n].Owing.Known = true
		}
		if pass == plan.PassRows {
			t.done(run, sizeOf(batch))
		}
		return engine.None{}, nil
	})
	return left, err
}

// wrote adds what a batch did.
func (t *tableSync) wrote(batch []part, done batchWritten) {
	t.job.Calls.Write += done.Calls
	t.Figures.Created += int64(done.Created)
	t.Figures.Updated += int64(done.Updated)
	t.Figures.OpenLinks += int64(done.Open)
	t.Figures.Dropped += int64(done.Dropped)
	t.Altered = append(t.Altered, done.Altered...)
	slices.Sort(t.Altered)
	t.Altered = slices.Compact(t.Altered)
	for _, p := range rowsOf(batch, done.Later) {
		t.Later = joined(t.Later, p)
	}
}

// completed is what becomes valid with the end of the run. first is the mark of
// the table that was read first.
func (t *tableSync) completed(first time.Time) completedPair {
	done := completedPair{Pair: t.pair, Mark: t.Source.At.Mark}
	if t.Figures.OpenLinks > 0 {
		// A row may link to one that appeared after that one's table was read
		// and before its own was. Read from here, the next run finds both.
		done.Mark = first
	}
	if t.Figures.Mode == ModeFull {
		done.Sweep, done.Listing = t.job.Token, t.listing()
	}
	return done
}
