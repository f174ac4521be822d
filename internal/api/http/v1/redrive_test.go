package v1_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const mended = `{"name":"Greeter","config":{"greeting":"mended"}}`

func (b *testBundle) failed(t *testing.T, id, input string) workflow.Execution {
	t.Helper()
	return b.await(t, b.start(t, id, input).ID, workflow.Failed)
}

func (b *testBundle) shown(t *testing.T, id workflow.ExecutionID) workflow.Execution {
	t.Helper()
	return scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(id), Token: b.Admin, Status: 200}))
}

func TestRedrive(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	x := b.failed(t, id, `{"work":2,"end":"fail"}`)
	do := "POST /api/v1/executions/" + string(x.ID) + "/redrive"
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: do, Status: 401},
		{Name: "wrong role", Do: do, Token: b.Key(workflow.WorkflowWrite, workflow.ExecutionRead), Status: 403},
		{Name: "foreign", Do: do, Token: b.Foreign, Status: 404, Has: []string{`"code":"execution_not_found"`}},
		{Name: "unknown execution", Do: "POST /api/v1/executions/ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e/redrive", Token: b.Admin, Status: 404},
		{Name: "not an object", Do: do, Token: b.Admin, Body: `3`, Status: 422},
		{Name: "unknown key", Do: do, Token: b.Admin, Body: `{"inputs":{}}`, Status: 422, Has: []string{`did you mean \"input\"?`}},
		{Name: "input that the kind refuses", Do: do, Token: b.Admin, Body: `{"input":{"work":"x"}}`, Status: 422, Has: []string{`"pointer":"/input/work"`}},
		{Name: "version of another sort", Do: do, Token: b.Admin, Body: `{"version":"newest"}`, Status: 422, Has: []string{`"pointer":"/version"`, `"code":"not_one_of"`}},
		{Name: "unknown version", Do: do, Token: b.Admin, Body: `{"version":4}`, Status: 404, Has: []string{`"code":"version_not_found"`}},
		{Name: "priority out of range", Do: do, Token: b.Admin, Body: `{"priority":-101}`, Status: 422, Has: []string{`"pointer":"/priority"`}},
	})
	if got := b.shown(t, x.ID); got.SupersededBy != "" {
		t.Fatalf("a refused request has superseded it: %+v", got)
	}
	b.run(t, scenario.Case{Do: "PUT /api/v1/workflows/" + id, Token: b.Admin, Body: mended, Status: 200})
	ask := scenario.Case{Do: do, Token: b.Key(workflow.WorkflowRun), Body: `{"version":"latest","priority":3}`, Header: map[string]string{"Idempotency-Key": "once"}, Status: 202, HasNot: []string{"repeats"}}
	w := b.run(t, ask)
	again := scenario.Decode[v1.Redriven](t, w)
	if want := "/api/v1/executions/" + string(again.ID); w.Header().Get("Location") != want || again.Origin == nil || again.Origin.Execution != x.ID || again.Priority != 3 {
		t.Errorf("Location %s, %s", w.Header().Get("Location"), w.Body)
	}
	done := b.await(t, again.ID, workflow.Completed)
	if done.WorkflowVersion != 2 || done.StepsCompleted != 1 || string(done.Input) != `{"work":2,"end":"fail"}` {
		t.Errorf("ended as %+v", done)
	}
	if got := b.shown(t, x.ID); got.SupersededBy != again.ID {
		t.Errorf("the origin is shown as %+v", got)
	}
	if replayed := b.run(t, ask); replayed.Header().Get("Idempotency-Replayed") != "true" || replayed.Body.String() != w.Body.String() {
		t.Errorf("asked again: %s", replayed.Body)
	}
	b.run(t, scenario.Case{Do: do, Token: b.Admin, Status: 409, Has: []string{`"code":"not_redrivable"`, string(again.ID)}})
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(again.ID) + "/redrive", Token: b.Admin, Status: 409, Has: []string{"has completed"}})
}

// Another input takes nothing over, and the response counts what comes again.
func TestRedriveWithAnotherInput(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := b.failed(t, string(b.workflow(t)), `{"work":3,"end":"fail"}`)
	w := b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(x.ID) + "/redrive", Token: b.Admin, Body: `{"input":{"work":1}}`, Status: 202})
	again := scenario.Decode[v1.Redriven](t, w)
	if diff := cmp.Diff(map[string]int{"test_kind/work": 3}, again.Repeats); diff != "" || !again.Origin.Fresh {
		t.Errorf("answered %s: %s", w.Body, diff)
	}
	if done := b.await(t, again.ID, workflow.Completed); done.StepsCompleted != 2 || string(done.Input) != `{"work":1}` {
		t.Errorf("ended as %+v", done)
	}
}

func TestDiscard(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	x := b.failed(t, id, `{"end":"fail"}`)
	do := "POST /api/v1/executions/" + string(x.ID) + "/discard"
	held := b.start(t, id, `{"hold":true}`)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: do, Status: 401},
		{Name: "wrong role", Do: do, Token: b.Key(workflow.ExecutionRead), Status: 403},
		{Name: "foreign", Do: do, Token: b.Foreign, Status: 404},
		{Name: "one that runs", Do: "POST /api/v1/executions/" + string(held.ID) + "/discard", Token: b.Admin, Status: 409, Has: []string{`"code":"not_redrivable"`}},
	})
	b.Release(held.ID)
	for range 2 {
		w := b.run(t, scenario.Case{Do: do, Token: b.Key(workflow.WorkflowRun), Status: 200})
		if got := scenario.Decode[workflow.Execution](t, w); got.DiscardedAt == nil || got.State != workflow.Failed {
			t.Errorf("answered %s", w.Body)
		}
	}
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(x.ID) + "/redrive", Token: b.Admin, Status: 409, Has: []string{"was discarded"}})
}

// An execution and its steps show to whom they belong and what they wait for.
func TestWhatIsShownOfAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	parent := b.start(t, id, `{"again":1,"child":{"work":1,"wait":true},"end":"fail"}`)
	child := b.waiting(t, id)
	if child.Parent == nil || child.Parent.Execution != parent.ID || child.Parent.Generation != 2 || child.Parent.Path != "1" || child.Waiting.Until != nil {
		t.Errorf("the child is %+v, parent %+v, waiting %+v", child, child.Parent, child.Waiting)
	}
	if got := b.shown(t, parent.ID); got.Generation != 2 {
		t.Errorf("the parent is in generation %d", got.Generation)
	}
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(parent.ID) + "/cancel", Token: b.Admin, Status: 202})
	b.await(t, parent.ID, workflow.Cancelled)

	worked := b.await(t, b.start(t, id, `{"again":2,"work":2}`).ID, workflow.Completed)
	var steps []string
	for _, s := range pages[workflow.Step](t, b, "GET /api/v1/executions/"+string(worked.ID)+"/steps?limit=2") {
		raw, err := json.Marshal(map[string]any{"p": s.Path, "g": s.Generation, "l": s.Label})
		if err != nil {
			t.Fatal(err)
		}
		steps = append(steps, string(raw))
	}
	if want := []string{`{"g":3,"l":"item 1","p":"1"}`, `{"g":3,"l":"item 2","p":"2"}`, `{"g":3,"l":"","p":"3"}`}; !slices.Equal(steps, want) {
		t.Errorf("the steps are %v", steps)
	}
}

// waiting returns the execution of a workflow that waits for a signal.
func (b *testBundle) waiting(t *testing.T, id string) workflow.Execution {
	t.Helper()
	for t.Context().Err() == nil {
		for _, x := range pages[workflow.Execution](t, b, "GET /api/v1/workflows/"+id+"/executions?state=running&limit=2") {
			if x.Waiting != nil && x.Waiting.Name == "test_kind/never" {
				return x
			}
		}
	}
	t.Fatal("no execution waits")
	return workflow.Execution{}
}

// The response to a question about a step may say which generation it means.
func TestAnswerOfAGeneration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	x := b.await(t, b.start(t, string(b.workflow(t)), `{"again":1,"end":"unknown"}`).ID, workflow.Parked)
	if x.Parked.Generation != 2 || x.Parked.Path != "1" {
		t.Errorf("parked at %+v", x.Parked)
	}
	do := "POST /api/v1/executions/" + string(x.ID) + "/answer"
	b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: `{"path":"1","generation":1,"verdict":"done"}`, Status: 409, Has: []string{`"code":"not_waiting"`}})
	b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: `{"path":"1","generation":0,"verdict":"done"}`, Status: 422, Has: []string{`"pointer":"/generation"`}})
	b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: `{"path":"1","generation":2,"verdict":"done"}`, Status: 200})
	b.await(t, x.ID, workflow.Completed)
}

// What is labelled once on the stream of an execution is in every event that
// people see: the engine's and the kind's own, in pages and in streams.
func TestEveryEventSaysKindAndDefinition(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	x := b.await(t, b.start(t, id, `{"again":1,"work":2,"end":"fail"}`).ID, workflow.Failed)
	want := `{"kind":"test_kind","definition":"` + id + `"`
	seen := map[string]bool{}
	check := func(kind, data string) {
		seen[kind] = true
		if !strings.HasPrefix(data, want) || strings.Count(data, `"definition"`) != 1 || !json.Valid([]byte(data)) {
			t.Errorf("%s says %s", kind, data)
		}
	}
	var listed, streamed []string
	for _, e := range pages[workflow.Event](t, b, "GET /api/v1/executions/"+string(x.ID)+"/events?limit=2") {
		check(e.Type, string(e.Data))
		listed = append(listed, e.Type+" "+string(e.Data))
	}
	for s := b.listen(t, t.Context(), x.ID, ""); s.next(); {
		if s.id == "" {
			continue // progress and the end
		}
		var e workflow.Event
		if err := json.Unmarshal([]byte(s.data), &e); err != nil {
			t.Fatal(err)
		}
		check(e.Type, string(e.Data))
		streamed = append(streamed, e.Type+" "+string(e.Data))
	}
	if diff := cmp.Diff(listed, streamed); diff != "" {
		t.Errorf("pages and stream differ: %s", diff)
	}
	for _, kind := range []string{"execution.created", "execution.continued", "execution.step_started", "execution.step_completed", "execution.failed", "test_kind.worked"} {
		if !seen[kind] {
			t.Errorf("no %s was seen", kind)
		}
	}
}
