package airtablesync

import (
	"fmt"
	"slices"

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
		schemas := slices.Concat(sources, targets) // of a base that is both, the newer reading counts
		made, err := w.steps.plan.Do(run, planRequest{Config: j.raw, Schemas: schemas, Mode: j.input.Mode, Fresh: fresh})
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
