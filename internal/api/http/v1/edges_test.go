package v1_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/v1"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Every list refuses a cursor that it did not give out, and says where it stands.
func TestForeignCursors(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.workflow(t)
	e := b.start(t, string(id), `{"work":3}`)
	b.await(t, e.ID, workflow.Completed)
	lists := 0
	for _, c := range operations(t) {
		if c.method != http.MethodGet || !c.takes(t, "cursor") {
			continue
		}
		lists++
		for _, cursor := range []string{"abc", "%21", "c3RlcHMgeAox", "cC0x", "MQ"} {
			w := b.run(t, scenario.Case{Do: c.target(id, e.ID, "") + "?cursor=" + cursor, Token: b.Admin, Status: 422, Has: []string{`"code":"invalid_cursor"`, `{"pointer":"","parameter":"cursor"`}})
			if strings.Contains(w.Body.String(), "/cursor") {
				t.Errorf("%s: %s", c.path, w.Body)
			}
		}
		b.run(t, scenario.Case{Do: c.target(id, e.ID, "") + "?cursor=", Token: b.Admin, Status: 200})
		b.run(t, scenario.Case{Do: c.target(id, e.ID, "") + "?limit=", Token: b.Admin, Status: 422, Has: []string{`"parameter":"limit"`}})
	}
	if lists < 6 {
		t.Errorf("only %d lists have pages", lists)
	}
}

// takes reports whether an operation has a query parameter.
func (c cell) takes(t *testing.T, name string) bool {
	t.Helper()
	var d struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string } `json:"parameters"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(v1.Document(), &d); err != nil {
		t.Fatal(err)
	}
	return slices.Contains(d.Paths[c.path][strings.ToLower(c.method)].Parameters, struct{ Name, In string }{name, "query"})
}

// A list that has come to its end is empty, and no less a list.
func TestAPageBehindTheLast(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.start(t, string(b.workflow(t)), `{}`)
	b.await(t, e.ID, workflow.Completed)
	cursor := "cDk5OTk5OTk" // p9999999
	for _, list := range []string{"events", "rows"} {
		b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(e.ID) + "/" + list + "?cursor=" + cursor, Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	}
	b.run(t, scenario.Case{Do: "GET /api/v1/keys", Token: b.Foreign, Status: 200, Has: []string{`"items":[`}})
}

// Filters that are empty would list everything.
func TestEmptyFilters(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.start(t, string(b.workflow(t)), `{}`)
	for _, target := range []string{"/workflows?state=", "/workflows?type=", "/executions?state", "/executions/" + string(e.ID) + "/rows?table=", "/executions/" + string(e.ID) + "/rows?what=&code="} {
		b.run(t, scenario.Case{Do: "GET /api/v1" + target, Token: b.Admin, Status: 422, Has: []string{`"parameter":`}})
	}
}

// Every route that can be got can be asked about.
func TestHeadOfEveryRoute(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.workflow(t)
	e := b.start(t, string(id), `{}`)
	for _, c := range operations(t) {
		if c.method == http.MethodGet {
			b.run(t, scenario.Case{Do: strings.Replace(c.target(id, e.ID, ""), "GET", "HEAD", 1), Token: b.Admin, Status: 200})
			w := b.run(t, scenario.Case{Do: strings.Replace(c.target(id, e.ID, ""), "GET", "PATCH", 1), Token: b.Admin, Status: 405})
			if !strings.HasPrefix(w.Header().Get("Allow"), "GET, HEAD") {
				t.Errorf("%s: Allow is %q", c.path, w.Header().Get("Allow"))
			}
		}
	}
}

func TestHeadOfTheProbes(t *testing.T) {
	t.Parallel()
	probes := v1.Probes(func(context.Context) error { return errors.New("starting") })
	scenario.RunAll(t, probes, []scenario.Case{
		{Name: "alive", Do: "HEAD /healthz", Status: 200},
		{Name: "not ready", Do: "HEAD /readyz", Status: 503},
		{Name: "no other method", Do: "POST /readyz", Status: 405, Headers: map[string]string{"Allow": "GET, HEAD"}},
	})
}
