package airtablesync

import (
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Workflow is the durable function of a sync. It holds the order of the work and
// nothing else: effects are steps, decisions are functions of package plan.
type Workflow struct{ steps steps }

// schemaRounds bounds how often schemas are read: for tables, for their links,
// for the names of inverse fields, and to see that nothing is missing. It takes
// more rounds only if very much is missing.
const schemaRounds = 10

// Run makes the targets equal to the sources once.
func (w *Workflow) Run(run engine.Run, s kind.Start[Config, Input]) (Summary, error) {
	j := &job{steps: w.steps, config: s.Config, input: s.Input.settled(), token: sweepToken(run.Info().Root)}
	made, err := prepare(run, j)
	if err != nil {
		return Summary{}, err
	}
	j.plan, j.warnings = made.Plan, made.Warnings
	names := tableNames(j.config, made.Pairs)
	tables := make([]*tableSync, len(made.Pairs))
	for i, info := range made.Pairs {
		tables[i] = newTableSync(j, i, names[i], info)
	}
	j.progress.Begin(run, "syncing", names...)
	_, err = engine.Map(run, 0, made.Groups, func(run engine.Run, group []int) (engine.None, error) {
		return engine.None{}, syncBase(run, pick(tables, group))
	})
	if err != nil {
		return Summary{}, err
	}
	j.progress.Say(run, "finishing")
	if _, err = w.steps.completeRun.Do(run, completeRequest{Plan: j.plan, Pairs: completedPairs(tables)}); err != nil {
		return Summary{}, err
	}
	return summarize(j, tables), nil
}

// prepare reads all schemas and creates what the targets lack, until a plan has
// nothing left to create.
func prepare(run engine.Run, j *job) (planMade, error) {
	j.progress.Say(run, "reading schemas")
	sources, err := readSchemas(run, j, plan.Source, j.config.SourceBases)
	if err != nil {
		return planMade{}, err
	}
	var fresh []string
	for range schemaRounds {
		targets, err := readSchemas(run, j, plan.Target, j.config.TargetBases)
		if err != nil {
			return planMade{}, err
		}
		schemas := slices.Concat(sources, targets) // of a base that is both, the newer reading counts
		made, err := j.steps.plan.Do(run, planRequest{Schemas: schemas, Mode: j.input.Mode, Fresh: fresh})
		if err != nil || len(made.Changes) == 0 {
			return made, err
		}
		more, err := changeSchemas(run, j, made)
		if err != nil {
			return planMade{}, err
		}
		fresh = append(fresh, more...)
	}
	return planMade{}, &engine.Error{Class: failure.Conflict, Code: "schema_unsettled",
		Message: "the target's schema keeps changing while the sync creates what is missing; run again when nobody is editing it"}
}

func readSchemas(run engine.Run, j *job, role plan.Role, bases []BaseConfig) ([]baseSchema, error) {
	read, err := engine.Map(run, 0, bases, func(run engine.Run, b BaseConfig) (baseSchema, error) {
		base := airtable.BaseID(b.BaseID)
		read, err := about(j.steps.readSchema, b.BaseID).Do(run, schemaRequest{Role: role, Base: base})
		return baseSchema{Base: base, Schema: read.Schema}, err
	})
	j.calls.Schema += int64(len(read))
	return read, err
}

// changeSchemas makes the changes of a plan one after the other and returns
// the tables that cannot hold a row of ours.
func changeSchemas(run engine.Run, j *job, made planMade) ([]string, error) {
	var fresh []string
	for i, change := range made.Changes {
		j.progress.Say(run, change.Text)
		step := j.steps.createTable
		switch change.Type {
		case plan.CreateField:
			step = j.steps.createField
		case plan.RenameField:
			step = j.steps.renameField
		}
		done, err := about(step, change.Text).Do(run, changeRequest{Plan: made.Plan, Change: i})
		if err != nil {
			return nil, err
		}
		j.calls.Schema += done.Calls
		if done.Fresh != "" {
			fresh = append(fresh, done.Fresh)
		}
	}
	return fresh, nil
}

// syncBase brings the tables of one target base up to date: rows first, in an
// order in which links can be followed, then the links that had to wait, then
// deletes. While the first table is written, all others are read.
func syncBase(run engine.Run, tables []*tableSync) error {
	first, others := tables[0], tables[1:]
	if err := first.read(run); err != nil {
		return err
	}
	err := engine.All(run,
		func(run engine.Run) error { return first.write(run, plan.PassRows) },
		func(run engine.Run) error { return each(others, func(t *tableSync) error { return t.read(run) }) })
	if err != nil {
		return err
	}
	if err := each(others, func(t *tableSync) error { return t.write(run, plan.PassRows) }); err != nil {
		return err
	}
	if err := each(tables, func(t *tableSync) error { return t.write(run, plan.PassLinks) }); err != nil {
		return err
	}
	return each(tables, func(t *tableSync) error { return t.deleteGone(run) })
}

func each(tables []*tableSync, do func(*tableSync) error) error {
	for _, t := range tables {
		if err := do(t); err != nil {
			return err
		}
	}
	return nil
}

func pick(tables []*tableSync, numbers []int) []*tableSync {
	var picked []*tableSync
	for _, n := range numbers {
		picked = append(picked, tables[n])
	}
	return picked
}

// tableNames names the tables for people: by the source table, and by the bases
// too if there are several.
func tableNames(c Config, pairs []pairInfo) []string {
	names := make([]string, len(pairs))
	for i, p := range pairs {
		names[i] = p.SourceTable
		if len(c.SourceBases)+len(c.TargetBases) > 2 {
			names[i] = fmt.Sprintf("%s (%s → %s)", p.SourceTable, p.SourceBase, p.TargetBase)
		}
	}
	return names
}

// completedPairs lists what becomes valid with the end of the run.
func completedPairs(tables []*tableSync) []completedPair {
	var first time.Time
	for _, t := range tables {
		if !t.mark.IsZero() && (first.IsZero() || t.mark.Before(first)) {
			first = t.mark
		}
	}
	var done []completedPair
	for _, t := range tables {
		done = append(done, t.completed(first))
	}
	return done
}

func summarize(j *job, tables []*tableSync) Summary {
	s := Summary{Calls: j.calls.summed(), Warnings: j.warnings}
	for _, t := range tables {
		s.Tables = append(s.Tables, t.figures)
		s.Warnings = append(s.Warnings, t.figures.warnings(j.input.Mode, t.duplicates)...)
	}
	return s
}
