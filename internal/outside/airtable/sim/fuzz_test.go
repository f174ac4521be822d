package sim

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzCalls sends arbitrary bodies and queries to every route: none may panic or answer a 5xx, and a call that
// was refused leaves all records as they were.
func FuzzCalls(f *testing.F) {
	for _, seed := range []struct{ query, body string }{
		{"pageSize=2&sort[0][field]=Age&fields[]=Name", `{"fields":{"Name":"x","Company":"Acme"},"typecast":true}`},
		{"records[]=recAAAAAAAAAAAAAA", `{"records":[{"fields":{"Name":"x","Age":1e400}}],"performUpsert":{"fieldsToMergeOn":["Name"]}}`},
		{"filterByFormula=FIND({Name},'a')", `{"name":"F","type":"formula","options":{"formula":"{Label}&1"}}`},
		{"view=Grid view&maxRecords=1", `{"name":"T","fields":[{"name":"N","type":"multilineText"},{"name":"L","type":"rating","options":{"max":3,"icon":"star","color":"redBright"}}]}`},
		{"offset=itrAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA", `{"fields":{"Files":[{"url":"http://x"}],"Owner":{"email":"a@b"},"Code":{"text":"1"},"Seen":1e99,"Born":"12/31/1999"}}`},
		{"", `{"pageSize":3,"sort":[{"field":"Company"}],"filterByFormula":"{Tags}"}`},
		{"", `{"type":"singleLineText"}`}, {"", `{"type":"formula","options":{"formula":"{Name}"}}`}, {"", `{"options":{"choices":[{"name":"x"}]}}`},
		{"", `{"name":"V","filterByFormula":"{Age}>1","sort":[{"field":"Company"}],"hiddenFields":["Age"]}`},
		{"", `{"members":[],"max_records_per_base":0,"upsert_answer":"short","read_only_fields":["Name"],"round_numbers":true}`},
		{"", `[null,{}]`}, {"%zz", `{"fields":null}`}, {";", `{"records":[null]}`},
	} {
		f.Add(seed.query, seed.body)
	}
	f.Fuzz(func(t *testing.T, query, body string) {
		a := setup(t)
		people, companies := a.crm()
		firm := a.create(companies, obj{"Name": "Acme"})[0]
		id := a.create(people, obj{"Name": "a", "Age": 1, "Company": list{firm}})[0]
		schema := "/v0/meta/bases/" + a.base + "/tables"
		for _, call := range []string{"GET " + a.at(people), "POST " + a.at(people) + "/listRecords", "POST " + a.at(people), "PATCH " + a.at(people),
			"PUT " + a.at(people), "PATCH " + a.at(people) + "/" + id, "PUT " + a.at(people) + "/" + id, "DELETE " + a.at(people), "POST " + schema,
			"POST " + schema + "/" + people + "/fields", "PATCH " + schema + "/" + people, "PATCH " + schema + "/" + people + "/fields/" + a.fieldID(people, "Label"),
			"POST /v0/meta/bases", "PUT /_sim/faults", "POST " + a.byHandAt(people) + "/fields", "POST " + a.byHandAt(people) + "/views",
			"PATCH " + a.byHandAt(people) + "/fields/Age", "PATCH " + a.byHandAt(people) + "/fields/Company", "PATCH " + a.byHandAt(companies) + "/fields/People"} {
			method, path, _ := strings.Cut(call, " ")
			before := a.text(people) + a.text(companies)
			status := a.raw(method, path, query, body)
			if status >= 500 {
				t.Fatalf("%s: %d", call, status)
			}
			if status != http.StatusOK && before != a.text(people)+a.text(companies) {
				t.Fatalf("%s was refused with %d and changed the records", call, status)
			}
			a.ok("DELETE", "/_sim/faults", nil)
		}
	})
}

// text is the first page of a table on the wire.
func (a *airtable) text(table string) string {
	_, text, _ := a.call("GET", "/v0/"+a.base+"/"+table, nil)
	return text
}

// raw sends a query and a body as they are and returns the status.
func (a *airtable) raw(method, path, query, body string) int {
	request := httptest.NewRequest(method, path, strings.NewReader(body))
	request.URL.RawQuery = query
	request.RemoteAddr = "127.0.0.1:5"
	request.Header.Set("Authorization", "Bearer patAll")
	request.Header.Set("Content-Type", "application/json")
	out := httptest.NewRecorder()
	a.sim.Handler().ServeHTTP(out, request)
	return out.Code
}
