package orchestrator_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestADefinitionGetsANewVersionWithEveryUpdate(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	made, err := b.Create(ctx, admin, orchestrator.CreateRequest{Name: " first ", Type: "fake", Config: json.RawMessage(`{"later":1}`), Labels: map[string]string{"team": "crm"}})
	b.must(err)
	d := made.Definition
	if d.Version != 1 || d.Name != "first" || d.State != workflow.Active || len(d.Warnings) != 1 || d.Warnings[0].Pointer != "/config/later" {
		t.Errorf("created %+v", d)
	}
	updated, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "second", Config: json.RawMessage(`{}`), IfMatch: []int{1}})
	b.must(err)
	if updated.Version != 2 || updated.Name != "second" || len(updated.Warnings) != 0 || updated.Labels != nil {
		t.Errorf("updated %+v", updated)
	}
	_, err = b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "third", Config: json.RawMessage(`{}`), IfMatch: []int{1}})
	wants(t, err, workflow.CategoryPrecondition, "version_changed")
	b.restart()
	got, err := b.Get(ctx, admin, d.ID)
	b.must(err)
	if diff := cmp.Diff(updated, got); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
	versions, err := b.Versions(ctx, admin, d.ID)
	b.must(err)
	if len(versions) != 2 || versions[0].Name != "first" || string(versions[0].Config) != `{"later":1}` || versions[1].CreatedBy != admin.Principal {
		t.Errorf("versions %+v", versions)
	}
}

func TestAWrongDefinitionIsRefusedWithEveryFault(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, err := b.Create(t.Context(), admin, orchestrator.CreateRequest{Name: strings.Repeat("n", 201), Type: "fake", Config: json.RawMessage(`{"wrong":1,"worse":2,"token":"canary-secret"}`)})
	e := wants(t, err, workflow.CategoryInvalid, "invalid_workflow")
	var pointers []string
	for _, p := range e.Problems {
		pointers = append(pointers, p.Pointer)
	}
	if diff := cmp.Diff([]string{"/name", "/config/worse", "/config/wrong"}, pointers); diff != "" {
		t.Error(diff)
	}
	for config, pointer := range map[string]string{`{`: "/config", `[]`: "/config", `{"x":"` + strings.Repeat("y", 200<<10) + `"}`: "/config"} {
		_, err := b.Create(t.Context(), admin, orchestrator.CreateRequest{Name: "n", Type: "fake", Config: json.RawMessage(config)})
		if e := wants(t, err, workflow.CategoryInvalid, "invalid_workflow"); e.Problems[0].Pointer != pointer {
			t.Errorf("%.20s: problems %v", config, e.Problems)
		}
	}
	_, err = b.Create(t.Context(), admin, orchestrator.CreateRequest{Name: "n", Type: "nothing", Config: json.RawMessage(`{}`)})
	if e := wants(t, err, workflow.CategoryInvalid, "invalid_workflow"); e.Problems[0].Code != "unknown_type" || !strings.Contains(e.Problems[0].Detail, "fake") {
		t.Errorf("problems %v", e.Problems)
	}
	page, err := b.List(t.Context(), admin, query.ListRequest{})
	b.must(err)
	if head, _ := b.store.Head(t.Context()); len(page.Items) != 0 || head != 0 {
		t.Errorf("something was stored: %v, position %d", page.Items, head)
	}
	var secrets int
	b.must(b.db.Read().QueryRow(t.Context(), "SELECT count(*) FROM secrets").Scan(&secrets))
	if secrets != 0 {
		t.Errorf("%d secrets were stored with a refused workflow", secrets)
	}
}

func TestCreatingWithTheSameKeyCreatesOnce(t *testing.T) { // I14
	t.Parallel()
	b := open(t)
	ask := orchestrator.CreateRequest{Name: "n", Type: "fake", Config: json.RawMessage(`{"token":"abc"}`), IdempotencyKey: "k"}
	first, err := b.Create(t.Context(), admin, ask)
	b.must(err)
	again, err := b.Create(t.Context(), admin, ask)
	b.must(err)
	if diff := cmp.Diff(first.Definition, again.Definition); diff != "" || first.Replayed || !again.Replayed {
		t.Errorf("first %v, again %v: %s", first.Replayed, again.Replayed, diff)
	}
	ask.Name = "other"
	_, err = b.Create(t.Context(), admin, ask)
	wants(t, err, workflow.CategoryInvalid, "idempotency_key_reused")
}

func TestArchivingNeedsThatNothingIsOpen(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x := b.execute(d.ID, `{"gate":true}`)
	wants(t, b.Archive(ctx, admin, d.ID), workflow.CategoryConflict, "executions_open")
	<-b.kind.entered
	b.kind.gate <- struct{}{}
	b.end(x.ID)
	b.must(b.Archive(ctx, admin, d.ID))
	b.must(b.Archive(ctx, admin, d.ID))
	_, err := b.Update(ctx, admin, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{}`)})
	wants(t, err, workflow.CategoryConflict, "workflow_archived")
	_, err = b.PauseWorkflow(ctx, admin, d.ID)
	wants(t, err, workflow.CategoryConflict, "workflow_archived")
	got, err := b.Get(ctx, admin, d.ID)
	b.must(err)
	if got.State != workflow.Archived {
		t.Errorf("state %s", got.State)
	}
	page, err := b.List(ctx, admin, query.ListRequest{})
	b.must(err)
	if len(page.Items) != 0 {
		t.Error("an archived workflow is listed among the others")
	}
	page, err = b.List(ctx, admin, query.ListRequest{State: workflow.Archived})
	b.must(err)
	if len(page.Items) != 1 {
		t.Error("an archived workflow is not listed among the archived")
	}
}

func TestEveryLabelAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	b := open(t)
	labels := map[string]string{"": "x", " ": "x", "a/b~c": strings.Repeat("€", 257), "bell": "\a", "bytes": "\xff", "fine": strings.Repeat("€", 256)}
	_, err := b.Create(t.Context(), admin, orchestrator.CreateRequest{Name: "a\u202eb", Type: "nope", Config: json.RawMessage(`{}`), Labels: labels})
	wants(t, err, workflow.CategoryInvalid, "invalid_workflow")
	var got []string
	for _, p := range workflow.AsError(err).Problems {
		got = append(got, p.Pointer+" "+p.Code)
	}
	want := []string{"/name invalid", "/labels/ length", "/labels/  length", "/labels/a~1b~0c length", "/labels/bell invalid", "/labels/bytes invalid", "/type unknown_type"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestListsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	b := open(t)
	var want []workflow.ID
	for range 5 {
		want = append([]workflow.ID{b.create(`{}`).ID}, want...)
	}
	var got []workflow.ID
	cursor := ""
	for {
		page, err := b.List(t.Context(), admin, query.ListRequest{Limit: 2, Cursor: cursor})
		b.must(err)
		for _, d := range page.Items {
			got = append(got, d.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	_, err := b.List(t.Context(), admin, query.ListRequest{Cursor: "nonsense"})
	wants(t, err, workflow.CategoryInvalid, "invalid_cursor")
	_, err = b.List(t.Context(), admin, query.ListRequest{Limit: 101})
	wants(t, err, workflow.CategoryInvalid, "invalid_limit")
}

func TestNothingCrossesAWorkspace(t *testing.T) { // I29, S18
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{"token":"abc"}`)
	x := b.execute(d.ID, `{"steps":1}`)
	b.end(x.ID)
	_, err := b.Get(ctx, stranger, d.ID)
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Versions(ctx, stranger, d.ID)
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Update(ctx, stranger, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{}`)})
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	wants(t, b.Archive(ctx, stranger, d.ID), workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Execute(ctx, stranger, orchestrator.ExecuteRequest{Workflow: d.ID})
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.CancelWorkflow(ctx, stranger, d.ID)
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Metrics(ctx, stranger, d.ID)
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Health(ctx, stranger, d.ID)
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Executions(ctx, stranger, query.ExecutionsRequest{Workflow: d.ID})
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.Execution(ctx, stranger, x.ID)
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	_, err = b.Steps(ctx, stranger, query.StepsRequest{Execution: x.ID})
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	_, err = b.Events(ctx, stranger, query.EventsRequest{Execution: x.ID})
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	_, err = b.Watch(ctx, stranger, query.WatchRequest{Execution: x.ID})
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	_, err = b.Watch(ctx, stranger, query.WatchRequest{Workflow: d.ID})
	wants(t, err, workflow.CategoryNotFound, "workflow_not_found")
	_, err = b.CancelExecution(ctx, stranger, x.ID)
	wants(t, err, workflow.CategoryNotFound, "execution_not_found")
	workflows, err := b.List(ctx, stranger, query.ListRequest{})
	b.must(err)
	executions, err := b.Executions(ctx, stranger, query.ExecutionsRequest{})
	b.must(err)
	if len(workflows.Items)+len(executions.Items) != 0 {
		t.Error("a list shows another workspace's things")
	}
}

func TestEveryMethodAsksForItsRight(t *testing.T) { // S13
	t.Parallel()
	b := open(t)
	ctx := t.Context()
	d := b.create(`{}`)
	x := b.execute(d.ID, `{}`)
	b.end(x.ID)
	calls := map[workflow.Permission][]func(workflow.Caller) error{
		workflow.WorkflowWrite: {
			func(c workflow.Caller) error {
				_, err := b.Create(ctx, c, orchestrator.CreateRequest{Name: "n", Type: "fake", Config: json.RawMessage(`{}`)})
				return err
			},
			func(c workflow.Caller) error {
				_, err := b.Update(ctx, c, d.ID, orchestrator.UpdateRequest{Name: "n", Config: json.RawMessage(`{}`)})
				return err
			},
			func(c workflow.Caller) error { return b.Archive(ctx, c, b.create(`{}`).ID) },
		},
		workflow.WorkflowRead: {
			func(c workflow.Caller) error { _, err := b.Get(ctx, c, d.ID); return err },
			func(c workflow.Caller) error { _, err := b.Versions(ctx, c, d.ID); return err },
			func(c workflow.Caller) error { _, err := b.List(ctx, c, query.ListRequest{}); return err },
			func(c workflow.Caller) error { _, err := b.Metrics(ctx, c, d.ID); return err },
			func(c workflow.Caller) error { _, err := b.Health(ctx, c, d.ID); return err },
		},
		workflow.WorkflowRun: {
			func(c workflow.Caller) error { _, err := b.PauseWorkflow(ctx, c, d.ID); return err },
			func(c workflow.Caller) error { _, err := b.ResumeWorkflow(ctx, c, d.ID); return err },
			func(c workflow.Caller) error { _, err := b.CancelWorkflow(ctx, c, d.ID); return err },
			func(c workflow.Caller) error {
				_, err := b.Execute(ctx, c, orchestrator.ExecuteRequest{Workflow: d.ID})
				return err
			},
			func(c workflow.Caller) error { return notEnded(b.CancelExecution(ctx, c, x.ID)) },
			func(c workflow.Caller) error { return notEnded(b.PauseExecution(ctx, c, x.ID)) },
			func(c workflow.Caller) error { return notEnded(b.ResumeExecution(ctx, c, x.ID)) },
			func(c workflow.Caller) error {
				return notEnded(b.AnswerStep(ctx, c, x.ID, orchestrator.AnswerRequest{Path: "1", Verdict: "done"}))
			},
		},
		workflow.ExecutionRead: {
			func(c workflow.Caller) error { _, err := b.Execution(ctx, c, x.ID); return err },
			func(c workflow.Caller) error {
				_, err := b.Executions(ctx, c, query.ExecutionsRequest{})
				return err
			},
			func(c workflow.Caller) error {
				_, err := b.Steps(ctx, c, query.StepsRequest{Execution: x.ID})
				return err
			},
			func(c workflow.Caller) error {
				_, err := b.Events(ctx, c, query.EventsRequest{Execution: x.ID})
				return err
			},
			func(c workflow.Caller) error {
				w, err := b.Watch(ctx, c, query.WatchRequest{Execution: x.ID})
				if err == nil {
					w.Close()
				}
				return err
			},
			func(c workflow.Caller) error { _, err := b.AwaitEnd(ctx, c, x.ID); return err },
		},
	}
	for needed, list := range calls {
		for i, call := range list {
			for _, held := range workflow.Permissions() {
				c := admin
				c.Scopes = []workflow.Permission{held}
				err := call(c)
				if held == needed || held == workflow.Admin {
					if err != nil {
						t.Errorf("%s, call %d: %s is refused: %v", needed, i, held, err)
					}
					continue
				}
				wants(t, err, workflow.CategoryForbidden, "insufficient_scope")
			}
		}
	}
}

// notEnded takes the conflict of an ended execution for success: the right
// was there.
func notEnded(_ workflow.Execution, err error) error {
	if e := workflow.AsError(err); err != nil && e.Code == "execution_ended" {
		return nil
	}
	return err
}
