package v1_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest/scenario"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// records lists what a list of rows says, one line each.
func records(rows []workflow.RowOutcome) (lines []string) {
	for _, r := range rows {
		lines = append(lines, fmt.Sprintf("%d %s %s %s", r.Number, r.Table, r.Record, r.What))
	}
	return lines
}

func TestRowsInPages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.await(t, b.start(t, string(b.workflow(t)), `{"rows":5,"more":12000}`).ID, workflow.Completed)
	path := "GET /api/v1/executions/" + string(e.ID) + "/rows"
	all := []string{"1 Contacts rec0 reduced", "2 Contacts rec1 reduced", "3 Deals rec2 held", "4 Contacts rec3 reduced", "5 Contacts rec4 reduced"}
	for query, want := range map[string][]string{
		"":                              all,
		"table=Contacts":                {all[0], all[1], all[3], all[4]},
		"table=contacts":                nil,
		"what=held":                     {all[2]},
		"code=open_links":               {all[0], all[1], all[3], all[4]},
		"table=Deals&code=deletes_held": {all[2]},
		"table=Deals&what=reduced":      nil,
	} {
		if got := records(pages[workflow.RowOutcome](t, b, path+"?limit=2&"+query)); !slices.Equal(got, want) {
			t.Errorf("%s: %v", query, got)
		}
	}
	b.run(t, scenario.Case{Do: path, Token: b.Key(workflow.ExecutionRead), Status: 200,
		Has: []string{`{"number":1,"table":"Contacts","record":"rec0","field":"Boss","what":"reduced","code":"open_links","message":"1 link leads nowhere"}`}, HasNot: []string{`"next"`}})
	for name, query := range map[string]string{"cursor": "cursor=abc", "limit": "limit=1001", "what": "what=" + strings.Repeat("x", 201), "state": "state=held"} {
		b.run(t, scenario.Case{Do: path + "?" + query, Token: b.Admin, Status: 422, Has: []string{`"parameter":"` + name + `"`}})
	}
}

// The counts have what no list has.
func TestRowsAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := string(b.workflow(t))
	e := b.await(t, b.start(t, id, `{"rows":5,"more":12000}`).ID, workflow.Completed)
	got := scenario.Decode[workflow.RowCounts](t, b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(e.ID) + "/rows/counts", Token: b.Key(workflow.ExecutionRead), Status: 200}))
	want := workflow.RowCounts{Rows: 12005, Listed: 5, Items: []workflow.RowCount{
		{Table: "Contacts", What: "reduced", Code: "open_links", Rows: 4}, {Table: "Deals", What: "held", Code: "deletes_held", Rows: 12001}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	none := b.await(t, b.start(t, id, "").ID, workflow.Completed)
	b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(none.ID) + "/rows", Token: b.Admin, Status: 200, Has: []string{`{"items":[]}`}})
	b.run(t, scenario.Case{Do: "GET /api/v1/executions/" + string(none.ID) + "/rows/counts", Token: b.Admin, Status: 200, Has: []string{`{"items":[],"rows":0,"listed":0}`}})
}

func TestWhoseRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	id := b.workflow(t)
	failed := b.await(t, b.start(t, string(id), `{"rows":2,"end":"fail"}`).ID, workflow.Failed)
	list := func(e workflow.ExecutionID) string { return "GET /api/v1/executions/" + string(e) + "/rows" }
	for _, of := range []string{"", "/counts"} {
		for name, c := range map[string]scenario.Case{
			"anonymous":         {Do: list(failed.ID) + of, Status: http.StatusUnauthorized},
			"another scope":     {Do: list(failed.ID) + of, Token: b.Key(workflow.WorkflowRead, workflow.WorkflowRun), Status: http.StatusForbidden},
			"another workspace": {Do: list(failed.ID) + of, Token: b.Foreign, Status: http.StatusNotFound, Has: []string{`"code":"execution_not_found"`}},
			"none":              {Do: list("ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e") + of, Token: b.Admin, Status: http.StatusNotFound, Has: []string{`"code":"execution_not_found"`}},
		} {
			t.Run(name+of, func(t *testing.T) { b.run(t, c) })
		}
	}

	// A redrive has what it did itself: the step that told of the rows was taken over.
	again := scenario.Decode[workflow.Execution](t, b.run(t, scenario.Case{Do: "POST /api/v1/executions/" + string(failed.ID) + "/redrive", Token: b.Admin, Status: 202}))
	b.await(t, again.ID, workflow.Failed)
	b.run(t, scenario.Case{Do: list(again.ID), Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	b.run(t, scenario.Case{Do: list(failed.ID), Token: b.Admin, Status: 200, Has: []string{`"record":"rec1"`}})

	b.run(t, scenario.Case{Do: "DELETE /api/v1/workflows/" + string(id), Token: b.Admin, Status: 204})
	b.run(t, scenario.Case{Do: list(failed.ID), Token: b.Admin, Status: 200, Has: []string{`"items":[]`}})
	b.run(t, scenario.Case{Do: list(failed.ID) + "/counts", Token: b.Admin, Status: 200, Has: []string{`"rows":2,"listed":0,"expired_at":"`}})
}
