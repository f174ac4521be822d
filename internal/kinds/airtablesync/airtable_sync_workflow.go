package airtablesync

import (
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
)

// Workflow is the durable function of a sync. It holds the order of the work and
// nothing else: effects are steps, decisions are functions of package plan.
//
// A large sync takes several generations. Every branch asks HistoryLong before
// each of its calls and stops there; what it has not done stays in its lists and
// positions (runState, baseState, tableState), which the next generation takes
// up. So every verb below does what is left to do, and can be called again.
type Workflow struct{ steps steps }

// basesAtOnce bounds how many bases are worked on at a time. Each has at most six
// calls under way, which end after the branches have been told to stop: together
// they stay far below what a generation has left then.
const basesAtOnce = 50

// Run makes the targets equal to the sources once.
func (w *Workflow) Run(run engine.Run, s kind.Start[Config, Input]) (Summary, error) {
	j, err := w.takeUp(run, s)
	if err != nil {
		return Summary{}, err
	}
	if err := j.settleSchemas(run); err != nil {
		return Summary{}, err
	}
	_, err = engine.Map(run, basesAtOnce, j.bases, func(run engine.Run, b *baseSync) (engine.None, error) {
		return engine.None{}, b.sync(run)
	})
	if err != nil {
		return Summary{}, err
	}
	if run.HistoryLong() {
		return Summary{}, j.goOn(run, s.Input)
	}
	j.progress.Say(run, "finishing")
	if _, err = w.steps.completeRun.Do(run, completeRequest{Plan: j.Plan, Pairs: completedPairs(j.tables)}); err != nil {
		return Summary{}, err
	}
	return summarize(j), nil
}

// baseSync brings the tables of one target base up to date.
type baseSync struct {
	baseState
	tables []*tableSync
}

// sync does the rows first, in an order in which links can be followed, then the
// links that had to wait, then what rows lack that have not changed, then deletes. While the first table is written, all
// others are read.
func (b *baseSync) sync(run engine.Run) error {
	phases := []func(engine.Run) error{b.readFirst, b.writeFirst, b.writeOthers, b.writeLinks, b.writeOwed, b.deleteGone}
	for b.Phase < len(phases) {
		// In a history that is long, the phase may not be over.
		if err := phases[b.Phase](run); err != nil || run.HistoryLong() {
			return err
		}
		b.Phase++
	}
	return nil
}

func (b *baseSync) readFirst(run engine.Run) error { return b.tables[0].read(run) }

func (b *baseSync) writeFirst(run engine.Run) error {
	return engine.All(run,
		func(run engine.Run) error { return b.tables[0].write(run, plan.PassRows) },
		func(run engine.Run) error {
			return each(b.tables[1:], func(t *tableSync) error { return t.read(run) })
		})
}

func (b *baseSync) writeOthers(run engine.Run) error {
	return each(b.tables[1:], func(t *tableSync) error { return t.write(run, plan.PassRows) })
}

func (b *baseSync) writeLinks(run engine.Run) error {
	return each(b.tables, func(t *tableSync) error { return t.write(run, plan.PassLinks) })
}

func (b *baseSync) writeOwed(run engine.Run) error {
	return each(b.tables, func(t *tableSync) error { return t.writeOwed(run) })
}

func (b *baseSync) deleteGone(run engine.Run) error {
	return each(b.tables, func(t *tableSync) error { return t.deleteGone(run) })
}

func each(tables []*tableSync, do func(*tableSync) error) error {
	for _, t := range tables {
		if err := do(t); err != nil {
			return err
		}
	}
	return nil
}

// tableNames names the tables for people: by the source table, and by the bases
// too if there are several.
func tableNames(c Config, tables []tableState) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.Figures.SourceTable
		if len(c.SourceBases)+len(c.TargetBases) > 2 {
			names[i] = fmt.Sprintf("%s (%s → %s)", t.Figures.SourceTable, t.Figures.SourceBase, t.Figures.TargetBase)
		}
	}
	return names
}

// completedPairs lists what becomes valid with the end of the run.
func completedPairs(tables []*tableSync) []completedPair {
	var first time.Time
	for _, t := range tables {
		if mark := t.Source.At.Mark; !mark.IsZero() && (first.IsZero() || mark.Before(first)) {
			first = mark
		}
	}
	var done []completedPair
	for _, t := range tables {
		done = append(done, t.completed(first))
	}
	return done
}

func summarize(j *job) Summary {
	s := Summary{Calls: j.Calls.summed(), Warnings: j.Warnings}
	for _, t := range j.tables {
		s.Tables = append(s.Tables, t.Figures)
		s.Warnings = append(s.Warnings, t.Figures.warnings(j.input.Mode, t.Duplicates)...)
		for _, field := range t.Altered {
			s.Warnings = append(s.Warnings, plan.Warning{Code: "cells_altered", Table: t.Figures.TargetTable, Field: field,
				Detail: "Airtable writes cells of this field in a form of its own; they count as equal as long as neither side changes"})
		}
	}
	return s
}
