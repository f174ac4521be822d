package airtablesync

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

func TestATableCountsWhatItsStepsDid(t *testing.T) {
	t.Parallel()
	j := &job{}
	table := &tableSync{job: j, tableState: newTableState(pairInfo{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "Persons"})}
	ref := kind.Ref{Name: "a"}
	for _, page := range []pageListed{{Ours: 5, Duplicates: 1}, {Expired: true}, {Ours: 7}, {Ours: 2, Duplicates: 3}} {
		table.listed(page)
	}
	table.compared(pageCompared{Changes: ref, Count: 3, Unchanged: 5, Listed: 6, SkippedLinks: 2})
	table.compared(pageCompared{Unchanged: 4, Listed: 2})
	if diff := cmp.Diff([]part{{Ref: ref, To: 3}}, table.Changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	table.wrote(table.Changes, batchWritten{BatchCounts: plan.BatchCounts{Created: 2, Updated: 1, Later: []int{1}, Open: 6}, Calls: 7})
	if diff := cmp.Diff([]part{{Ref: ref, From: 1, To: 2}}, table.Later); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	want := TableSummary{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "Persons", Mode: ModeIncremental,
		Read: 12, Created: 2, Updated: 1, Unchanged: 9, SkippedLinks: 2, OpenLinks: 6}
	if diff := cmp.Diff(want, table.Figures); diff != "" || j.Calls.Write != 7 || j.Calls.Read != 4 || table.Unmet != 1 || table.Duplicates != 3 {
		t.Errorf("%+v, %d rows without a source row, %d duplicates (-want +got):\n%s", j.Calls, table.Unmet, table.Duplicates, diff)
	}
}

// What becomes valid decides what the next run reads.
func TestCompletedPairs(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 25, 10, minute, 0, 0, time.UTC) }
	j := &job{runState: runState{Token: "run"}}
	read := func(mark time.Time) reading { return reading{At: airtable.Position{Mark: mark}} }
	full := TableSummary{Mode: ModeFull}
	tables := []*tableSync{
		{job: j, pair: 0, tableState: tableState{Figures: full, Target: &reading{Restarts: 1}, Source: read(at(5))}},
		{job: j, pair: 1, tableState: tableState{Source: read(at(3))}},
		{job: j, pair: 2, tableState: tableState{Source: read(at(7)), Figures: TableSummary{OpenLinks: 1}}},
		{job: j, pair: 3, tableState: tableState{Figures: full}}, // Airtable sent no clock
	}
	want := []completedPair{
		{Pair: 0, Mark: at(5), Sweep: "run", Listing: "run.1"},
		{Pair: 1, Mark: at(3)},
		{Pair: 2, Mark: at(3)}, // back to the beginning of the run
		{Pair: 3, Sweep: "run"},
	}
	if diff := cmp.Diff(want, completedPairs(tables)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAListingMayExpireTenTimes(t *testing.T) {
	t.Parallel()
	r := &reading{Restarts: 9}
	if err := r.advance(airtable.StartAll(), true, "People"); err != nil {
		t.Errorf("ten times: %v", err)
	}
	if err := r.advance(airtable.StartAll(), false, "People"); err != nil {
		t.Errorf("the next page: %v", err)
	}
	var failed *engine.Error
	if err := r.advance(airtable.StartAll(), true, "People"); !errors.As(err, &failed) || failed.Code != airtable.CodeOffsetExpired {
		t.Errorf("eleven times: %v", err)
	}
}

func TestTablesAreNamedByTheirBasesIfThereAreSeveral(t *testing.T) {
	t.Parallel()
	tables := []tableState{newTableState(pairInfo{SourceBase: "appS", SourceTable: "People", TargetBase: "appT"})}
	one := []BaseConfig{{}}
	for bases, want := range map[int]string{1: "People", 2: "People (appS → appT)"} {
		c := Config{SourceBases: one, TargetBases: make([]BaseConfig, bases)}
		if diff := cmp.Diff([]string{want}, tableNames(c, tables)); diff != "" {
			t.Errorf("%d targets (-want +got):\n%s", bases, diff)
		}
	}
}

func TestSummaryHasEveryTableAndWarning(t *testing.T) {
	t.Parallel()
	j := &job{runState: runState{Calls: Calls{Read: 2}, Warnings: []plan.Warning{{Code: "links_skipped"}}}}
	j.tables = []*tableSync{{tableState: tableState{Figures: TableSummary{TargetTable: "A"}, Duplicates: 1}}, {tableState: tableState{Figures: TableSummary{TargetTable: "B", Held: 1}}}}
	s := summarize(j)
	var codes []string
	for _, w := range s.Warnings {
		codes = append(codes, w.Code)
	}
	if diff := cmp.Diff([]string{"links_skipped", "doubled_rows", "deletes_held"}, codes); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if len(s.Tables) != 2 || s.Tables[1].TargetTable != "B" || s.Calls.Total != 2 {
		t.Errorf("%+v", s)
	}
}

// A sweep must not be taken for another one's.
func TestSweepTokensDiffer(t *testing.T) {
	t.Parallel()
	if a, b := sweepToken(engine.Root{Execution: "ex_1"}), sweepToken(engine.Root{Execution: "ex_2"}); a == b || len(a) != 16 {
		t.Errorf("%s and %s", a, b)
	}
}
