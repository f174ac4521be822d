package v1_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
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
	t.Parallel()
	b := setup(t)
	post := "POST /api/v1/workflows"
	secret := "keyCanaryCanary99"
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: post, Body: good, Status: 401},
		{Name: "wrong role", Do: post, Token: b.Key(workflow.WorkflowRead), Body: good, Status: 403},
		{Name: "a list", Do: post, Token: b.Admin, Body: `[]`, Status: 422, Has: []string{`"code":"wrong_type"`}},
		{Name: "fields missing", Do: post, Token: b.Admin, Body: `{}`, Status: 422, Has: []string{`"/name","code":"required"`, `"/type","code":"required"`, `"/config","code":"required"`}},
		{Name: "S19 unknown and read-only fields", Do: post, Token: b.Admin, Body: `{"name":"x","type":"test_kind","config":{"greeting":"hi"},"role":"owner","workspace":"ws_1","id":"wf_1"}`,
			Status: 422, Has: []string{`"/role","code":"unknown_field"`, `"/workspace","code":"unknown_field"`, `"/id","code":"unknown_field"`}},
		{Name: "configuration not an object", Do: post, Token: b.Admin, Body: `{"name":"x","type":"test_kind","config":"hi"}`, Status: 422, Has: []string{`"/config","code":"wrong_type"`}},
		{Name: "name empty", Do: post, Token: b.Admin, Body: `{"name":"","type":"test_kind","config":{"greeting":"hi"}}`, Status: 422, Has: []string{`"/name","code":"required"`}},
		{Name: "a key twice", Do: post, Token: b.Admin, Body: `{"name":"x","type":"test_kind","config":{"greeting":"a","greeting":"b"}}`, Status: 422, Has: []string{`"/config/greeting","code":"duplicate_key"`}},
		{Name: "unknown type", Do: post, Token: b.Admin, Body: `{"name":"x","type":"nope","config":{}}`, Status: 422, Has: []string{`"pointer":"/type"`}},
		{Name: "every fault of the configuration", Do: post, Token: b.Admin, Body: `{"name":"x","type":"test_kind","config":{"greeting":"bad","api_key":"` + secret + `"}}`,
			Status: 422, Has: []string{`"/config/greeting","code":"impolite"`, `"/config/tables/0","code":"unknown_table"`}, HasNot: []string{secret}},
	})
	if got := b.events(t); len(got) != 0 {
		t.Fatalf("refused requests caused %v", got)
	}
	w := b.run(t, scenario.Case{Do: post, Token: b.Admin, Status: 201, Body: `{"name":"Greeter","type":"test_kind","config":{"greeting":"hello","api_key":"` + secret + `","later":"x"},"labels":{"team":"crm"}}`,
		Headers: map[string]string{"ETag": `"1"`, "Idempotency-Replayed": ""},
		Has:     []string{`"state":"active"`, `"version":1`, `"api_key":"secret:sec_`, `"/config/later","code":"not_available"`, `"team":"crm"`}, HasNot: []string{secret}})
	d := scenario.Decode[workflow.Definition](t, w)
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
	t.Parallel()
	b := setup(t)
	once := map[string]string{"Idempotency-Key": "once"}
	post := scenario.Case{Do: "POST /api/v1/workflows", Token: b.Admin, Body: good, Header: once, Status: 201}
	a := b.run(t, post)
	post.Headers = map[string]string{"Idempotency-Replayed": "true", "Location": a.Header().Get("Location"), "ETag": `"1"`}
	again := b.run(t, post)
	if scenario.Decode[workflow.Definition](t, a).ID != scenario.Decode[workflow.Definition](t, again).ID {
		t.Errorf("two workflows: %s and %s", a.Body, again.Body)
	}
	post.Headers, post.Body, post.Status = nil, strings.Replace(good, "hello", "bye", 1), 422
	post.Has = []string{`"code":"idempotency_key_reused"`}
	b.run(t, post)

	execute := scenario.Case{Do: "POST /api/v1/workflows/" + string(scenario.Decode[workflow.Definition](t, a).ID) + "/execute", Token: b.Admin, Body: `{"input":{"work":1}}`, Header: once, Status: 202}
	first := b.run(t, execute)
	execute.Headers = map[string]string{"Idempotency-Replayed": "true", "Location": first.Header().Get("Location")}
	b.run(t, execute)
	execute.Headers, execute.Body, execute.Status = nil, `{"work":2}`, 422
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
	t.Run("empty", func(t *testing.T) {
		empty := map[string]string{"Idempotency-Key": ""}
		for _, do := range []string{"POST /api/v1/workflows", execute.Do} {
			b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: good, Header: empty, Status: 422, Has: []string{`"parameter":"Idempotency-Key"`, "between 1 and 200"}})
		}
	})
	t.Run("another workflow", func(t *testing.T) {
		other := execute
		other.Do, other.Status, other.Body = "POST /api/v1/workflows/"+string(b.workflow(t))+"/execute", 202, `{"input":{"work":1}}`
		other.Headers = map[string]string{"Idempotency-Replayed": ""}
		b.run(t, other)
	})
	t.Run("too long", func(t *testing.T) {
		b.run(t, scenario.Case{Do: "POST /api/v1/workflows", Token: b.Admin, Body: good, Header: map[string]string{"Idempotency-Key": strings.Repeat("k", 300)}, Status: 422, Has: []string{`"parameter":"Idempotency-Key"`}})
	})
}

func TestUpdateWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	put := "PUT /api/v1/workflows/" + string(b.workflow(t))
	second := strings.Replace(good, "hello", "second", 1)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: put, Body: second, Status: 401},
		{Name: "wrong role", Do: put, Token: b.Key(workflow.WorkflowRun), Body: second, Status: 403},
		{Name: "unknown workflow", Do: "PUT /api/v1/workflows/wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", Token: b.Admin, Body: second, Status: 404},
		{Name: "no id at all", Do: "PUT /api/v1/workflows/x", Token: b.Admin, Body: second, Status: 404},
		{Name: "read-only fields", Do: put, Token: b.Admin, Body: `{"name":"x","config":{"greeting":"hi"},"version":9,"state":"archived"}`, Status: 422, Has: []string{`"/version","code":"unknown_field"`, `"/state","code":"unknown_field"`}},
		{Name: "another type", Do: put, Token: b.Admin, Body: strings.Replace(second, "test_kind", "airtable_sync", 1), Status: 422, Has: []string{`"/type","code":"type_is_fixed"`}},
		{Name: "bad configuration", Do: put, Token: b.Admin, Body: strings.Replace(second, "second", "bad", 1), Status: 422, Has: []string{`"/config/greeting"`}},
		{Name: "version not seen", Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `"7"`}, Status: 412, Has: []string{`"code":"version_changed"`}},
		{Name: "no entity tag", Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `abc`}, Status: 412},
		{Name: "the version before the first", Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `"0"`}, Status: 412},
		{Name: "weak entity tag", Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `W/"1"`}, Status: 412},
	})
	for _, c := range []scenario.Case{ // in this order
		{Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `"1"`}, Status: 200, Headers: map[string]string{"ETag": `"2"`}},
		{Do: put, Token: b.Admin, Body: second, Header: map[string]string{"If-Match": `"1"`}, Status: 412},
		{Do: put, Token: b.Admin, Body: strings.Replace(second, `}}`, `},"labels":{"team":"crm"}}`, 1), Header: map[string]string{"If-Match": `*`}, Status: 200, Headers: map[string]string{"ETag": `"3"`}, Has: []string{`"team":"crm"`}},
	} {
		b.run(t, c)
	}
	b.run(t, scenario.Case{Do: strings.Replace(put, "PUT", "GET", 1), Token: b.Admin, Status: 200, Headers: map[string]string{"ETag": `"3"`}, Has: []string{`"greeting":"second"`}})
	b.run(t, scenario.Case{Do: strings.Replace(put, "PUT", "GET", 1) + "/versions", Token: b.Admin, Status: 200, Has: []string{`"number":1`, `"number":3`, "hello"}})
	for body, greeting := range map[string]string{"": "second", `{"version":"latest"}`: "second", `{"version":1}`: "hello"} {
		w := b.run(t, scenario.Case{Do: strings.Replace(put, "PUT", "POST", 1) + "/execute", Token: b.Admin, Body: body, Status: 202})
		if e := b.await(t, scenario.Decode[workflow.Execution](t, w).ID, workflow.Completed); !strings.Contains(string(e.Output), greeting) {
			t.Errorf("execute %s greets with %s", body, e.Output)
		}
	}
}

func TestListWorkflowsInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows", Token: b.Admin, Status: 200, Has: []string{`"items":[]`}, HasNot: []string{"next"}})
	var made []workflow.ID
	for range 5 {
		made = append(made, b.workflow(t))
	}
	var seen []workflow.ID
	for _, d := range pages[workflow.Definition](t, b, "GET /api/v1/workflows?limit=2") {
		seen = append(seen, d.ID)
	}
	if len(seen) != 5 || seen[0] != made[4] || seen[4] != made[0] {
		t.Errorf("pages gave %v, made were %v", seen, made)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows?type=test_kind", Token: b.Admin, Status: 200, Has: []string{string(made[0])}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows?type=airtable_sync", Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows?state=paused", Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows?cursor=abc", Token: b.Admin, Status: 422})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows?state=lost", Token: b.Admin, Status: 422, Has: []string{`"parameter":"state"`, `"code":"not_one_of"`}})
}

func TestDeleteWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	e := b.start(t, id, `{"hold":true}`)
	b.run(t, scenario.Case{Do: "DELETE /api/v1/workflows/" + id, Token: b.Admin, Status: 409, Has: []string{`"code":"executions_open"`}})
	b.Release(e.ID)
	b.await(t, e.ID, workflow.Completed)
	w := b.run(t, scenario.Case{Do: "DELETE /api/v1/workflows/" + id, Token: b.Admin, Status: 204})
	if w.Body.Len() != 0 {
		t.Errorf("204 with a body: %s", w.Body)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows/" + id, Token: b.Admin, Status: 200, Has: []string{`"state":"archived"`}})
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/execute", Token: b.Admin, Status: 409})
	b.run(t, scenario.Case{Do: "PUT /api/v1/workflows/" + id, Token: b.Admin, Body: good, Status: 409})
}

func TestPauseAndResumeWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/pause", Token: b.Admin, Status: 200, Has: []string{`"state":"paused"`}})
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/execute", Token: b.Admin, Status: 409, Has: []string{`"code":"workflow_paused"`}})
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/resume", Token: b.Admin, Status: 200, Has: []string{`"state":"active"`}})
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows/" + id + "/execute", Token: b.Admin, Status: 202})
}

func TestKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.run(t, scenario.Case{Do: "GET /api/v1/kinds", Token: b.Admin, Status: 200, Has: []string{`"name":"test_kind","title":"test_kind"`, `"input_schema":{"$schema"`, `"$schema":"https://json-schema.org/draft/2020-12/schema"`}})
}

func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	post := "POST /api/v1/keys"
	manager := b.Key(workflow.KeyManage)
	scenario.RunAll(t, b.handler, []scenario.Case{
		{Name: "anonymous", Do: post, Body: `{"name":"x","scopes":["admin"]}`, Status: 401},
		{Name: "wrong role", Do: post, Token: b.Key(workflow.WorkflowWrite), Body: `{"name":"x","scopes":["workflows:write"]}`, Status: 403},
		{Name: "unknown scope", Do: post, Token: b.Admin, Body: `{"name":"x","scopes":["workflows:own"]}`, Status: 422, Has: []string{`"pointer":"/scopes/0"`}},
		{Name: "no scope", Do: post, Token: b.Admin, Body: `{"name":"x","scopes":[]}`, Status: 422, Has: []string{`"pointer":"/scopes"`}},
		{Name: "S19 another workspace", Do: post, Token: b.Admin, Body: `{"name":"x","scopes":["admin"],"workspace":"ws_2"}`, Status: 422, Has: []string{`"/workspace","code":"unknown_field"`}},
		{Name: "too long a life", Do: post, Token: b.Admin, Body: `{"name":"x","scopes":["admin"],"expires_in_days":366}`, Status: 422, Has: []string{`"/expires_in_days"`}},
		{Name: "more than the maker has", Do: post, Token: manager, Body: `{"name":"x","scopes":["admin"]}`, Status: 403},
		{Name: "unknown key", Do: "DELETE /api/v1/keys/key_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", Token: b.Admin, Status: 404},
	})
	made := scenario.Decode[v1.NewKey](t, b.run(t, scenario.Case{Do: post, Token: b.Admin, Body: `{"name":"reader","scopes":["workflows:read"],"expires_in_days":30}`, Status: 201, Has: []string{`"token":"paw_`}}))
	if days := time.Until(made.ExpiresAt).Hours() / 24; days < 29.9 || days > 30 {
		t.Errorf("a key for 30 days works for %v", days)
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows", Token: made.Token, Status: 200})
	b.run(t, scenario.Case{Do: "GET /api/v1/keys", Token: b.Admin, Status: 200, Has: []string{`"name":"reader"`}, HasNot: []string{made.Token, made.Token[len(made.Token)-20:], "hash"}})
	b.run(t, scenario.Case{Do: "DELETE /api/v1/keys/" + string(made.ID), Token: b.Admin, Status: 204})
	b.run(t, scenario.Case{Do: "GET /api/v1/workflows", Token: made.Token, Status: 401})
}
