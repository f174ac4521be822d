package orchestrator_test

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestAnExecutionRunsToItsEndAndIsShown(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"steps":3}`)
	if x.State != workflow.Running || x.RunAs != admin.Principal || x.Trigger.Type != "api" {
		t.Errorf("the answer to a start is %+v", x)
	}
	got := b.end(x.ID)
	if got.State != workflow.Completed || got.StepsCompleted != 4 || got.StartedAt == nil || got.EndedAt == nil {
		t.Errorf("ended as %+v", got)
	}
	if want := `{"steps":3,"name":"` + string(d.ID) + `","version":1}`; string(got.Output) != want {
		t.Errorf("output %s, want %s", got.Output, want)
	}
	if string(got.Input) != `{"steps":3}` || got.WorkflowVersion != 1 || got.Type != "fake" {
		t.Errorf("shown as %+v", got)
	}
	steps, err := b.Steps(t.Context(), admin, query.StepsRequest{Execution: x.ID})
	b.must(err)
	var paths []string
	for _, s := range steps.Items {
		paths = append(paths, s.Path+" "+s.Name+" "+string(s.State))
	}
	want := []string{"1 fake/quick completed", "2 fake/quick completed", "3 fake/quick completed", "4 fake/read completed"}
	if diff := cmp.Diff(want, paths); diff != "" {
		t.Error(diff)
	}
}

func TestTheSameIdempotencyKeyStartsOnce(t *testing.T) { // I14
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	ask := orchestrator.ExecuteRequest{Workflow: d.ID, IdempotencyKey: "k1", Input: json.RawMessage(`{"steps":1}`)}
	var group sync.WaitGroup
	answers := make([]orchestrator.Started, 8)
	for i := range answers {
		group.Go(func() {
			var err error
			answers[i], err = b.Execute(t.Context(), admin, ask)
			b.check(err)
		})
	}
	group.Wait()
	b.end(answers[0].Execution.ID)
	b.restart()
	again, err := b.Execute(t.Context(), admin, ask)
	b.must(err)
	fresh := 0
	for _, a := range append(answers, again) {
		if diff := cmp.Diff(answers[0].Execution, a.Execution); diff != "" {
			t.Errorf("another answer to the same request: %s", diff)
		}
		if !a.Replayed {
			fresh++
		}
	}
	if fresh != 1 || !again.Replayed {
		t.Errorf("%d answers of 9 were not replays", fresh)
	}
	page, err := b.Executions(t.Context(), admin, query.ExecutionsRequest{Workflow: d.ID})
	b.must(err)
	if len(page.Items) != 1 {
		t.Errorf("%d executions, want 1", len(page.Items))
	}
}

func TestAnIdempotencyKeyBelongsToItsRequest(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	ask := orchestrator.ExecuteRequest{Workflow: d.ID, IdempotencyKey: "k1", Input: json.RawMessage(`{"steps":1}`)}
	first, err := b.Execute(t.Context(), admin, ask)
	b.must(err)
	ask.Input = json.RawMessage(` { "steps" : 1 } `)
	same, err := b.Execute(t.Context(), admin, ask)
	b.must(err)
	if !same.Replayed || same.Execution.ID != first.Execution.ID {
		t.Error("the same body, spelled with spaces, is another request")
	}
	ask.Input = json.RawMessage(`{"steps":2}`)
	_, err = b.Execute(t.Context(), admin, ask)
	wants(t, err, workflow.CategoryInvalid, "idempotency_key_reused")
	other := admin
	other.Principal = "pr_other"
	elsewhere, err := b.Execute(t.Context(), other, ask)
	b.must(err)
	if elsewhere.Replayed {
		t.Error("another principal's key was taken for this one's")
	}
	ask.IdempotencyKey = strings.Repeat("k", 256)
	_, err = b.Execute(t.Context(), admin, ask)
	wants(t, err, workflow.CategoryInvalid, "idempotency_key_malformed")
}

func TestAStartThatCannotBeMeantIsRefused(t *testing.T) {
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	ctx := t.Context()
	_, err := b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(`{"steps":"three"}`)})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_input"); e.Problems[0].Pointer != "/input/steps" {
		t.Errorf("problems %v", e.Problems)
	}
	_, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID, Input: json.RawMessage(`{"x":"` + strings.Repeat("y", 1<<20) + `"}`), Version: -1})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_start"); len(e.Problems) != 2 {
		t.Errorf("problems %v, want two", e.Problems)
	}
	_, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID, Version: 7})
	wants(t, err, workflow.CategoryNotFound, "version_not_found")
	_, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: workflow.NewID()})
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	b.must(b.Archive(ctx, admin, d.ID))
	_, err = b.Execute(ctx, admin, orchestrator.ExecuteRequest{Workflow: d.ID})
	wants(t, err, workflow.CategoryConflict, "workflow_archived")
}

func TestExecutionsStayWithTheirVersion(t *testing.T) { // I9
	t.Parallel()
	b := open(t)
	d := b.create(`{}`)
	_, err := b.Update(t.Context(), admin, d.ID, orchestrator.UpdateRequest{Name: "newer", Config: json.RawMessage(`{"later":1}`)})
	b.must(err)
	old, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID, Version: 1})
	b.must(err)
	newest := b.execute(d.ID, `{}`)
	if got := b.end(old.Execution.ID).WorkflowVersion; got != 1 {
		t.Errorf("version %d, want 1", got)
	}
	if got := b.end(newest.ID).WorkflowVersion; got != 2 {
		t.Errorf("version %d, want 2", got)
	}
}

// The newest version is that of the moment when an execution leaves pending; an
// input that does not fit it any more ends the execution.
func TestAPendingExecutionIsPinnedWhenItBegins(t *testing.T) { // I9
	b := open(t, func(b *bench) { b.kind.concurrency = 1 })
	d := b.create(`{}`)
	b.execute(d.ID, `{"gate":true}`)
	<-b.kind.entered
	named, err := b.Execute(t.Context(), admin, orchestrator.ExecuteRequest{Workflow: d.ID, Version: 1, Input: json.RawMessage(`{"steps":2}`)})
	b.must(err)
	fits, unfit := b.execute(d.ID, `{"steps":1}`), b.execute(d.ID, `{"steps":2}`)
	if named.Execution.WorkflowVersion != 1 || fits.WorkflowVersion != 0 || fits.State != workflow.Pending {
		t.Errorf("pending with version %d when it was named, %d when not", named.Execution.WorkflowVersion, fits.WorkflowVersion)
	}
	_, err = b.Update(t.Context(), admin, d.ID, orchestrator.UpdateRequest{Name: "newer", Config: json.RawMessage(`{"limit":1}`)})
	b.must(err)
	b.letThrough(1)
	if x := b.end(named.Execution.ID); x.State != workflow.Completed || x.WorkflowVersion != 1 {
		t.Errorf("the named version: %s with version %d", x.State, x.WorkflowVersion)
	}
	if x := b.end(fits.ID); x.State != workflow.Completed || x.WorkflowVersion != 2 {
		t.Errorf("the newest version: %s with version %d", x.State, x.WorkflowVersion)
	}
	if x := b.end(unfit.ID); x.State != workflow.Failed || x.Error == nil || x.Error.Code != "invalid_input" || !strings.Contains(x.Error.Message, "/steps") {
		t.Errorf("an input that does not fit: %s, %+v", x.State, x.Error)
	}
	b.end(b.execute(d.ID, `{}`).ID) // and its place is free again
}
