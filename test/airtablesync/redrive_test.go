package airtablesync_test

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// refuser refuses to delete rows as long as it is told to.
type refuser struct {
	airtablesync.Airtable
	on *atomic.Bool
}

func (r refuser) Delete(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, ids []airtable.RecordID) (*airtable.DeleteResult, error) {
	if r.on.Load() {
		return nil, failure.New(failure.Fatal, "refused", "no deletes today")
	}
	return r.Airtable.Delete(ctx, tok, base, table, ids)
}

// stepsOf counts the completed steps of an execution by name.
func (b *testBundle) stepsOf(execution string) map[string]int {
	b.Helper()
	counts := map[string]int{}
	for _, e := range b.events(false) {
		if e.Stream.ID == execution && e.Type == engine.EventStepCompleted {
			counts[strings.TrimPrefix(engine.DecodeStep(e.Data).Step, airtablesync.Name+"/")]++
		}
	}
	return counts
}

// redrive starts a redrive of an execution.
func (b *testBundle) redrive(config, origin string) (execution string, position int64) {
	b.Helper()
	b.runs++
	execution = b.execution(b.runs)
	position, err := b.engine.Start(b.Context(), engine.Start{Workspace: workspace, Execution: execution, Function: airtablesync.Name + "/run",
		Kind: airtablesync.Name, Definition: definition, Version: b.version(config), Origin: &engine.Origin{Execution: origin}})
	b.ok(err)
	return execution, position
}

// A redrive goes on where its origin failed: with the pages that the origin has
// put away, and with its sweep, so that no row counts as gone that it has seen.
func TestARedriveGoesOn(t *testing.T) {
	t.Parallel()
	var refusing atomic.Bool
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return refuser{a, &refusing} })
	ids := b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	b.remove(sourceID, "People", ids["People"][7])
	b.update(sourceID, "Companies", ids["Companies"][3], `{"Name":"C03 edited"}`)
	refusing.Store(true)
	failed, position := b.start(config(""), `{"mode":"full"}`)
	if got := b.await(failed, position); got.event.Type != engine.EventFailed || got.Code != "refused" {
		t.Fatalf("%s %s", got.event.Type, got.event.Data)
	}
	refusing.Store(false)
	again, position := b.redrive(config(""), failed)
	got := b.await(again, position)
	if got.event.Type != engine.EventCompleted || find(t, got.Summary, "People").Deleted != 1 {
		t.Fatalf("%s %s", got.event.Type, got.event.Data)
	}
	if diff := cmp.Diff(map[string]int{"delete_batch": 1, "find_gone": 1, "complete_run": 1}, b.stepsOf(again)); diff != "" {
		t.Errorf("steps of the redrive (-want +got):\n%s", diff)
	}
	b.sameTables("Companies", "People", "Deals")
	groups, err := b.blobs.Owners(b.Context(), blob.Execution)
	b.ok(err)
	if slices.Contains(groups, again) || !slices.Contains(groups, failed) {
		t.Errorf("blobs stand in %v, want those of the redrive with its origin's", groups)
	}

	// What it leaves behind is what a run that went through would have left.
	b.remove(sourceID, "People", ids["People"][8])
	next := b.complete(config(""), `{"mode":"full"}`)
	if people := find(t, next, "People"); people.Deleted != 1 || people.Unchanged != 23 || find(t, next, "Companies").Unchanged != 12 {
		t.Errorf("the next run: %+v", next)
	}
}

// What a run has failed because of can be repaired: the redrive looks at the
// schemas again, as long as nothing was changed since.
func TestARedriveSeesARepairedSchema(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	c := config(`"sync_rules":[{"source_table":"People","target_table":"Folks"}]`)
	b.base(sourceID, table("Teams", text("Name")))
	b.emptyTarget()
	failed := b.run(c, "")
	if failed.Code != "source_table_missing" {
		t.Fatalf("%s %s", failed.event.Type, failed.event.Data)
	}
	again := b.await(b.redrive(c, failed.event.Stream.ID))
	if again.Code != "source_table_missing" {
		t.Fatalf("%s %s", again.event.Type, again.event.Data)
	}
	_, err := b.client.CreateTable(t.Context(), sourceToken, sourceID, table("People", text("Name")))
	b.ok(err)
	b.insert(sourceID, "People", `{"Name":"A"}`)
	got := b.await(b.redrive(c, again.event.Stream.ID))
	if got.event.Type != engine.EventCompleted || find(t, got.Summary, "Folks").Created != 1 {
		t.Errorf("%s %s", got.event.Type, got.event.Data)
	}
}

// A run that finds nothing changed asks nothing that it knows already.
func TestAnUnchangedRunTakesFewSteps(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name")))
	b.insert(sourceID, "People", `{"Name":"A"}`, `{"Name":"B"}`)
	b.emptyTarget()
	b.complete(config(""), "")
	for input, want := range map[string]map[string]int{
		`{"mode":"full"}`: {"read_schema": 2, "plan": 1, "fetch_page": 1, "list_target": 1, "compare_page": 1, "complete_run": 1},
		``:                {"read_schema": 2, "plan": 1, "fetch_page": 1, "compare_page": 1, "complete_run": 1},
	} {
		b.complete(config(""), input)
		if diff := cmp.Diff(want, b.stepsOf(b.execution(b.runs))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", input, diff)
		}
		if told := b.told(); len(told) > 0 {
			t.Errorf("%s: rows are told of: %q", input, told)
		}
	}
}
