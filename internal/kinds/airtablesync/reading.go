package airtablesync

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// read reads a source table, and in a full run its target too, and finds out
// which rows must be written.
func (w *Workflow) read(run engine.Run, j *job, t *table) error {
	var pages []pageFetched
	err := engine.All(run,
		func(run engine.Run) (err error) { pages, err = w.readSource(run, j, t); return err },
		func(run engine.Run) error { return w.readTarget(run, j, t) })
	if err != nil {
		return err
	}
	return w.compare(run, j, t, pages)
}

// readSource reads all pages of a source table. When Airtable has forgotten
// where the listing was, it begins again.
func (w *Workflow) readSource(run engine.Run, j *job, t *table) ([]pageFetched, error) {
	at := t.start()
	var pages []pageFetched
	for restarts := 0; !at.Done; {
		page, err := w.steps.fetchPage.Do(run, pageRequest{Plan: j.plan, Pair: t.pair, At: at, PageSize: j.config.BatchSize})
		if err != nil {
			return nil, err
		}
		j.calls.Read++
		at = page.Next
		pages = append(pages, page)
		if page.Expired {
			pages = nil
			if restarts++; restarts > listingRestarts {
				return nil, expiredTooOften(t.info.SourceTable)
			}
		}
	}
	t.mark = at.Mark
	return pages, nil
}

// readTarget lists a target table, so that drift is found and rows of ours are
// recognised. A table that cannot hold any costs no call.
func (w *Workflow) readTarget(run engine.Run, j *job, t *table) error {
	if !t.info.List {
		return nil
	}
	at := airtable.StartAll()
	for restarts := 0; !at.Done; {
		t.listing = fmt.Sprintf("%s.%d", j.token, restarts)
		page, err := w.steps.listTarget.Do(run, listRequest{Plan: j.plan, Pair: t.pair, At: at, Listing: t.listing})
		if err != nil {
			return err
		}
		j.calls.Read++
		at = page.Next
		t.doubled += int64(page.Doubled)
		if page.Expired {
			t.doubled = 0
			if restarts++; restarts > listingRestarts {
				return expiredTooOften(t.info.TargetTable)
			}
		}
	}
	return nil
}

func expiredTooOften(table string) error {
	return &engine.Error{Class: failure.Transient, Code: airtable.CodeOffsetExpired,
		Message: fmt.Sprintf("Airtable gave up the listing of table %q %d times; run again later", table, listingRestarts+1)}
}

// compare finds the rows that must be written, page by page.
func (w *Workflow) compare(run engine.Run, j *job, t *table, pages []pageFetched) error {
	for _, page := range pages {
		if page.Rows == 0 {
			continue
		}
		compared, err := w.steps.comparePage.Do(run, compareRequest{Plan: j.plan, Pair: t.pair, Page: page.Page, Rows: page.Rows,
			Sweep: j.token, Listing: t.listing})
		if err != nil {
			return err
		}
		t.compared(compared)
		j.progress.Found(run, t.pair, compared.Count+compared.Unchanged)
		j.progress.Done(run, t.pair, compared.Unchanged)
	}
	return nil
}
