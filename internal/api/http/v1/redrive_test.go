package v1_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestRedrive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	fail := func() workflow.Execution {
		return b.await(t, b.start(t, id, `{"work":2,"end":"fail"}`).ID, workflow.Failed)
	}
	redrive := func(of workflow.Execution, body string) (v1.Redriven, http.Header) {
		t.Helper()
		w := b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(of.ID) + "/redrive", Token: b.Admin, Body: body, Status: 202})
		return scenario.Decode[v1.Redriven](t, w), w.Header()
	}
	same, latest, other := fail(), fail(), fail()
	b.run(t, scenario.Case{Do: "PUT /api/v1/workflows/" + id, Token: b.Admin, Body: `{"name":"Greeter","type":"test_kind","config":{"greeting":"again"}}`, Status: 200})

	got, header := redrive(same, ``)
	if header.Get("Location") != "/api/v1/executions/"+string(got.ID) || got.Origin == nil || got.Origin.Execution != same.ID || got.Origin.Fresh || got.Repeats != nil {
		t.Errorf("without a body: %s, %+v", header, got)
	}
	if x := b.await(t, got.ID, workflow.Failed); x.WorkflowVersion != 1 {
		t.Errorf("without a body it ran version %d, want that of the failed execution", x.WorkflowVersion)
	}
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(same.ID) + "/redrive", Token: b.Admin, Status: 409, Has: []string{`"code":"not_redrivable"`, string(got.ID)}})

	got, _ = redrive(latest, `{"version":"latest"}`)
	if x := b.await(t, got.ID, workflow.Failed); x.WorkflowVersion != 2 {
		t.Errorf("with the latest version it ran version %d, want 2", x.WorkflowVersion)
	}

	got, _ = redrive(other, `{"version":2,"input":{"work":1}}`)
	if diff := cmp.Diff(map[string]int{"test_kind/work": 2}, got.Repeats); diff != "" || !got.Origin.Fresh {
		t.Errorf("with another input: fresh %t, repeats %s", got.Origin.Fresh, diff)
	}
	if x := b.await(t, got.ID, workflow.Completed); string(x.Output) != `{"greeting":"again","done":1}` {
		t.Errorf("with another input it made %s", x.Output)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	failed := b.await(t, b.start(t, string(b.workflow(t)), `{"end":"fail"}`).ID, workflow.Failed)
	path := "POST /api/v1/executions/" + string(failed.ID)
	for range 2 {
		b.run(t, scenario.Case{Do: path + "/discard", Token: b.Admin, Status: 200, Has: []string{`"discarded_at":"`}})
	}
	b.run(t, scenario.Case{Do: path + "/redrive", Token: b.Admin, Status: 409, Has: []string{`"code":"not_redrivable"`, "discarded"}})
}
