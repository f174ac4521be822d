package v1_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Workflows and keys have one rule for their names, and the document states it.
func TestNames(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for name, status := range map[string]int{
		strings.Repeat("x", 200): 201, strings.Repeat("€", 200): 201, "a\u200db": 201,
		strings.Repeat("x", 201): 422, strings.Repeat("€", 201): 422, "": 422, " \u00a0": 422, "\ufeff": 422,
		"a\u202eb": 422, "a\u2066b": 422, "a\u200bb": 422, "a\u2028b": 422, "a\nb": 422, "a\x1bb": 422, "a\u00adb": 422,
	} {
		text, _ := json.Marshal(name)
		has := []string{`"pointer":"/name"`}
		if status == 201 {
			has = nil
		}
		b.run(t, scenario.Case{Do: "POST /api/v1/keys", Token: b.Admin, Body: fmt.Sprintf(`{"name":%s,"scopes":["workflows:read"]}`, text), Status: status, Has: has})
		b.run(t, scenario.Case{Do: "POST /api/v1/workflows", Token: b.Admin, Body: fmt.Sprintf(`{"name":%s,"type":"test_kind","config":{"greeting":"hi"}}`, text), Status: status, Has: has})
	}
}

func TestEveryLabelAtFaultIsNamed(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	long := strings.Repeat("€", 257)
	labels, _ := json.Marshal(map[string]string{
		"fine": strings.Repeat("€", 256), "a/b": long, "bell": "\a", "line\nbreak": "x", " ": "blank", long: "x", "": "none",
	})
	for _, do := range []string{"POST /api/v1/workflows", "PUT /api/v1/workflows/" + id} {
		w := b.run(t, scenario.Case{Do: do, Token: b.Admin, Status: 422, Body: `{"name":"x","type":"test_kind","config":{"greeting":"hi"},"labels":` + string(labels) + `}`})
		var at []string
		for _, f := range scenario.Decode[problem.Details](t, w).Errors {
			at = append(at, f.Pointer)
		}
		slices.Sort(at)
		want := []string{"/labels/", "/labels/ ", "/labels/a~1b", "/labels/bell", "/labels/line\nbreak", "/labels/" + long}
		if !slices.Equal(at, want) {
			t.Errorf("%s: faults at %.300q, want %.300q", do, at, want)
		}
	}
	many := map[string]string{}
	for i := range 65 {
		many[fmt.Sprint(i)] = "x"
	}
	labels, _ = json.Marshal(many)
	b.run(t, scenario.Case{Do: "POST /api/v1/workflows", Token: b.Admin, Status: 422, Body: `{"name":"x","type":"test_kind","config":{"greeting":"hi"},"labels":` + string(labels) + `}`, Has: []string{`"pointer":"/labels"`}})
}

// Null stands for what is absent, in every optional field of every body.
func TestNullIsAbsent(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	failed := b.await(t, b.start(t, id, `{"end":"fail"}`).ID, workflow.Failed)
	for _, c := range []scenario.Case{
		{Do: "POST /api/v1/keys", Body: `{"name":"x","scopes":["workflows:read"],"expires_in_days":null}`, Status: 201},
		{Do: "POST /api/v1/workflows", Body: `{"name":"x","type":"test_kind","config":{"greeting":"hi","later":null},"labels":null}`, Status: 201},
		{Do: "PUT /api/v1/workflows/" + id, Body: `{"name":"x","type":null,"config":{"greeting":"hi"},"labels":null}`, Status: 200},
		{Do: "POST /api/v1/workflows/" + id + "/execute", Body: `{"version":null,"priority":null,"input":null}`, Status: 202, Has: []string{`"workflow_version":2`}},
		{Do: "POST /api/v1/executions/" + string(failed.ID) + "/redrive", Body: `{"version":null,"priority":null,"input":null}`, Status: 202, Has: []string{`"workflow_version":1`}},
		{Do: "POST /api/v1/workflows", Body: `{"name":null,"type":"test_kind","config":{"greeting":"hi"}}`, Status: 422, Has: []string{`"/name","code":"required"`}},
	} {
		c.Token = b.Admin
		b.run(t, c)
	}
}

// RFC 9110, 13.1.1: a list of strong tags, or any version.
func TestIfMatch(t *testing.T) {
	t.Parallel()
	b := setup(t)
	do := "PUT /api/v1/workflows/" + string(b.workflow(t))
	for _, tags := range []string{
		`"3"`, `"10"`, `'1'`, "`1`", `1`, `"01"`, `"+1"`, `"\x31"`, `" 1"`, `W/"1"`, `w/"1"`, `"1" "1"`, `"1`, `"1"x`, `"1", *`, `"3", W/"1"`, `"1",x`, `,`, `"0"`, `"-1"`, `""`,
		`"1` + "\t" + `"`, `"99999999999999999999"`,
	} {
		b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: good, Header: map[string]string{"If-Match": tags}, Status: http.StatusPreconditionFailed, Has: []string{`"code":"version_changed"`}})
		b.run(t, scenario.Case{Do: strings.Replace(do, "PUT", "DELETE", 1), Token: b.Admin, Header: map[string]string{"If-Match": tags}, Status: http.StatusPreconditionFailed})
	}
	b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: good, Header: map[string]string{"If-Match": ""}, Status: 422, Has: []string{`"parameter":"If-Match"`}})
	b.run(t, scenario.Case{Do: "PUT /api/v1/workflows/wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e", Token: b.Admin, Body: good, Header: map[string]string{"If-Match": `"x"`}, Status: 404})
	for i, tags := range []string{`"1"`, `"7", "2"`, `"3","x" , W/"9"`, ` ,"4",, "5" ,`, `*`} {
		b.run(t, scenario.Case{Do: do, Token: b.Admin, Body: good, Header: map[string]string{"If-Match": tags}, Status: 200, Headers: map[string]string{"ETag": fmt.Sprintf(`"%d"`, i+2)}})
	}
	b.run(t, scenario.Case{Do: strings.Replace(do, "PUT", "DELETE", 1), Token: b.Admin, Header: map[string]string{"If-Match": `"6"`}, Status: 204})
}
