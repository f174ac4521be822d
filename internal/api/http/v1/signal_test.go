package v1_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestSignal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	x := b.start(t, id, `{"approve":true}`)
	to := func(e workflow.Execution, name string) string {
		return "POST /api/v1/executions/" + string(e.ID) + "/signals/" + name
	}
	ended := b.await(t, b.start(t, id, "").ID, workflow.Completed)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: to(x, "approve"), Status: 401},
		{Name: "wrong role", Do: to(x, "approve"), Token: b.Key(workflow.WorkflowWrite, workflow.ExecutionRead), Status: 403},
		{Name: "another workspace", Do: to(x, "approve"), Token: b.Foreign, Status: 404, Has: []string{`"code":"execution_not_found"`}},
		{Name: "unknown name", Do: to(x, "aprove"), Token: b.Admin, Status: 404, Has: []string{`"code":"signal_not_found"`, "they take approve, never"}},
		{Name: "data that does not fit", Do: to(x, "approve"), Token: b.Admin, Body: `{"data":{"by":7}}`, Status: 422, Has: []string{`"code":"invalid_signal"`, `"pointer":"/data/by"`, "must be a text, not a number"}, HasNot: []string{"json:", "Go "}},
		{Name: "too large", Do: to(x, "approve"), Token: b.Admin, Body: `{"data":{"by":"` + strings.Repeat("x", 256<<10) + `"}}`, Status: 422, Has: []string{`"pointer":"/data","code":"too_long"`, "256 KiB"}},
		{Name: "the bare data", Do: to(x, "approve"), Token: b.Admin, Body: `{"by":"Ada"}`, Status: 422, Has: []string{`"pointer":"/by"`, `"code":"unknown_field"`}},
		{Name: "one that has ended", Do: to(ended, "approve"), Token: b.Admin, Status: 409, Has: []string{`"code":"execution_ended"`}},
	})
	b.run(t, scenario.Case{Do: to(x, "approve"), Token: b.Key(workflow.WorkflowRun), Body: `{"data":{"by":"Ada"}}`, Status: 200, Has: []string{string(x.ID)}})
	if done := b.await(t, x.ID, workflow.Completed); string(done.Output) != `{"greeting":"hello","done":0,"found":"Ada"}` {
		t.Errorf("the output is %s", done.Output)
	}
	bare := b.start(t, id, `{"approve":true}`)
	b.run(t, scenario.Case{Do: to(bare, "approve"), Token: b.Admin, Status: 200})
	b.await(t, bare.ID, workflow.Completed)
}

// The same key sends once, and gets the same answer when the execution is over.
func TestSignalOnce(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := b.start(t, string(b.workflow(t)), `{"hold":true,"approve":true}`)
	c := scenario.Case{Do: "POST /api/v1/executions/" + string(x.ID) + "/signals/approve", Token: b.Admin, Body: `{"data":{"by":"Ada"}}`,
		Header: map[string]string{"Idempotency-Key": "k"}, Status: 200}
	first := b.run(t, c)
	if again := b.run(t, c); again.Header().Get("Idempotency-Replayed") != "true" || first.Header().Get("Idempotency-Replayed") != "" || again.Body.String() != first.Body.String() {
		t.Errorf("first %s, then %s", first.Body, again.Body)
	}
	other := c
	other.Body, other.Status, other.Has = `{"data":{"by":"Bob"}}`, 422, []string{`"code":"idempotency_key_reused"`}
	b.run(t, other)
	b.Release(x.ID)
	b.await(t, x.ID, workflow.Completed)
	if late := b.run(t, c); late.Body.String() != first.Body.String() {
		t.Errorf("after the end %s", late.Body)
	}
}
