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
	table := newTableSync(j, 0, "People", pairInfo{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "Persons"})
	ref := kind.Ref{Name: "a"}
	for _, page := range []pageListed{{Ours: 5, Duplicates: 1}, {Expired: true}, {Ours: 7}, {Ours: 2, Duplicates: 3}} {
		table.listed(page)
	}
	table.compared(pageCompared{Changes: ref, Count: 3, Unchanged: 5, Listed: 6, SkippedLinks: 2})
	table.compared(pageCompared{Unchanged: 4, Listed: 2})
	changes := table.take(plan.PassRows)
	if diff := cmp.Diff([]part{{ref, 0, 3}}, changes); diff != "" {
		t.Errorf("changes (-want +got):\n%s", diff)
	}
	if again := table.take(plan.PassRows); again != nil {
		t.Errorf("rows are written twice: %v", again)
	}
	table.wrote(changes, batchWritten{BatchCounts: plan.BatchCounts{Created: 2, Updated: 1, Later: []int{1}, Open: 6}, Calls: 7})
	if diff := cmp.Diff([]part{{ref, 1, 2}}, table.take(plan.PassLinks)); diff != "" {
		t.Errorf("links (-want +got):\n%s", diff)
	}
	if again := table.take(plan.PassLinks); again != nil {
		t.Errorf("links are written twice: %v", again)
	}
	want := TableSummary{SourceBase: "appS", SourceTable: "People", TargetBase: "appT", TargetTable: "Persons", Mode: ModeIncremental,
		Read: 12, Created: 2, Updated: 1, Unchanged: 9, SkippedLinks: 2, OpenLinks: 6}
	if diff := cmp.Diff(want, table.figures); diff != "" || j.calls.Write != 7 || j.calls.Read != 4 || table.unmet != 1 || table.duplicates != 3 {
		t.Errorf("%+v, %d rows without a source row, %d duplicates (-want +got):\n%s", j.calls, table.unmet, table.duplicates, diff)
	}
}

// What becomes valid decides what the next run reads.
func TestCompletedPairs(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return time.Date(2026, 11, 25, 10, minute, 0, 0, time.UTC) }
	j := &job{token: "run"}
	tables := []*tableSync{
		{job: j, pair: 0, info: pairInfo{Full: true}, listing: "run.1", mark: at(5)},
		{job: j, pair: 1, mark: at(3)},
		{job: j, pair: 2, mark: at(7), figures: TableSummary{OpenLinks: 1}},
		{job: j, pair: 3, info: pairInfo{Full: true}}, // Airtable sent no clock
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
	if err := expiredTooOften(10, "People"); err != nil {
		t.Errorf("ten times: %v", err)
	}
	var failed *engine.Error
	if err := expiredTooOften(11, "People"); !errors.As(err, &failed) || failed.Code != airtable.CodeOffsetExpired {
		t.Errorf("eleven times: %v", err)
	}
}

func TestTablesAreNamedByTheirBasesIfThereAreSeveral(t *testing.T) {
	t.Parallel()
	pairs := []pairInfo{{SourceBase: "appS", SourceTable: "People", TargetBase: "appT"}}
	one := []BaseConfig{{}}
	for bases, want := range map[int]string{1: "People", 2: "People (appS → appT)"} {
		c := Config{SourceBases: one, TargetBases: make([]BaseConfig, bases)}
		if diff := cmp.Diff([]string{want}, tableNames(c, pairs)); diff != "" {
			t.Errorf("%d targets (-want +got):\n%s", bases, diff)
		}
	}
}

func TestSummaryHasEveryTableAndWarning(t *testing.T) {
	t.Parallel()
	j := &job{calls: Calls{Read: 2}, warnings: []plan.Warning{{Code: "links_skipped"}}}
	tables := []*tableSync{{figures: TableSummary{TargetTable: "A"}, duplicates: 1}, {figures: TableSummary{TargetTable: "B", Held: 1}}}
	s := summarize(j, tables)
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
