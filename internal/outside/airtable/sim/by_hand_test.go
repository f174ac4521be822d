package sim

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// byHandAt is where people change a table.
func (a *airtable) byHandAt(table string) string { return "/_sim/bases/" + a.base + "/tables/" + table }

// reopened is the same data in a simulator that has been started again.
func (a *airtable) reopened(t *testing.T, path string) *airtable {
	t.Helper()
	if err := a.sim.Close(); err != nil {
		t.Fatal(err)
	}
	b := setup(t, onFile(path))
	b.base = a.base
	return b
}

func TestAFieldIsDeletedByHand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, companies := a.lookups()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	id := a.create(people, obj{"Name": "Ann", "Age": 30, "Tags": list{"a"}, "Company": list{firm}})[0]
	age := a.fieldID(people, "Age")
	a.ok("DELETE", a.byHandAt(people)+"/fields/Age", nil)
	a.ok("DELETE", a.byHandAt("Companies")+"/fields/"+a.fieldID(companies, "Tags"), nil)
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		broken := obj{"error": "#ERROR!"}
		want := obj{"Name": "Ann", "Tags": list{"a"}, "Company": list{firm}, "Label": broken}
		if diff := cmp.Diff(want, one.fields(people, id)); diff != "" {
			t.Error(diff)
		}
		want = obj{"Name": "Acme", "People": list{id}, "Ages": broken, "Labels": list{broken}, "Total": broken, "Heads": 1.0, "Mean": broken}
		if diff := cmp.Diff(want, one.fields(companies, firm)); diff != "" {
			t.Error(diff)
		}
		for _, f := range []string{"Ages", "Total"} {
			if options := one.field(companies, f)["options"].(obj); options["isValid"] != false || options["result"] != nil || options["fieldIdInLinkedTable"] != age {
				t.Errorf("%s: %v", f, options)
			}
		}
		if options := one.field(people, "Label")["options"].(obj); options["isValid"] != false || options["result"] != nil {
			t.Errorf("got %v", options)
		}
		one.failsWith("POST", one.at(people), obj{"fields": obj{"Age": 1}}, 422, "UNKNOWN_FIELD_NAME", `Unknown field name: "Age"`)
		one.fails("DELETE", one.byHandAt(people)+"/fields/Name", nil, 422, "{\"error\":\"INVALID_REQUEST: Cannot delete field Name: it is the primary field\"}\n")
		one.fails("DELETE", one.byHandAt(people)+"/fields/Age", nil, 422, "{\"error\":\"UNKNOWN_FIELD_NAME: Unknown field name: \\\"Age\\\"\"}\n")
	}
}

func TestADeletedFormulaCanBeMendedByTheAPI(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Name": "Ann"})[0]
	a.ok("DELETE", a.byHandAt(people)+"/fields/Age", nil)
	a.ok("PATCH", "/v0/meta/bases/"+a.base+"/tables/"+people+"/fields/"+a.fieldID(people, "Label"), obj{"options": obj{"formula": "UPPER({Name})"}})
	if got := a.fields(people, id)["Label"]; got != "ANN" {
		t.Errorf("got %v", got)
	}
}

func TestADeletedLinkLeavesATextOnTheOtherSide(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, companies := a.lookups()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	a.create(people, obj{"Name": "Ann", "Company": list{firm}}, obj{"Name": "Bob", "Company": list{firm}})
	a.clock.pass(5e9)
	a.ok("DELETE", a.byHandAt(people)+"/fields/Company", nil)
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		got := one.fields(companies, firm)
		if got["People"] != "Ann, Bob" || one.field(companies, "People")["type"] != "singleLineText" {
			t.Errorf("got %v", got)
		}
		if one.field(companies, "Heads")["options"].(obj)["isValid"] != false {
			t.Error("a count without its link is valid")
		}
		if got := one.names(people, "filterByFormula", `LAST_MODIFIED_TIME()>"2024-05-06T07:08:10Z"`); got != "" {
			t.Errorf("%s count as modified", got)
		}
	}
}

func TestATableIsDeletedByHand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, companies := a.crm()
	firms := a.create(companies, obj{"Name": "Acme"}, obj{"Name": "Apex"})
	id := a.create(people, obj{"Name": "Ann", "Company": list{firms[1], firms[0]}})[0]
	a.ok("DELETE", a.byHandAt(companies), nil)
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		if got := one.fields(people, id)["Company"]; got != "Apex, Acme" || one.field(people, "Company")["type"] != "singleLineText" || len(one.schema()) != 1 {
			t.Errorf("got %v in %v", got, one.schema())
		}
		one.failsWith("GET", one.at(companies), nil, 403, noModelType, noModel)
		one.failsWith("GET", one.at(people)+"/"+firms[0], nil, 404, "MODEL_ID_NOT_FOUND", "Record not found")
		one.fails("DELETE", one.byHandAt(people), nil, 422, "{\"error\":\"INVALID_REQUEST: Cannot delete table People: a base has at least one table\"}\n")
	}
}

func TestTypesAreChangedByHand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, typ string
		options    any
		before     any
		after      any
	}{
		{"Age", "singleLineText", nil, 30, "30"},
		{"Notes", "number", obj{"precision": 1}, "1,200.5", 1200.5},
		{"Notes", "number", obj{"precision": 1}, "many", nil},
		{"Notes", "checkbox", obj{"icon": "check", "color": "redBright"}, "yes", true},
		{"Active", "singleLineText", nil, true, "checked"},
		{"Born", "multilineText", nil, "2001-02-03", "2001-02-03"},
		{"Notes", "date", obj{"dateFormat": obj{"name": "iso"}}, "2/3/2001", "2001-02-03"},
		{"Stage", "multipleSelects", obj{"choices": list{obj{"name": "New"}}}, "New", list{"New"}},
		{"Tags", "singleLineText", nil, list{"a", "b"}, "a, b"},
		{"Notes", "singleSelect", obj{"choices": list{}}, "Fresh", "Fresh"},
		{"Owner", "email", nil, obj{"email": "ann@example.com"}, "ann"},
		{"Files", "singleLineText", nil, list{obj{"url": "https://example.com/a.png"}}, "a.png"},
		{"Label", "singleLineText", nil, nil, "Ann/"},
		{"Age", "formula", obj{"formula": "LEN({Name})"}, 30, 3.0},
		{"Age", "rating", obj{"max": 5, "icon": "star", "color": "redBright"}, 30, nil},
	} {
		path := filepath.Join(t.TempDir(), "sim.data")
		a := setup(t, onFile(path))
		people, _ := a.crm()
		fields := obj{"Name": "Ann"}
		if c.before != nil {
			fields[c.field] = c.before
		}
		id := a.create(people, fields)[0]
		fieldID := a.fieldID(people, c.field)
		made := a.ok("PATCH", a.byHandAt(people)+"/fields/"+fieldID, obj{"type": c.typ, "options": c.options})
		if made["type"] != c.typ || made["id"] != fieldID {
			t.Errorf("%s to %s: %v", c.field, c.typ, made)
		}
		for _, one := range []*airtable{a, a.reopened(t, path)} {
			one.t = t
			if diff := cmp.Diff(c.after, one.fields(people, id)[c.field]); diff != "" || one.field(people, c.field)["type"] != c.typ {
				t.Errorf("%s %v to %s: %s", c.field, c.before, c.typ, diff)
			}
		}
	}
}

func TestLinksAndTextsBecomeEachOther(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, companies := a.crm()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	ids := a.create(people, obj{"Name": "Ann", "Company": list{firm}, "Notes": "Acme, Apex"}, obj{"Name": "Bob"})
	a.ok("PATCH", a.byHandAt(people)+"/fields/Company", obj{"type": "singleLineText"})
	a.ok("PATCH", a.byHandAt(people)+"/fields/Notes", obj{"type": "multipleRecordLinks", "options": obj{"linkedTableId": companies}})
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		ann := one.fields(people, ids[0])
		if ann["Company"] != "Acme" || len(ann["Notes"].(list)) != 2 || ann["Notes"].(list)[0] != firm {
			t.Errorf("got %v", ann)
		}
		acme := one.fields(companies, firm)
		if diff := cmp.Diff(obj{"Name": "Acme", "People": "Ann", "People 2": list{ids[0]}}, acme); diff != "" {
			t.Error(diff)
		}
		if got := one.names(companies, "sort[0][field]", "Name"); got != "Acme,Apex" {
			t.Errorf("got %s", got)
		}
	}
}

func TestRefusedShifts(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	before := a.schema()
	a.create(people, obj{"Name": "Ann", "Age": 3})
	for _, c := range []struct {
		field string
		body  obj
	}{
		{"Name", obj{"type": "checkbox", "options": obj{"icon": "check", "color": "redBright"}}}, {"Age", obj{"type": "nonsense"}}, {"Age", obj{"type": "number"}},
		{"Age", obj{"type": "number", "options": obj{"precision": 99}}}, {"Age", obj{"type": "button"}}, {"Age", obj{"type": "formula", "options": obj{"formula": "{Age}"}}},
		{"Age", obj{"type": "formula", "options": obj{"formula": "{Nope}"}}}, {"Age", obj{"type": "multipleRecordLinks", "options": obj{"linkedTableId": "tblAAAAAAAAAAAAAA"}}},
		{"Age", obj{"type": "count", "options": obj{"recordLinkFieldId": "fldAAAAAAAAAAAAAA"}}}, {"Nope", obj{"type": "email"}},
	} {
		if status, text, _ := a.call("PATCH", a.byHandAt(people)+"/fields/"+c.field, c.body); status != 422 {
			t.Errorf("%s %v: %d %s", c.field, c.body, status, text)
		}
	}
	if diff := cmp.Diff(before, a.schema()); diff != "" {
		t.Errorf("refused changes left %s", diff)
	}
	if got := a.records(people)[0]["fields"].(obj)["Age"]; got != 3.0 {
		t.Errorf("got %v", got)
	}
	for _, path := range []string{"/_sim/nothing", "/_sim/bases/" + a.base, a.byHandAt(people) + "/fields/Age/x", a.byHandAt(people) + "/nothing"} {
		if status, _, _ := a.call("DELETE", path, nil); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
}

func TestChoicesAreRenamedAndDeletedByHand(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	ids := a.create(people, obj{"Name": "Ann", "Stage": "New", "Tags": list{"a", "b"}}, obj{"Name": "Bob", "Stage": "Won", "Tags": list{"a"}})
	stages := a.field(people, "Stage")["options"].(obj)["choices"].(list)
	tags := a.field(people, "Tags")["options"].(obj)["choices"].(list)
	fresh := stages[0].(obj)["id"]
	a.clock.pass(5e9)
	a.ok("PATCH", a.byHandAt(people)+"/fields/Stage", obj{"options": obj{"choices": list{obj{"name": "Lost", "color": "redBright"}, obj{"id": fresh, "name": "Fresh"}}}})
	a.ok("PATCH", a.byHandAt(people)+"/fields/Tags", obj{"options": obj{"choices": list{obj{"id": tags[0].(obj)["id"], "name": "b"}, obj{"id": tags[1].(obj)["id"], "name": "a"}}}})
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		if diff := cmp.Diff(obj{"Name": "Ann", "Stage": "Fresh", "Tags": list{"b", "a"}, "Label": "Ann/"}, one.fields(people, ids[0])); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(obj{"Name": "Bob", "Tags": list{"b"}, "Label": "Bob/"}, one.fields(people, ids[1])); diff != "" {
			t.Error(diff)
		}
		choices := one.field(people, "Stage")["options"].(obj)["choices"].(list)
		if len(choices) != 2 || choices[1].(obj)["id"] != fresh || choices[1].(obj)["color"] != stages[0].(obj)["color"] || choices[0].(obj)["color"] != "redBright" {
			t.Errorf("got %v", choices)
		}
		if got := one.names(people, "filterByFormula", `LAST_MODIFIED_TIME()>"2024-05-06T07:08:10Z"`); got != "" {
			t.Errorf("%s count as modified", got)
		}
	}
}

func TestAnUpsertAfterATypeWasChanged(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, obj{"Name": "Ann", "Age": 30})
	upsert := func(value any) obj {
		return a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Age"}}, "records": list{obj{"fields": obj{"Age": value}}}})
	}
	if got := upsert(30)["createdRecords"]; len(got.(list)) != 0 {
		t.Errorf("created %v", got)
	}
	a.ok("PATCH", a.byHandAt(people)+"/fields/Age", obj{"type": "singleLineText"})
	if got := upsert("30")["createdRecords"]; len(got.(list)) != 0 {
		t.Errorf("created %v", got)
	}
}

func TestViewsWithAFilterAnOrderAndHiddenFields(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	a.create(people, obj{"Name": "Ann", "Age": 30, "Notes": "n"}, obj{"Name": "Bob", "Age": 50}, obj{"Name": "Cid", "Age": 40}, obj{"Name": "Dan", "Age": 10})
	view := a.ok("POST", a.byHandAt(people)+"/views", obj{"name": "Grown", "filterByFormula": "{Age} > 20", "sort": list{obj{"field": "Age", "direction": "desc"}}, "hiddenFields": list{"Notes", "Age"}})
	id := view["id"].(string)
	a.ok("POST", a.byHandAt(people)+"/views", obj{"name": "Board", "type": "kanban"})
	for _, one := range []*airtable{a, a.reopened(t, path)} {
		one.t = t
		for query, want := range map[string]string{"Grown": "Bob,Cid,Ann", id: "Bob,Cid,Ann", "Grid view": "Ann,Bob,Cid,Dan", "Board": "Ann,Bob,Cid,Dan"} {
			if got := one.names(people, "view", query); got != want {
				t.Errorf("%s: got %s", query, got)
			}
		}
		if got := one.names(people, "view", "Grown", "sort[0][field]", "Name"); got != "Ann,Bob,Cid" {
			t.Errorf("a sort overrides the view's: %s", got)
		}
		if got := one.names(people, "view", "Grown", "filterByFormula", "{Age}<45", "pageSize", "1"); got != "Cid,Ann" {
			t.Errorf("a filter and the view's: %s", got)
		}
		if got := one.records(people, "view", "Grown")[0]["fields"].(obj)["Age"]; got != 50.0 {
			t.Errorf("a hidden field is not returned: %v", got)
		}
		views := one.ok("GET", "/v0/meta/bases/"+one.base+"/tables?include[]=visibleFieldIds", nil)["tables"].(list)[1].(obj)["views"].(list)
		grown, board := views[1].(obj), views[2].(obj)
		if len(grown) != 4 || len(grown["visibleFieldIds"].(list)) != len(one.table(people)["fields"].(list))-2 {
			t.Errorf("got %v", grown)
		}
		if diff := cmp.Diff(obj{"id": board["id"], "name": "Board", "type": "kanban"}, board); diff != "" {
			t.Error(diff)
		}
	}
}

func TestViewsFollowTheSchema(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, obj{"Name": "Ann", "Age": 30}, obj{"Name": "Bob", "Age": 50})
	a.ok("POST", a.byHandAt(people)+"/views", obj{"name": "V", "filterByFormula": "{Age}<40", "sort": list{obj{"field": "Age", "direction": "desc"}}, "hiddenFields": list{"Age"}})
	a.ok("PATCH", "/v0/meta/bases/"+a.base+"/tables/"+people+"/fields/"+a.fieldID(people, "Age"), obj{"name": "Years"})
	if got := a.names(people, "view", "V"); got != "Ann" {
		t.Errorf("after a rename: %s", got)
	}
	a.ok("PATCH", a.byHandAt(people)+"/views/V", obj{"name": "W", "filterByFormula": "{Years}>0"})
	if got := a.names(people, "view", "W"); got != "Bob,Ann" {
		t.Errorf("after a change: %s", got)
	}
	a.ok("DELETE", a.byHandAt(people)+"/fields/Years", nil)
	if got := a.names(people, "view", "W"); got != "Ann,Bob" {
		t.Errorf("after the field is gone: %s", got)
	}
	for _, body := range []obj{{}, {"name": "W"}, {"name": " "}, {"name": "x", "type": "cube"}, {"name": "x", "filterByFormula": "{Nope}"}, {"name": "x", "sort": list{obj{"field": "Nope"}}},
		{"name": "x", "hiddenFields": list{"Nope"}}, {"name": "x", "hiddenFields": list{"Name"}}} {
		if status, text, _ := a.call("POST", a.byHandAt(people)+"/views", body); status != 422 {
			t.Errorf("%v: %d %s", body, status, text)
		}
	}
	a.ok("DELETE", a.byHandAt(people)+"/views/W", nil)
	a.failsWith("GET", a.at(people)+"?view=W", nil, 422, "VIEW_NAME_NOT_FOUND", "View W not found")
	if status, _, _ := a.call("DELETE", a.byHandAt(people)+"/views/Grid%20view", nil); status != 422 {
		t.Errorf("the last view is deleted: %d", status)
	}
}
