package airtablesync

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// Every field of the state is there again, and the rest of the job is as it was.
func TestTheNextGenerationKnowsWhatTheLastOneDid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, run, w := b.directly()
	j, err := w.takeUp(run, kind.Start[Config, Input]{Config: b.stored, Input: Input{AllowDeletes: true}})
	b.ok(err)
	if j.Token != sweepToken(engine.Root{Execution: "ex_1", Generation: 1}) || j.Schemas == nil || j.input.Mode != ModeFull {
		t.Errorf("it begins with %+v", j)
	}
	ref := kind.Ref{Name: "a", Bytes: 7, Sum: "s"}
	at := airtable.Position{Reading: airtable.ReadAll, Offset: "itr/rec"}
	table := tableState{
		Figures: TableSummary{SourceTable: "People", Mode: ModeFull, Read: 9, Created: 4}, Source: reading{At: at, Restarts: 2}, Target: &reading{At: at, Restarts: 3},
		Unmet: 5, Duplicates: 6, Done: 7,
		Gone: goneState{Stage: goneToSync, After: "rec1", Rows: []linkmap.Gone{{Source: "rec2", Target: "rec3"}}, Lookup: reading{At: at, Restarts: 1}},
	}
	j.Schemas, j.Plan, j.Calls, j.Warnings = nil, ref, Calls{Read: 3, Write: 2}, []plan.Warning{{Code: "c", Table: "T"}}
	j.arrange(run, []baseState{{Tables: []int{0}, Phase: 3}}, []tableState{table})
	in := b.next(j.goOn(run, Input{AllowDeletes: true}))
	if diff := cmp.Diff(Input{AllowDeletes: true}, in.Input); diff != "" {
		t.Errorf("the input (-want +got):\n%s", diff)
	}
	d, run, w := b.directly()
	d.root.Generation = 2 // no sweep begins there
	again, err := w.takeUp(run, in)
	b.ok(err)
	if diff := cmp.Diff(j.runState, again.runState); diff != "" {
		t.Errorf("the run (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(table, again.tables[0].tableState); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	if base := again.bases[0]; base.Phase != 3 || base.tables[0] != again.tables[0] || again.tables[0].name != "People" {
		t.Errorf("the base: %+v", base)
	}
	want := []engine.ProgressItem{{Name: "People", Done: 7, Total: 9}}
	if diff := cmp.Diff(want, again.progress.items); diff != "" {
		t.Errorf("progress (-want +got):\n%s", diff)
	}
}

// The schemas can be half read, and a plan half done.
func TestTheNextGenerationKnowsHowFarTheSchemasAre(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, run, w := b.directly()
	j, err := w.takeUp(run, kind.Start[Config, Input]{Config: b.stored})
	b.ok(err)
	ref := kind.Ref{Name: "a", Bytes: 7, Sum: "s"}
	j.Schemas = &schemaState{Round: 2, Sources: []baseSchema{{Base: "appS", Schema: ref}}, Targets: []baseSchema{{Base: "appT", Schema: ref}},
		Made: &planMade{Plan: ref, Changes: []changeInfo{{Type: plan.CreateField, Text: "x"}}}, Change: 1, Fresh: []string{"appT/tbl"}}
	again, err := w.takeUp(run, b.next(j.goOn(run, Input{})))
	b.ok(err)
	if diff := cmp.Diff(j.Schemas, again.Schemas); diff != "" || again.tables != nil {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What travels and what is loaded stays small, whatever the number of rows and
// tables.
func TestTheStateOfALargeRunIsSmall(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d, run, w := b.directly()
	j, err := w.takeUp(run, kind.Start[Config, Input]{Config: b.stored})
	b.ok(err)
	j.Schemas = nil
	tables := make([]tableState, 300)
	for i := range tables {
		tables[i].Figures.SourceTable = fmt.Sprintf("Ein längerer Name für eine Tabelle, %d", i)
	}
	parts := make([]part, 10_000) // of a million rows
	for i := range parts {
		parts[i] = part{Ref: kind.Ref{Name: strings.Repeat("n", 16), Bytes: int64(100_000 + i), Sum: strings.Repeat("s", 22)}, To: 100}
	}
	tables[7].Pages, tables[7].Changes = parts[:4000:4000], parts[4000:]
	tables[9].Later = []part{{Ref: parts[0].Ref, From: 3, To: 4}}
	j.arrange(run, []baseState{{Tables: []int{7}}}, tables)
	err = j.goOn(run, Input{})
	next := b.next(err)
	if raw, _ := engine.Continuation(err); len(raw) > 1_000 {
		t.Errorf("%d bytes go along", len(raw))
	}
	if d.largest > engine.MaxValueBytes/2 || d.steps > 10_000/maxFold+4 {
		t.Errorf("%d steps, the largest with %d bytes", d.steps, d.largest)
	}
	d.steps, d.largest = 0, 0
	again, err := w.takeUp(run, next)
	b.ok(err)
	if d.steps > 2 || d.largest > engine.MaxValueBytes/2 {
		t.Errorf("to begin, it takes %d steps, the largest with %d bytes", d.steps, d.largest)
	}
	for i, table := range again.tables {
		for name, lists := range map[string][2][]part{"pages": {tables[i].Pages, table.Pages}, "changes": {tables[i].Changes, table.Changes}, "later": {tables[i].Later, table.Later}} {
			if diff := cmp.Diff(lists[0], b.unfolded(again, run, lists[1])); diff != "" {
				t.Fatalf("%s of %d (-want +got):\n%s", name, i, diff)
			}
		}
	}
}

// unfolded returns a list as it was before it was folded.
func (b *testBundle) unfolded(j *job, run engine.Run, list []part) []part {
	b.Helper()
	for range len(list) {
		if i := len(list) - 1; !list[i].Folded {
			break
		}
		for _, p := range list {
			if p.Folded {
				b.ok(j.unfold(run, &list))
				break
			}
		}
	}
	return list
}

// What was folded and not needed since is not folded again.
func TestFoldingTwice(t *testing.T) {
	t.Parallel()
	b := setup(t)
	d, run, w := b.directly()
	j := &job{steps: w.steps}
	named := func(names ...string) []part {
		var parts []part
		for _, name := range names {
			parts = append(parts, part{Ref: kind.Ref{Name: name, Bytes: 1, Sum: "s"}, To: 2})
		}
		return parts
	}
	j.tables = []*tableSync{{tableState: tableState{Pages: named("a", "b"), Changes: named("c")}}, {tableState: tableState{Later: named("d", "e")}}}
	b.ok(j.fold(run))
	first := j.tables[0].Pages
	if len(first) != 1 || !first[0].Folded || d.steps != 1 || j.tables[1].Later[0].Ref != first[0].Ref {
		t.Errorf("%d steps: %+v", d.steps, first)
	}
	b.ok(j.fold(run))
	if diff := cmp.Diff(first, j.tables[0].Pages); diff != "" || d.steps != 1 {
		t.Errorf("%d steps (-want +got):\n%s", d.steps, diff)
	}
	j.tables[0].Pages = append(j.tables[0].Pages, named("f")...)
	b.ok(j.fold(run))
	if d.steps != 2 || len(j.tables[0].Pages) != 2 {
		t.Errorf("%d steps: %+v", d.steps, j.tables[0].Pages)
	}
	for i, want := range [][]part{named("a", "b", "f"), named("c"), named("d", "e")} {
		list := [][]part{j.tables[0].Pages, j.tables[0].Changes, j.tables[1].Later}[i]
		if diff := cmp.Diff(want, b.unfolded(j, run, list)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestStateThatCannotBeReadIsFatal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	_, run, w := b.directly()
	ref, err := keepRows(run, w.steps, []string{"{"})
	b.ok(err)
	kept, err := json.Marshal(carried{Pieces: []kind.Ref{ref}})
	b.ok(err)
	for _, raw := range []string{`7`, string(kept)} {
		if _, err := w.takeUp(run, kind.Start[Config, Input]{Carried: json.RawMessage(raw)}); engine.AsError(err).Code != "bad_state" {
			t.Errorf("%s: %v", raw, err)
		}
	}
}

func TestTextIsCutBetweenItsCharacters(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":        {""},
		"abcd":    {"abcd"},
		"abcde":   {"abcd", "e"},
		"abcéd":   {"abc", "éd"},
		"äöüß":    {"äö", "üß"},
		"a€€b":    {"a€", "€b"},
		"abcd€fg": {"abcd", "€f", "g"},
	} {
		if diff := cmp.Diff(want, inPieces(text, 4)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
