package v1_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// events returns the types of all public events of workflows and executions,
// in order: what a request did and did not cause.
func (b *testBundle) events(t *testing.T) []string {
	t.Helper()
	events, err := b.Store.ReadAll(t.Context(), 0, 1000, eventstore.Filter{Workspace: string(b.Caller.Workspace)})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range events {
		if e.Stream.Type == "workflow" || e.Stream.Type == "execution" {
			out = append(out, e.Type)
		}
	}
	return out
}

func TestCreateWorkflow(t *testing.T) {
	b := setup(t)
	post := "POST /api/v1/workflows"
	secret := "keyCanaryCanary99"
	for _, s := range []scenario{
		{name: "anonymous", do: post, body: good, status: 401},
		{name: "wrong role", do: post, token: b.Key(workflow.WorkflowRead), body: good, status: 403},
		{name: "a list", do: post, token: b.Admin, body: `[]`, status: 422, has: []string{`"code":"wrong_type"`}},
		{name: "fields missing", do: post, token: b.Admin, body: `{}`, status: 422, has: []string{`"/name","code":"required"`, `"/type","code":"required"`, `"/config","code":"required"`}},
		{name: "S19 unknown and read-only fields", do: post, token: b.Admin, body: `{"name":"x","type":"test_kind","config":{"greeting":"hi"},"role":"owner","workspace":"ws_1","id":"wf_1"}`,
			status: 422, has: []string{`"/role","code":"unknown_field"`, `"/workspace","code":"unknown_field"`, `"/id","code":"unknown_field"`}},
		{name: "configuration no object", do: post, token: b.Admin, body: `{"name":"x","type":"test_kind","config":"hi"}`, status: 422, has: []string{`"/config","code":"wrong_type"`}},
		{name: "name empty", do: post, token: b.Admin, body: `{"name":"","type":"test_kind","config":{"greeting":"hi"}}`, status: 422, has: []string{`"/name","code":"out_of_range"`}},
		{name: "unknown type", do: post, token: b.Admin, body: `{"name":"x","type":"nope","config":{}}`, status: 422, has: []string{`"pointer":"/type"`}},
		{name: "every fault of the configuration", do: post, token: b.Admin, body: `{"name":"x","type":"test_kind","config":{"greeting":"bad","api_key":"` + secret + `"}}`,
			status: 422, has: []string{`"/config/greeting","code":"impolite"`, `"/config/tables/0","code":"unknown_table"`}, hasNot: []string{secret}},
	} {
		t.Run(s.name, func(t *testing.T) { b.run(t, s) })
	}
	if got := b.events(t); len(got) != 0 {
		t.Fatalf("refused requests caused %v", got)
	}
	w := b.run(t, scenario{do: post, token: b.Admin, status: 201, body: `{"name":"Greeter","type":"test_kind","config":{"greeting":"hello","api_key":"` + secret + `","later":"x"},"labels":{"team":"crm"}}`,
		headers: map[string]string{"ETag": `"1"`, "Idempotency-Replayed": ""},
		has:     []string{`"state":"active"`, `"version":1`, `"api_key":"secret:sec_`, `"/config/later","code":"not_available_yet"`, `"team":"crm"`}, hasNot: []string{secret}})
	d := decoded[workflow.Definition](t, w)
	if want := "/api/v1/workflows/" + string(d.ID); w.Header().Get("Location") != want {
		t.Errorf("Location is %q, want %q", w.Header().Get("Location"), want)
	}
	if got := strings.Join(b.events(t), " "); got != "workflow.created" {
		t.Errorf("the request caused %s", got)
	}
	if strings.Contains(b.log.String(), secret) {
		t.Error("S39: the log shows the credential")
	}
}

func TestIdempotencyKey(t *testing.T) {
	b := setup(t)
	once := map[string]string{"Idempotency-Key": "once"}
	post := scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, header: once, status: 201}
	a := b.run(t, post)
	post.headers = map[string]string{"Idempotency-Replayed": "true", "Location": a.Header().Get("Location"), "ETag": `"1"`}
	again := b.run(t, post)
	if decoded[workflow.Definition](t, a).ID != decoded[workflow.Definition](t, again).ID {
		t.Errorf("two workflows: %s and %s", a.Body, again.Body)
	}
	post.headers, post.body, post.status = nil, strings.Replace(good, "hello", "bye", 1), 422
	post.has = []string{`"code":"idempotency_key_reused"`}
	b.run(t, post)

	execute := scenario{do: "POST /api/v1/workflows/" + string(decoded[workflow.Definition](t, a).ID) + "/execute", token: b.Admin, body: `{"work":1}`, header: once, status: 202}
	first := b.run(t, execute)
	execute.headers = map[string]string{"Idempotency-Replayed": "true", "Location": first.Header().Get("Location")}
	b.run(t, execute)
	execute.headers, execute.body, execute.status = nil, `{"work":2}`, 422
	b.run(t, execute)
	created := 0
	for _, e := range b.events(t) {
		if e == "execution.created" || e == "workflow.created" {
			created++
		}
	}
	if created != 2 {
		t.Errorf("%d things were made, want one workflow and one execution: %v", created, b.events(t))
	}
	t.Run("too long", func(t *testing.T) {
		b.run(t, scenario{do: "POST /api/v1/workflows", token: b.Admin, body: good, header: map[string]string{"Idempotency-Key": strings.Repeat("k", 300)}, status: 422, has: []string{`"parameter":"Idempotency-Key"`}})
	})
}

func TestUpdateWorkflow(t *testing.T) {
	b := setup(t)
	put := "PUT /api/v1/workflows/" + string(b.workflow(t))
	second := strings.Replace(good, "hello", "second", 1)
	for _, s := range []scenario{
		{name: "anonymous", do: put, body: second, status: 401},
		{name: "wrong role", do: put, token: b.Key(workflow.WorkflowRun), body: second, status: 403},
		{name: "unknown workflow", do: "PUT /api/v1/workflows/wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", token: b.Admin, body: second, status: 404},
		{name: "no id at all", do: "PUT /api/v1/workflows/x", token: b.Admin, body: second, status: 404},
		{name: "read-only fields", do: put, token: b.Admin, body: `{"name":"x","config":{"greeting":"hi"},"version":9,"state":"archived"}`, status: 422, has: []string{`"/version","code":"unknown_field"`, `"/state","code":"unknown_field"`}},
		{name: "another type", do: put, token: b.Admin, body: strings.Replace(second, "test_kind", "airtable_sync", 1), status: 422, has: []string{`"/type","code":"type_is_fixed"`}},
		{name: "bad configuration", do: put, token: b.Admin, body: strings.Replace(second, "second", "bad", 1), status: 422, has: []string{`"/config/greeting"`}},
		{name: "version not seen", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `"7"`}, status: 412, has: []string{`"code":"version_changed"`}},
		{name: "no entity tag", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `abc`}, status: 412},
		{name: "weak entity tag", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `W/"1"`}, status: 412},
		{name: "version seen", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `"1"`}, status: 200, headers: map[string]string{"ETag": `"2"`}},
		{name: "the same version again", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `"1"`}, status: 412},
		{name: "any version", do: put, token: b.Admin, body: second, header: map[string]string{"If-Match": `*`}, status: 200, headers: map[string]string{"ETag": `"3"`}},
	} {
		t.Run(s.name, func(t *testing.T) { b.run(t, s) })
	}
	b.run(t, scenario{do: strings.Replace(put, "PUT", "GET", 1), token: b.Admin, status: 200, headers: map[string]string{"ETag": `"3"`}, has: []string{`"greeting":"second"`}})
	b.run(t, scenario{do: strings.Replace(put, "PUT", "GET", 1) + "/versions", token: b.Admin, status: 200, has: []string{`"number":1`, `"number":3`, "hello"}})
}

func TestListWorkflowsInPages(t *testing.T) {
	b := setup(t)
	b.run(t, scenario{do: "GET /api/v1/workflows", token: b.Admin, status: 200, has: []string{`"items":[]`}, hasNot: []string{"next"}})
	var made []workflow.ID
	for range 5 {
		made = append(made, b.workflow(t))
	}
	var seen []workflow.ID
	cursor := ""
	for range 10 {
		w := b.run(t, scenario{do: "GET /api/v1/workflows?limit=2&cursor=" + cursor, token: b.Admin, status: 200})
		page := decoded[workflow.Page[workflow.Definition]](t, w)
		for _, d := range page.Items {
			seen = append(seen, d.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 5 || seen[0] != made[4] || seen[4] != made[0] {
		t.Errorf("pages gave %v, made were %v", seen, made)
	}
	b.run(t, scenario{do: "GET /api/v1/workflows?state=paused", token: b.Admin, status: 200, has: []string{`"items":[]`}})
	b.run(t, scenario{do: "GET /api/v1/workflows?state=lost", token: b.Admin, status: 422, has: []string{`"parameter":"state"`, `"code":"not_one_of"`}})
}

func TestDeleteWorkflow(t *testing.T) {
	b := setup(t)
	id := string(b.workflow(t))
	e := b.start(t, id, `{"hold":true}`)
	b.run(t, scenario{do: "DELETE /api/v1/workflows/" + id, token: b.Admin, status: 409, has: []string{`"code":"executions_open"`}})
	b.Release(e.ID)
	b.await(t, e.ID, workflow.Completed)
	w := b.run(t, scenario{do: "DELETE /api/v1/workflows/" + id, token: b.Admin, status: 204})
	if w.Body.Len() != 0 {
		t.Errorf("204 with a body: %s", w.Body)
	}
	b.run(t, scenario{do: "GET /api/v1/workflows/" + id, token: b.Admin, status: 200, has: []string{`"state":"archived"`}})
	b.run(t, scenario{do: "POST /api/v1/workflows/" + id + "/execute", token: b.Admin, status: 409})
	b.run(t, scenario{do: "PUT /api/v1/workflows/" + id, token: b.Admin, body: good, status: 409})
}

func TestPauseAndResumeWorkflow(t *testing.T) {
	b := setup(t)
	id := string(b.workflow(t))
	b.run(t, scenario{do: "POST /api/v1/workflows/" + id + "/pause", token: b.Admin, status: 200, has: []string{`"state":"paused"`}})
	b.run(t, scenario{do: "POST /api/v1/workflows/" + id + "/execute", token: b.Admin, status: 409, has: []string{`"code":"workflow_paused"`}})
	b.run(t, scenario{do: "POST /api/v1/workflows/" + id + "/resume", token: b.Admin, status: 200, has: []string{`"state":"active"`}})
	b.run(t, scenario{do: "POST /api/v1/workflows/" + id + "/execute", token: b.Admin, status: 202})
}

func TestKinds(t *testing.T) {
	b := setup(t)
	b.run(t, scenario{do: "GET /api/v1/kinds", token: b.Admin, status: 200, has: []string{`"name":"test_kind"`, `"$schema":"https://json-schema.org/draft/2020-12/schema"`}})
}

func TestKeys(t *testing.T) {
	b := setup(t)
	post := "POST /api/v1/keys"
	manager := b.Key(workflow.KeyManage)
	for _, s := range []scenario{
		{name: "anonymous", do: post, body: `{"name":"x","scopes":["admin"]}`, status: 401},
		{name: "wrong role", do: post, token: b.Key(workflow.WorkflowWrite), body: `{"name":"x","scopes":["workflows:write"]}`, status: 403},
		{name: "unknown scope", do: post, token: b.Admin, body: `{"name":"x","scopes":["workflows:own"]}`, status: 422, has: []string{`"pointer":"/scopes/0"`}},
		{name: "no scope", do: post, token: b.Admin, body: `{"name":"x","scopes":[]}`, status: 422, has: []string{`"pointer":"/scopes"`}},
		{name: "S19 another workspace", do: post, token: b.Admin, body: `{"name":"x","scopes":["admin"],"workspace":"ws_2"}`, status: 422, has: []string{`"/workspace","code":"unknown_field"`}},
		{name: "too long a life", do: post, token: b.Admin, body: `{"name":"x","scopes":["admin"],"expires_in_days":366}`, status: 422, has: []string{`"/expires_in_days"`}},
		{name: "more than the maker has", do: post, token: manager, body: `{"name":"x","scopes":["admin"]}`, status: 403},
		{name: "unknown key", do: "DELETE /api/v1/keys/key_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", token: b.Admin, status: 404},
	} {
		t.Run(s.name, func(t *testing.T) { b.run(t, s) })
	}
	made := decoded[v1.NewKey](t, b.run(t, scenario{do: post, token: b.Admin, body: `{"name":"reader","scopes":["workflows:read"],"expires_in_days":30}`, status: 201, has: []string{`"token":"paw_`}}))
	b.run(t, scenario{do: "GET /api/v1/workflows", token: made.Token, status: 200})
	b.run(t, scenario{do: "GET /api/v1/keys", token: b.Admin, status: 200, has: []string{`"name":"reader"`}, hasNot: []string{made.Token, made.Token[len(made.Token)-20:], "hash"}})
	b.run(t, scenario{do: "DELETE /api/v1/keys/" + string(made.ID), token: b.Admin, status: 204})
	b.run(t, scenario{do: "GET /api/v1/workflows", token: made.Token, status: 401})
}
