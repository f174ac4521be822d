package airtablesync_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

const (
	otherTarget = airtable.BaseID("appTarget00000002")
	people      = 330
)

// twoTargets syncs the source into two bases, in small pages.
func twoTargets() string {
	return strings.Replace(config(`"batch_size":7`), `"target_bases":[`,
		`"target_bases":[{"base_id":"`+string(otherTarget)+`","api_key":"secret:sec_target"},`, 1)
}

// crowd fills the source: people who report to each other, and what they work on.
func (b *testBundle) crowd() []airtable.RecordID {
	b.Helper()
	fields := []airtable.NewField{text("Name")}
	for _, name := range []string{"Street", "Town", "Mail", "Phone", "Shoe size", "Motto"} {
		fields = append(fields, text(name))
	}
	b.base(sourceID, table("Tasks", text("Title")), table("People", fields...), table("Teams", text("Name")))
	b.link(sourceID, "People", "Boss", "People")
	b.link(sourceID, "Tasks", "Owner", "People")
	b.insert(sourceID, "People", slices.Repeat([]string{`{}`}, people)...)
	var ids []airtable.RecordID // in the order of listings
	for i, r := range b.rows(sourceID, "People") {
		ids = append(ids, r.ID)
		b.update(sourceID, "People", r.ID, fmt.Sprintf(`{"Name":"P%03d","Town":"x%d"}`, i, i))
	}
	for i := 0; i < people/2; i += 3 { // to a row that comes later, whatever is under way together
		b.update(sourceID, "People", ids[i], fmt.Sprintf(`{"Boss":[%q]}`, ids[i+people/2]))
	}
	var rows []string
	for i := range 60 {
		rows = append(rows, fmt.Sprintf(`{"Title":"T%02d","Owner":[%q]}`, i, ids[i]))
	}
	b.insert(sourceID, "Tasks", rows...)
	b.insert(sourceID, "Teams", `{"Name":"one"}`, `{"Name":"two"}`)
	b.emptyTarget()
	b.base(otherTarget, table("Unused", text("Name")), table("People", text("Name")))
	return ids
}

// edits changes the source and the target between two runs: rows disappear, also
// some that are there and that listings miss. It returns a copy of a row that
// someone has made in the target.
func (b *testBundle) edits(n *notes, ids []airtable.RecordID) airtable.RecordID {
	b.Helper()
	b.remove(sourceID, "People", ids[200:320]...)
	for i, id := range ids[:200] {
		if i%2 == 0 {
			b.update(sourceID, "People", id, fmt.Sprintf(`{"Name":"P%03d edited","Boss":[%q]}`, i, ids[(i+100)%200]))
		}
	}
	for i, id := range ids[:150] {
		n.hidden[id] = i%5 == 0
	}
	vandal := b.rows(targetID, "Tasks")
	b.update(targetID, "Tasks", vandal[3].ID, `{"Title":"vandal"}`)
	return b.insert(targetID, "Tasks", fmt.Sprintf(`{"Title":"copy","Source Record ID":%s}`, vandal[5].Fields[airtablesync.DefaultExternalIDField]))[0]
}

// told is what a story leaves behind for people.
type told struct {
	Summaries []airtablesync.Summary
	Progress  []engine.Progress
	Rows      map[string][]string // of tables
	Outcomes  int                 // how many rows are told of
}

// story is four runs: everything is new; much has changed; the same held; little
// has changed. run runs one.
func (b *testBundle) story(n *notes, run func(config, input string) airtablesync.Summary) told {
	b.Helper()
	got := told{Rows: map[string][]string{}}
	tell := func(s airtablesync.Summary) {
		got.Summaries = append(got.Summaries, s)
		b.mu.Lock()
		defer b.mu.Unlock()
		got.Progress = append(got.Progress, b.progress)
	}
	ids := b.crowd()
	tell(run(twoTargets(), ""))
	theCopy := b.edits(n, ids)
	tell(run(twoTargets(), `{"mode":"full"}`)) // which holds the deletes
	tell(run(twoTargets(), `{"allow_deletes":true}`))
	clear(n.hidden)
	b.remove(targetID, "Tasks", theCopy)
	b.update(sourceID, "People", ids[7], `{"Name":"the last edit"}`)
	b.remove(targetID, "People", b.named(targetID, "People", "P001")) // which leaves a link open
	b.update(sourceID, "Tasks", b.named(sourceID, "Tasks", "T01"), `{"Title":"T01 edited"}`)
	tell(run(twoTargets(), ""))
	for _, base := range []airtable.BaseID{targetID, otherTarget} {
		for _, table := range []string{"Teams", "Tasks", "People"} {
			got.Rows[string(base)+" "+table] = b.readable(base, table)
		}
	}
	for n := range b.runs {
		rows, err := b.outcomes.Rows(b.Context(), workspace, workflow.ExecutionID(b.execution(n+1)), 0, 1000)
		b.ok(err)
		got.Outcomes += len(rows)
	}
	return got
}

// named finds a row by its primary field.
func (b *testBundle) named(base airtable.BaseID, table, name string) airtable.RecordID {
	b.Helper()
	for _, r := range b.rows(base, table) {
		if slices.ContainsFunc([]string{"Name", "Title"}, func(f string) bool { return string(r.Fields[f]) == fmt.Sprintf("%q", name) }) {
			return r.ID
		}
	}
	b.Fatalf("%s has no row %s", table, name)
	return ""
}

// generations returns how many generations an execution has, and checks that each
// is as short as it should be, with what may be under way at its end.
func (b *testBundle) generations(execution string) int {
	b.Helper()
	count, records := 1, 0
	for _, e := range b.events(true) {
		if e.Stream.ID != execution {
			continue
		}
		if records++; e.Type == engine.EventContinued {
			if records > b.long+40 {
				b.Errorf("generation %d has %d records", count, records)
			}
			if len(e.Journal) > 2_000 {
				b.Errorf("generation %d begins with %d bytes", count+1, len(e.Journal))
			}
			count, records = count+1, 0
		}
	}
	return count
}

func (b *testBundle) same(want, got told) {
	b.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("many generations leave behind something else than one (-one +many):\n%s", diff)
	}
	b.noDuplicates()
}

// However often it goes on with a fresh history, a sync does what it does in one.
func TestManyGenerationsDoWhatOneDoes(t *testing.T) {
	t.Parallel()
	n := newNotes()
	one := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
	want := one.story(n, one.complete)
	if len(want.Summaries[3].Warnings) == 0 || find(t, want.Summaries[2], "People").Deleted == 0 {
		t.Errorf("the story is too simple: %+v", want.Summaries)
	}
	for _, long := range []int{9, 14, 23, 61} {
		t.Run(fmt.Sprint(long), func(t *testing.T) {
			t.Parallel()
			n := newNotes()
			b := setupLong(t, long, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
			b.same(want, b.story(n, func(config, input string) airtablesync.Summary {
				s := b.complete(config, input)
				if count := b.generations(b.execution(b.runs)); count < 3 {
					t.Errorf("run %d took %d generations", b.runs, count)
				}
				return s
			}))
			for phase, in := range n.seen {
				t.Logf("%-12s in %d generations", phase, len(in))
			}
			if missing := slices.DeleteFunc([]string{"schema", "create", "read", "list", "write rows", "write links", "look again", "delete"},
				func(phase string) bool { return len(n.seen[phase]) > 4 }); long == 9 && len(missing) > 0 {
				t.Errorf("%v were not interrupted: %v", missing, slices.Sorted(maps.Keys(n.seen)))
			}
		})
	}
}

// The process may die around each end of a generation.
func TestGenerationsSurviveRestarts(t *testing.T) {
	t.Parallel()
	n := newNotes()
	one := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
	want := one.story(n, one.complete)
	n = newNotes()
	b := setupLong(t, 61, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
	restarts := 0
	got := b.story(n, func(config, input string) airtablesync.Summary {
		execution, position := b.start(config, input)
		restarts += b.restartAround(execution, position)
		got := b.await(execution, position)
		if got.event.Type != engine.EventCompleted {
			t.Fatalf("%s: %s", got.event.Type, got.event.Data)
		}
		return got.Summary
	})
	for i := range got.Summaries { // a step that was interrupted may have called already
		if was, is := want.Summaries[i].Calls, got.Summaries[i].Calls; is.Total < was.Total {
			t.Errorf("run %d counts %+v, and took %+v without restarts", i+1, is, was)
		}
		want.Summaries[i].Calls, got.Summaries[i].Calls = airtablesync.Calls{}, airtablesync.Calls{}
	}
	b.same(want, got)
	if t.Logf("%d restarts", restarts); restarts < 20 {
		t.Errorf("only %d restarts", restarts)
	}
}

// restartAround restarts the engine whenever a run keeps its state and whenever it
// has continued, until it ends.
func (b *testBundle) restartAround(execution string, after int64) (restarts int) {
	b.Helper()
	events := b.store.Subscribe(after-1, eventstore.Filter{Workspace: workspace, StreamID: execution})
	defer events.Close()
	for {
		batch, err := events.Next(b.Context())
		b.ok(err)
		again := false
		for _, e := range batch {
			switch {
			case e.Type == engine.EventCompleted || e.Type == engine.EventFailed || e.Type == engine.EventParked:
				return restarts
			case e.Type == engine.EventContinued, e.Type == engine.EventStepCompleted && strings.HasSuffix(engine.DecodeStep(e.Data).Step, "/keep_rows"):
				again = true
			}
		}
		if again {
			b.restart()
			restarts++
		}
	}
}

// A redrive goes on where a generation has failed, whichever it was.
func TestARedriveOfALaterGeneration(t *testing.T) {
	t.Parallel()
	n := newNotes()
	one := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
	want := one.story(n, one.complete)
	for _, phase := range []string{"schema", "create", "read", "list", "write rows", "write links", "look again", "delete"} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			n := newNotes()
			b := setupLong(t, 14, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
			redrives := 0
			b.same(want, b.story(n, func(config, input string) airtablesync.Summary {
				n.breaks(phase)
				got := b.run(config, input)
				for n.breaks(""); got.event.Type == engine.EventFailed; redrives++ {
					if got.Code != "broken" {
						t.Fatalf("%s %s", got.event.Type, got.event.Data)
					}
					got = b.await(b.redrive(config, got.event.Stream.ID))
				}
				if got.event.Type != engine.EventCompleted {
					t.Fatalf("%s %s", got.event.Type, got.event.Data)
				}
				return got.Summary
			}))
			if redrives == 0 {
				t.Error("nothing failed")
			}
		})
	}
}

// What people see of an execution is the input that they gave.
func TestAFurtherGenerationKeepsTheInput(t *testing.T) {
	t.Parallel()
	n := newNotes()
	b := setupLong(t, 30, func(a airtablesync.Airtable) airtablesync.Airtable { return phases{a, n} })
	b.crowd()
	b.complete(config(""), `{"mode":"full"}`)
	var created struct{ Input json.RawMessage }
	for _, e := range b.events(true) {
		if e.Stream.ID == b.execution(1) && e.Type == engine.EventCreated {
			b.ok(json.Unmarshal(e.Data, &created))
		} else if strings.Contains(string(e.Data), "$c") {
			t.Errorf("%s tells %s", e.Type, e.Data)
		}
	}
	if string(created.Input) != `{"mode":"full"}` {
		t.Errorf("input: %s", created.Input)
	}
}
