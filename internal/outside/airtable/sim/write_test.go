package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestCreateOneRespondsBare(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.clock.pass(123 * time.Millisecond)
	got := a.ok("POST", a.at(people), obj{"fields": obj{"Name": "Ann", "Age": 3}})
	if !wire.IsID(got["id"].(string), "rec") || got["createdTime"] != "2024-05-06T07:08:09.000Z" {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff(obj{"Name": "Ann", "Age": 3.0, "Label": "Ann/3"}, got["fields"]); diff != "" {
		t.Error(diff)
	}
}

func TestCreateManyRespondsInOrderAndTakesNamesAndIDs(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	age := a.fieldID(people, "Age")
	got := a.ok("POST", a.at("People")+"/", obj{"returnFieldsByFieldId": true, "records": list{
		obj{"fields": obj{"Name": "Ann"}}, obj{"fields": obj{age: 7}},
	}})["records"].(list)
	first, second := got[0].(obj)["fields"].(obj), got[1].(obj)["fields"].(obj)
	if first[a.fieldID(people, "Name")] != "Ann" || second[age] != 7.0 {
		t.Errorf("got %v and %v", first, second)
	}
}

func TestCreateIsAllOrNothing(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	body := obj{"typecast": true, "records": list{
		obj{"fields": obj{"Name": "good", "Stage": "Brand new", "Company": list{"Fresh Inc"}}}, obj{"fields": obj{"Age": list{}}},
	}}
	a.failsWith("POST", a.at(people), body, 422, "INVALID_VALUE_FOR_COLUMN", `Field "Age" cannot accept the provided value`)
	if got := a.names(people) + a.names(companies); got != "" {
		t.Errorf("a refused batch left %q", got)
	}
	a.failsWith("POST", a.at(people), obj{"fields": obj{"Stage": "Brand new"}}, 422,
		"INVALID_MULTIPLE_CHOICE_OPTIONS", `Insufficient permissions to create new select option "\"Brand new\""`)
}

func TestRefusedWrites(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Name": "Ann"})[0]
	eleven := list{}
	for range 11 {
		eleven = append(eleven, obj{"id": id, "fields": obj{}})
	}
	const createShape = `You must provide an array of up to 10 record objects, each with a "fields" object for cell values.`
	const updateShape = `You must provide an array of up to 10 record objects, each with an "id" ID field and a "fields" object for cell values.`
	for name, c := range map[string]struct {
		method, path string
		body         any
		typ, message string
	}{
		"eleven creates":         {"POST", "", obj{"records": eleven}, "INVALID_RECORDS", "A maximum of 10 records can be created per request but you have provided 11."},
		"no records":             {"POST", "", obj{"records": list{}}, "INVALID_RECORDS", createShape},
		"records without fields": {"POST", "", obj{"records": list{obj{}}}, "INVALID_RECORDS", createShape},
		"records no array":       {"POST", "", obj{"records": obj{}}, "INVALID_RECORDS", createShape},
		"no fields":              {"POST", "", obj{}, "INVALID_REQUEST_MISSING_FIELDS", `Could not find field "fields" in the request body`},
		"no JSON":                {"POST", "", "{", "INVALID_REQUEST_BODY", "Could not parse request body"},
		"unknown field":          {"POST", "", obj{"fields": obj{"Foo": 1}}, "UNKNOWN_FIELD_NAME", `Unknown field name: "Foo"`},
		"computed field":         {"POST", "", obj{"fields": obj{"Label": "x"}}, "INVALID_VALUE_FOR_COLUMN", `Field "Label" cannot accept a value because the field is computed`},
		"computed null":          {"POST", "", obj{"fields": obj{"Label": nil}}, "INVALID_VALUE_FOR_COLUMN", `Field "Label" cannot accept a value because the field is computed`},
		"eleven updates":         {"PATCH", "", obj{"records": eleven}, "INVALID_RECORDS", updateShape},
		"update without id":      {"PATCH", "", obj{"records": list{obj{"fields": obj{}}}}, "INVALID_RECORDS", updateShape},
		"update malformed id":    {"PUT", "", obj{"records": list{obj{"id": "x", "fields": obj{}}}}, "INVALID_RECORDS", updateShape},
		"update missing record":  {"PATCH", "", obj{"records": list{obj{"id": "recAAAAAAAAAAAAAA", "fields": obj{}}}}, "ROW_DOES_NOT_EXIST", "Record ID recAAAAAAAAAAAAAA does not exist in this table"},
		"update one, no fields":  {"PATCH", "/" + id, obj{"x": 1}, "INVALID_REQUEST_MISSING_FIELDS", `Could not find field "fields" in the request body`},
		"typecast no boolean":    {"POST", "", obj{"fields": obj{}, "typecast": "yes"}, "INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data."},
		"delete without ids":     {"DELETE", "", nil, "INVALID_RECORDS", "You must provide an array of up to 10 record IDs."},
		"delete no array":        {"DELETE", "?records=" + id, nil, "INVALID_RECORDS", `"records" must be an array of up to 10 record IDs.`},
		"delete malformed id":    {"DELETE", "?records[]=x", nil, "INVALID_RECORDS", "You must provide an array of up to 10 record IDs."},
		"delete eleven":          {"DELETE", "?" + strings.Repeat("records[]="+id+"&", 11), nil, "INVALID_RECORDS", "You must provide an array of up to 10 record IDs."},
		"delete with a missing":  {"DELETE", "?records[]=" + id + "&records[]=recAAAAAAAAAAAAAA", nil, "ROW_DOES_NOT_EXIST", "Record ID recAAAAAAAAAAAAAA does not exist in this table"},
	} {
		t.Run(name, func(t *testing.T) {
			a.with(t, a.token).failsWith(c.method, a.at(people)+c.path, c.body, 422, c.typ, c.message)
		})
	}
	if got := a.names(people); got != "Ann" {
		t.Errorf("refused calls left %q", got)
	}
	a.failsWith("PATCH", a.at(people)+"/recAAAAAAAAAAAAAA", obj{"fields": obj{}}, 404, "MODEL_ID_NOT_FOUND", "Record not found")
	a.failsWith("DELETE", a.at(people)+"/recAAAAAAAAAAAAAA", nil, 404, "MODEL_ID_NOT_FOUND", "Record not found")
}

func TestPatchKeepsAndPutClears(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Name": "Ann", "Age": 3, "Tags": list{"a", "b"}, "Active": true})[0]
	for _, step := range []struct {
		method string
		send   obj
		want   obj
	}{
		{"PATCH", obj{"Age": 4}, obj{"Name": "Ann", "Age": 4.0, "Tags": list{"a", "b"}, "Active": true, "Label": "Ann/4"}},
		{"PATCH", obj{"Tags": list{"b"}}, obj{"Name": "Ann", "Age": 4.0, "Tags": list{"b"}, "Active": true, "Label": "Ann/4"}},
		{"PATCH", obj{"Tags": list{}, "Active": false, "Age": nil}, obj{"Name": "Ann", "Label": "Ann/"}},
		{"PUT", obj{"Age": 0}, obj{"Age": 0.0, "Label": "/0"}},
	} {
		got := a.ok(step.method, a.at(people)+"/"+id, obj{"fields": step.send})["fields"]
		if diff := cmp.Diff(step.want, got); diff != "" && step.method != "PUT" {
			t.Errorf("%v: %s", step.send, diff)
		} else if step.method == "PUT" && got.(obj)["Name"] != nil {
			t.Errorf("PUT kept %v", got)
		}
		many := a.ok(step.method, a.at(people), obj{"records": list{obj{"id": id, "fields": step.send}}})["records"].(list)[0].(obj)["fields"]
		if diff := cmp.Diff(got, many); diff != "" {
			t.Errorf("one and many differ: %s", diff)
		}
	}
}

func TestDeleteRespondsAndTakesLinksAlong(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	firms := a.create(companies, obj{"Name": "Acme"}, obj{"Name": "Apex"})
	ids := a.create(people, obj{"Name": "Ann", "Company": list{firms[0], firms[1]}}, obj{"Name": "Bob"}, obj{"Name": "Cid"})
	_, one, _ := a.call("DELETE", a.at(companies)+"/"+firms[0], nil)
	if diff := cmp.Diff(`{"deleted":true,"id":"`+firms[0]+`"}`, one); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(list{firms[1]}, a.fields(people, ids[0])["Company"]); diff != "" {
		t.Error(diff)
	}
	many := a.ok("DELETE", a.at(people)+"?records%5B%5D="+ids[0]+"&records%5B%5D="+ids[1], nil)
	want := obj{"records": list{obj{"id": ids[0], "deleted": true}, obj{"id": ids[1], "deleted": true}}}
	if diff := cmp.Diff(want, many); diff != "" {
		t.Error(diff)
	}
	if got := a.names(people); got != "Cid" {
		t.Errorf("left %q", got)
	}
	if got := a.fields(companies, firms[1])["People"]; got != nil {
		t.Errorf("the company still links to %v", got)
	}
}

func TestUpsert(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	ids := a.create(people, obj{"Name": "Ann", "Age": 1}, obj{"Name": "Bob"}, obj{"Name": "Twin"}, obj{"Name": "Twin"})
	upsert := func(on list, records ...any) obj {
		return obj{"performUpsert": obj{"fieldsToMergeOn": on}, "records": records}
	}
	rec := func(fields obj) obj { return obj{"fields": fields} }

	got := a.ok("PATCH", a.at(people), upsert(list{"Name"}, rec(obj{"Name": "New"}), rec(obj{"Name": "Ann", "Age": 2}),
		obj{"id": ids[1], "fields": obj{"Name": "Rob"}}))
	records := got["records"].(list)
	fresh := records[0].(obj)["id"]
	if diff := cmp.Diff(list{fresh}, got["createdRecords"]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(list{ids[0], ids[1]}, got["updatedRecords"]); diff != "" {
		t.Error(diff)
	}
	if a.fields(people, ids[0])["Age"] != 2.0 || a.fields(people, ids[1])["Name"] != "Rob" {
		t.Errorf("got %v", records)
	}

	before := a.names(people)
	a.failsWith("PATCH", a.at(people), upsert(list{"Name"}, rec(obj{"Name": "Other"}), rec(obj{"Name": "Twin"})), 422,
		"INVALID_VALUE_FOR_COLUMN", `Cannot update more than one record: several have the given values in "Name"`)
	a.failsWith("PATCH", a.at(people), upsert(list{"Name"}, rec(obj{"Age": 1})), 422, "INVALID_RECORDS", updateShape)
	a.failsWith("PATCH", a.at(people), upsert(list{"Label"}, rec(obj{"Name": "x"})), 422, "INVALID_VALUE_FOR_COLUMN", `Field "Label" cannot accept a value because the field is computed`)
	a.failsWith("PATCH", a.at(people), upsert(list{"Nope"}, rec(obj{"Name": "x"})), 422, "UNKNOWN_FIELD_NAME", `Unknown field name: "Nope"`)
	a.failsWith("PATCH", a.at(people), upsert(list{"Name"}, obj{"id": "recAAAAAAAAAAAAAA", "fields": obj{"Name": "x"}}), 422, "ROW_DOES_NOT_EXIST", "Record ID recAAAAAAAAAAAAAA does not exist in this table")
	for _, on := range []list{{}, {"Name", "Age", "Stage", "Notes"}, {"Company"}, {"Name", "Name"}} {
		a.failsWith("PATCH", a.at(people), upsert(on, rec(obj{"Name": "x", "Age": 1})), 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	}
	if got := a.names(people); got != before {
		t.Errorf("refused upserts changed %q to %q", before, got)
	}
}

func TestUpsertKeys(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	send := func(method string, on list, fields obj) (created bool, record obj) {
		t.Helper()
		got := a.ok(method, a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": on}, "records": list{obj{"fields": fields}}, "typecast": true})
		return len(got["createdRecords"].(list)) == 1, got["records"].(list)[0].(obj)["fields"].(obj)
	}
	for i, step := range []struct {
		method  string
		on      list
		fields  obj
		created bool
	}{
		{"PATCH", list{"Name", "Age"}, obj{"Name": "Ann", "Age": 1}, true},
		{"PATCH", list{"Name", "Age"}, obj{"Name": "Ann", "Age": 2}, true},
		{"PATCH", list{"Name", "Age"}, obj{"Name": "Ann", "Age": 2, "Notes": "n"}, false},
		{"PATCH", list{"Age", "Name"}, obj{"Name": "Ann", "Age": 2}, false},
		{"PATCH", list{"Name"}, obj{"Name": nil, "Age": 9}, true}, // an empty key matches nothing
		{"PATCH", list{"Name"}, obj{"Name": nil, "Age": 9}, true},
		{"PATCH", list{"Stage"}, obj{"Stage": "Fresh"}, true}, // typecast makes the choice
		{"PATCH", list{"Stage"}, obj{"Stage": "Fresh"}, false},
		{"PATCH", list{"Born"}, obj{"Born": "2001-02-03"}, true},
		{"PATCH", list{"Born"}, obj{"Born": "2001-02-03", "Notes": "kept"}, false},
		{"PUT", list{"Born"}, obj{"Born": "2001-02-03"}, false}, // and clears the notes
		{"PATCH", list{"Tags"}, obj{"Tags": list{"a", "b"}}, true},
		{"PATCH", list{"Tags"}, obj{"Tags": list{"b", "a"}}, true},
		{"PATCH", list{"Tags"}, obj{"Tags": list{"a", "b"}}, false},
	} {
		created, record := send(step.method, step.on, step.fields)
		if created != step.created {
			t.Errorf("step %d: created is %v", i, created)
		}
		if step.method == "PUT" && record["Notes"] != nil {
			t.Errorf("step %d: PUT kept %v", i, record)
		}
	}
	// The indexes follow changes and deletions made by other calls.
	id := a.create(people, obj{"Notes": "moves", "Name": "Mover"})[0]
	if created, _ := send("PATCH", list{"Name"}, obj{"Name": "Mover"}); created {
		t.Error("a new record is not found")
	}
	a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Name": "Moved"}})
	if created, _ := send("PATCH", list{"Name"}, obj{"Name": "Moved"}); created {
		t.Error("a changed record is not found")
	}
	a.ok("DELETE", a.at(people)+"/"+id, nil)
	if created, _ := send("PATCH", list{"Name"}, obj{"Name": "Moved"}); !created {
		t.Error("a deleted record is found")
	}
}

func TestEqualNewKeysInOneBatchMakeTwoRecords(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	got := a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}},
		"records": list{obj{"fields": obj{"Name": "x"}}, obj{"fields": obj{"Name": "x"}}}})
	if n := len(got["createdRecords"].(list)); n != 2 {
		t.Errorf("created %d", n)
	}
}

func TestModifiedTimeMovesWithRealChangesOnly(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	id := a.create(people, obj{"Name": "Ann", "Age": 1})[0]
	moved := func(table string) bool {
		return a.names(table, "filterByFormula", `IS_AFTER(LAST_MODIFIED_TIME(), "`+a.clock.at.Add(-1).UTC().Format("2006-01-02T15:04:05.000Z")+`")`) != ""
	}
	for _, step := range []struct {
		name         string
		do           func()
		person, firm bool
	}{
		{"nothing", func() {}, false, false},
		{"the same value", func() { a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Age": 1}}) }, false, false},
		{"another value", func() { a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Age": 2}}) }, true, false},
		{"a link moves both sides", func() { a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Company": list{firm}}}) }, true, true},
		{"the same link", func() { a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Company": list{firm}}}) }, false, false},
		{"a formula over the other table", func() { a.ok("PATCH", a.at(companies)+"/"+firm, obj{"fields": obj{"Name": "Apex"}}) }, false, true},
		{"a refused change", func() {
			a.failsWith("PATCH", a.at(people), obj{"records": list{obj{"id": id, "fields": obj{"Age": 3}}, obj{"id": id, "fields": obj{"Age": "x"}}}}, 422,
				"INVALID_VALUE_FOR_COLUMN", `Field "Age" cannot accept the provided value`)
		}, false, false},
	} {
		a.clock.pass(2e9)
		step.do()
		if person, firm := moved(people), moved(companies); person != step.person || firm != step.firm {
			t.Errorf("%s: person moved %v, firm moved %v", step.name, person, firm)
		}
	}
}
