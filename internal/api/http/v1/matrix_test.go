package v1_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// cell is one operation of the document with the permission that it declares.
type cell struct {
	method, path string
	permission   workflow.Permission
}

// operations reads every route from the document, so that the matrix has a new
// one at once.
func operations(t *testing.T) []cell {
	t.Helper()
	var d struct {
		Paths map[string]map[string]struct {
			Permission workflow.Permission `json:"x-permission"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(v1.Document(), &d); err != nil {
		t.Fatal(err)
	}
	var out []cell
	for path, item := range d.Paths {
		for method, op := range item {
			if op.Permission == "" {
				op.Permission = workflow.Public
			}
			out = append(out, cell{strings.ToUpper(method), path, op.Permission})
		}
	}
	slices.SortFunc(out, func(a, b cell) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	return out
}

// target fills the path with the ID of something in the first workspace.
func (c cell) target(w workflow.ID, e workflow.ExecutionID, k workflow.KeyID) string {
	id := string(w)
	switch {
	case strings.HasPrefix(c.path, "/api/v1/executions/"):
		id = string(e)
	case strings.HasPrefix(c.path, "/api/v1/keys/"):
		id = string(k)
	}
	return c.method + " " + strings.NewReplacer("{id}", id, "{name}", "approve").Replace(c.path)
}

// S13: every route x {no token, wrong token, each scope alone, all other
// scopes, another workspace}. A denied call must not have had an effect.
func TestS13EveryRouteAndEveryCaller(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.workflow(t)
	e := scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + string(id) + "/execute", Token: b.Admin, Body: `{"input":{"hold":true}}`, Status: 202}))
	keys, err := b.Identity.ListKeys(t.Context(), b.Caller)
	if err != nil {
		t.Fatal(err)
	}
	alone := map[workflow.Permission]string{}
	for _, p := range workflow.Permissions() {
		alone[p] = b.Key(p)
	}
	cells := operations(t)
	if len(cells) < 25 {
		t.Fatalf("only %d operations in the document", len(cells))
	}
	t.Run("operations", func(t *testing.T) {
		for _, c := range cells {
			t.Run(c.method+" "+c.path, func(t *testing.T) {
				t.Parallel()
				target := c.target(id, e.ID, keys[0].ID)
				if c.permission == workflow.Public {
					b.run(t, scenario.Case{Do: target, Status: 200})
					return
				}
				b.denied(t, c, target, alone)
				b.foreign(t, c, target, id)
			})
		}
	})
	now := scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(e.ID), Token: b.Admin, Status: 200}))
	if now.State != workflow.Running {
		t.Errorf("a denied call made the execution %s", now.State)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + string(id), Token: b.Admin, Status: 200, Has: []string{`"state":"active"`, `"version":1`}})
	b.Release(e.ID)
}

// denied calls without a token, with wrong ones, and with every key that has
// another scope alone.
func (b *testBundle) denied(t *testing.T, c cell, target string, alone map[workflow.Permission]string) {
	t.Helper()
	b.run(t, scenario.Case{Do: target, Status: http.StatusUnauthorized})
	b.run(t, scenario.Case{Do: target, Token: "paw_0198c5a27c1e7d3a9f003d5f0c1b2a4e_" + strings.Repeat("A", 43), Status: http.StatusUnauthorized})
	b.run(t, scenario.Case{Do: target, Token: b.Admin + "x", Status: http.StatusUnauthorized})
	for p, token := range alone {
		if p != workflow.Admin && p != c.permission {
			b.run(t, scenario.Case{Do: target, Token: token, Status: http.StatusForbidden, Has: []string{`"code":"insufficient_scope"`, string(c.permission)}})
		}
	}
}

// foreign calls as the admin of another workspace: what has an ID does not
// exist, and lists hold nothing of the first workspace.
func (b *testBundle) foreign(t *testing.T, c cell, target string, id workflow.ID) {
	t.Helper()
	s := scenario.Case{Do: target, Token: b.Foreign}
	switch {
	case c.method == http.MethodPut:
		s.Body = good
	case strings.HasSuffix(c.path, "/answer"):
		s.Body = `{"path":"1","verdict":"done"}`
	}
	w := scenario.Send(b.handler, s)
	if strings.Contains(c.path, "{id}") {
		if w.Code != http.StatusNotFound {
			t.Errorf("another workspace gets %d: %s", w.Code, w.Body)
		}
	} else if strings.Contains(w.Body.String(), string(id)) {
		t.Errorf("another workspace sees %s", w.Body)
	}
	// What does not exist anywhere reads the same.
	if strings.Contains(c.path, "{id}") {
		ghost := strings.Replace(target, target[strings.Index(target, "_")+1:strings.Index(target, "_")+9], "ffffffff", 1)
		other := scenario.Send(b.handler, scenario.Case{Do: ghost, Token: b.Foreign, Body: s.Body})
		if a, z := scenario.Decode[problem.Details](t, w), scenario.Decode[problem.Details](t, other); a.Status != z.Status || a.Code != z.Code {
			t.Errorf("what belongs to someone else reads %d %s, what is nowhere %d %s", a.Status, a.Code, z.Status, z.Code)
		}
	}
}

// A scope alone is enough for its routes.
func TestEachScopeOpensItsRoutes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.workflow(t)
	e := scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + string(id) + "/execute", Token: b.Admin, Status: 202}))
	keys, err := b.Identity.ListKeys(t.Context(), b.Caller)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range operations(t) {
		if c.method != http.MethodGet || c.permission == workflow.Public {
			continue
		}
		t.Run(c.path, func(t *testing.T) {
			b.run(t, scenario.Case{Do: c.target(id, e.ID, keys[0].ID), Token: b.Key(c.permission), Status: 200})
		})
	}
	update := `{"name":"Greeter","type":"test_kind","config":{"greeting":"again"}}`
	b.run(t, scenario.Case{Do: "PUT /api/v1/workflows/" + string(id), Token: b.Key(workflow.WorkflowWrite), Body: update, Status: 200})
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + string(id) + "/execute", Token: b.Key(workflow.WorkflowRun), Status: 202})
	failed := b.await(t, b.start(t, string(id), `{"end":"fail"}`).ID, workflow.Failed)
	again := scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(failed.ID) + "/redrive", Token: b.Key(workflow.WorkflowRun), Status: 202}))
	b.await(t, again.ID, workflow.Failed)
	b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(again.ID) + "/discard", Token: b.Key(workflow.WorkflowRun), Status: 200})
}
