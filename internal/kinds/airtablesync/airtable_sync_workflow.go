package airtablesync

import (
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Workflow is the durable function of a sync. It holds the order of things and
// nothing else: effects are steps, decisions are pure functions.
type Workflow struct{ steps steps }

const (
	// writesInFlight keep a base's rate used up while answers travel.
	writesInFlight = 4
	// schemaRounds bound how often schemas are read: for tables, their links, the
	// names of inverse fields, and to see that nothing is missing; more often
	// only where very much is missing.
	schemaRounds = 10
	// listingRestarts bound how often one listing may expire.
	listingRestarts = 10
)

// Run makes the targets equal to the sources once.
func (w *Workflow) Run(run engine.Run, in workflow.Input) (Summary, error) {
	config, input, err := settings(in)
	if err != nil {
		return Summary{}, err
	}
	j := &job{config: config, input: input, raw: in.Config, token: sweepToken(run.Info().Execution)}
	if err := w.prepare(run, j); err != nil {
		return Summary{}, err
	}
	j.begin(run)
	_, err = engine.Map(run, 0, j.groups, func(run engine.Run, tables []*table) (engine.None, error) {
		return engine.None{}, w.syncBase(run, j, tables)
	})
	if err != nil {
		return Summary{}, err
	}
	j.progress.Say(run, "finishing")
	summary := j.summary()
	_, err = w.steps.completeRun.Do(run, completeRequest{Plan: j.plan, Pairs: j.completed(), Summary: summary})
	return summary, err
}

func settings(in workflow.Input) (Config, Input, error) {
	config, problems := parseConfig(in.Config)
	input, inputProblems := parseInput(in.Input)
	if faults := append(problems.Errors, inputProblems.Errors...); len(faults) > 0 {
		return config, input, &engine.Error{Class: failure.Validation, Code: "bad_config",
			Message: fmt.Sprintf("%s: %s", faults[0].Pointer, faults[0].Detail)}
	}
	return config, input, nil
}

// prepare reads all schemas and creates what the targets lack, until a plan
// has nothing left to create.
func (w *Workflow) prepare(run engine.Run, j *job) error {
	j.progress.Say(run, "reading schemas")
	sources, err := w.readSchemas(run, j, j.config.SourceBases)
	if err != nil {
		return err
	}
	var fresh []string
	for range schemaRounds {
		targets, err := w.readSchemas(run, j, j.config.TargetBases)
		if err != nil {
			return err
		}
		made, err := w.steps.plan.Do(run, planRequest{Config: j.raw, Schemas: append(targets, sources...), Mode: j.input.Mode, Fresh: fresh})
		if err != nil {
			return err
		}
		if len(made.Changes) == 0 {
			j.take(made)
			return nil
		}
		more, err := w.changeSchemas(run, j, made)
		if err != nil {
			return err
		}
		fresh = append(fresh, more...)
	}
	return &engine.Error{Class: failure.Conflict, Code: "schema_unsettled",
		Message: "the target's schema keeps changing while the sync creates what is missing; run again when nobody edits it"}
}

func (w *Workflow) readSchemas(run engine.Run, j *job, bases []BaseConfig) ([]schemaRead, error) {
	read, err := engine.Map(run, 0, bases, func(run engine.Run, b BaseConfig) (schemaRead, error) {
		return w.steps.readSchema.Do(run, schemaRequest{Base: airtable.BaseID(b.BaseID), APIKey: b.APIKey})
	})
	j.calls.Schema += int64(len(read))
	return read, err
}

// changeSchemas makes the changes of a plan one after the other and returns
// the tables that cannot hold a row of ours.
func (w *Workflow) changeSchemas(run engine.Run, j *job, plan planMade) ([]string, error) {
	var fresh []string
	for i, change := range plan.Changes {
		j.progress.Say(run, change.Text)
		step := w.steps.createTable
		switch change.Kind {
		case CreateField:
			step = w.steps.createField
		case RenameField:
			step = w.steps.renameField
		}
		made, err := step.Do(run, changeRequest{Plan: plan.Plan, Change: i})
		if err != nil {
			return nil, err
		}
		j.calls.Schema += made.Calls
		if made.Fresh != "" {
			fresh = append(fresh, made.Fresh)
		}
	}
	return fresh, nil
}

// syncBase brings the tables of one target base up to date: rows first, in an
// order in which links can be followed, then links that had to wait, then
// deletes. While the first table is written, all others are read.
func (w *Workflow) syncBase(run engine.Run, j *job, tables []*table) error {
	if err := w.read(run, j, tables[0]); err != nil {
		return err
	}
	err := engine.All(run,
		func(run engine.Run) error { return w.write(run, j, tables[0], passRows) },
		func(run engine.Run) error { return w.readAll(run, j, tables[1:]) })
	if err != nil {
		return err
	}
	for _, t := range tables[1:] {
		if err := w.write(run, j, t, passRows); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := w.write(run, j, t, passLinks); err != nil {
			return err
		}
	}
	for _, t := range tables {
		if err := w.deleteGone(run, j, t); err != nil {
			return err
		}
	}
	return nil
}

func (w *Workflow) readAll(run engine.Run, j *job, tables []*table) error {
	for _, t := range tables {
		if err := w.read(run, j, t); err != nil {
			return err
		}
	}
	return nil
}

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

// write writes the rows of a table that differ, or the links that waited, in
// full batches.
func (w *Workflow) write(run engine.Run, j *job, t *table, pass string) error {
	_, err := engine.Map(run, writesInFlight, inBatches(t.take(pass)), func(run engine.Run, batch []Part) (engine.None, error) {
		written, err := w.steps.writeBatch.Do(run, batchRequest{Plan: j.plan, Pair: t.pair, Parts: batch, Pass: pass})
		if err != nil {
			return engine.None{}, err
		}
		j.calls.Write += written.Calls
		t.wrote(batch, written)
		if pass == passRows {
			j.progress.Done(run, t.pair, sizeOf(batch))
		}
		return engine.None{}, nil
	})
	return err
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
	return w.eachGone(run, ask, func(gone []Gone) error {
		_, err := engine.Map(run, writesInFlight, tens(gone), func(run engine.Run, batch []Gone) (engine.None, error) {
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
	err := w.eachGone(run, ask, func(gone []Gone) error {
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
func (w *Workflow) eachGone(run engine.Run, ask goneRequest, do func([]Gone) error) error {
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
