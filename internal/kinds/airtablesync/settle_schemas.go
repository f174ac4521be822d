package airtablesync

import (
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// schemaRounds bounds how often schemas are read: for tables, for their links,
// for the names of inverse fields, and to see that nothing is missing. It takes
// more rounds only if very much is missing.
const schemaRounds = 10

// settleSchemas reads all schemas and creates what the targets lack, until a plan
// has nothing left to create. It returns without one if the history has grown
// long before.
func (j *job) settleSchemas(run engine.Run) error {
	s := j.Schemas
	if s == nil {
		return nil
	}
	j.progress.Say(run, "reading schemas")
	if err := j.readSchemas(run, plan.Source, j.config.SourceBases, &s.Sources); err != nil {
		return err
	}
	for ; s.Round < schemaRounds; s.Round++ {
		settled, err := j.settleOnce(run, s)
		if err != nil || settled || run.HistoryLong() {
			return err
		}
		s.Targets, s.Made, s.Change = nil, nil, 0
	}
	return &engine.Error{Class: failure.Conflict, Code: "schema_unsettled",
		Message: "the target's schema keeps changing while the sync creates what is missing; run again when nobody is editing it"}
}

// settleOnce reads the schemas of the targets, plans, and makes the changes of the
// plan, one after the other. It reports whether there were none.
func (j *job) settleOnce(run engine.Run, s *schemaState) (bool, error) {
	if err := j.readSchemas(run, plan.Target, j.config.TargetBases, &s.Targets); err != nil {
		return false, err
	}
	if s.Made == nil && !run.HistoryLong() {
		schemas := slices.Concat(s.Sources, s.Targets) // of a base that is both, the newer reading counts
		made, err := j.steps.plan.Do(run, planRequest{Schemas: schemas, Mode: j.input.Mode, Fresh: s.Fresh})
		if err != nil {
			return false, err
		}
		s.Made = &made
	}
	if s.Made != nil && len(s.Made.Changes) == 0 {
		j.settled(run, *s.Made)
		return true, nil
	}
	for s.Made != nil && s.Change < len(s.Made.Changes) && !run.HistoryLong() {
		if err := j.changeSchema(run, s); err != nil {
			return false, err
		}
		s.Change++
	}
	return false, nil
}

// readSchemas reads the schemas of those bases that it has not read yet.
func (j *job) readSchemas(run engine.Run, role plan.Role, bases []BaseConfig, read *[]baseSchema) error {
	more, err := engine.Map(run, basesAtOnce, bases[len(*read):], func(run engine.Run, b BaseConfig) (baseSchema, error) {
		if run.HistoryLong() {
			return baseSchema{}, nil
		}
		base := airtable.BaseID(b.BaseID)
		read, err := about(j.steps.readSchema, b.BaseID).Do(run, schemaRequest{Role: role, Base: base})
		return baseSchema{Base: base, Schema: read.Schema}, err
	})
	if err != nil {
		return err
	}
	for _, one := range more {
		if one.Base == "" { // neither this one nor those after it were read
			break
		}
		j.Calls.Schema++
		*read = append(*read, one)
	}
	return nil
}

// changeSchema makes the next change of the plan, and notes a table that cannot
// hold a row of ours.
func (j *job) changeSchema(run engine.Run, s *schemaState) error {
	change := s.Made.Changes[s.Change]
	j.progress.Say(run, change.Text)
	step := j.steps.createTable
	switch change.Type {
	case plan.CreateField:
		step = j.steps.createField
	case plan.RenameField:
		step = j.steps.renameField
	}
	done, err := about(step, change.Text).Do(run, changeRequest{Plan: s.Made.Plan, Change: s.Change})
	if err != nil {
		return err
	}
	j.Calls.Schema += done.Calls
	if done.Fresh != "" {
		s.Fresh = append(s.Fresh, done.Fresh)
	}
	return nil
}

// settled begins with the rows: there is a plan that changes no schema.
func (j *job) settled(run engine.Run, made planMade) {
	j.Schemas, j.Plan, j.Warnings = nil, made.Plan, made.Warnings
	tables := make([]tableState, len(made.Pairs))
	for i, info := range made.Pairs {
		tables[i] = newTableState(info)
	}
	bases := make([]baseState, len(made.Groups))
	for i, group := range made.Groups {
		bases[i].Tables = group
	}
	j.arrange(run, bases, tables)
}
