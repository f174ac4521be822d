package sim

import (
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lookups adds to the CRM what computed fields look at, and the computed fields.
func (a *airtable) lookups() (people, companies string) {
	a.t.Helper()
	people, companies = a.crm()
	back := a.fieldID(companies, "People")
	fields := "/v0/meta/bases/" + a.base + "/tables/" + companies + "/fields"
	for name, target := range map[string]string{"Ages": "Age", "Tags": "Tags", "Owners": "Owner", "Labels": "Label"} {
		a.ok("POST", fields, obj{"name": name, "type": "multipleLookupValues", "options": obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, target)}})
	}
	byHand := "/_sim/bases/" + a.base + "/tables/" + companies + "/fields"
	a.ok("POST", byHand, obj{"name": "Total", "type": "rollup", "options": obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Age"), "formula": "SUM(values)"}})
	a.ok("POST", byHand, obj{"name": "Heads", "type": "count", "options": obj{"recordLinkFieldId": back}})
	a.ok("POST", fields, obj{"name": "Mean", "type": "formula", "options": obj{"formula": "IF({Heads},{Total}/{Heads})"}})
	return people, companies
}

func TestLookupsRollupsAndCounts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, companies := a.lookups()
	firm := a.create(companies, obj{"Name": "Acme"}, obj{"Name": "Apex"})
	ids := a.create(people, obj{"Name": "Ann", "Age": 30, "Tags": list{"a", "b"}, "Company": list{firm[0]}, "Owner": obj{"id": "usrAAAAAAAAAAAAAA"}},
		obj{"Name": "Bob", "Age": 40, "Tags": list{"b"}, "Company": list{firm[0]}}, obj{"Name": "Cid", "Company": list{firm[0]}})
	want := obj{"Name": "Acme", "People": list{ids[0], ids[1], ids[2]}, "Ages": list{30.0, 40.0}, "Tags": list{"a", "b", "b"},
		"Owners": list{obj{"id": "usrAAAAAAAAAAAAAA"}}, "Labels": list{"Ann/30", "Bob/40", "Cid/"}, "Total": 70.0, "Heads": 3.0, "Mean": 70.0 / 3}
	if diff := cmp.Diff(want, a.fields(companies, firm[0])); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(obj{"Name": "Apex", "Total": 0.0, "Heads": 0.0}, a.fields(companies, firm[1])); diff != "" {
		t.Error(diff)
	}
	a.ok("PATCH", a.at(people)+"/"+ids[2], obj{"fields": obj{"Age": 5}})
	a.ok("DELETE", a.at(people)+"/"+ids[0], nil)
	after := a.fields(companies, firm[0])
	if diff := cmp.Diff(obj{"Total": 45.0, "Heads": 2.0, "Ages": list{40.0, 5.0}}, obj{"Total": after["Total"], "Heads": after["Heads"], "Ages": after["Ages"]}); diff != "" {
		t.Error(diff)
	}
	for filter, want := range map[string]string{`{Total}>10`: "Acme", `{Heads}=0`: "Apex", `FIND("Bob",ARRAYJOIN({Labels}))`: "Acme", `{Ages}=BLANK()`: "Apex", `MAX({Ages})=40`: "Acme"} {
		if got := a.names(companies, "filterByFormula", filter); got != want {
			t.Errorf("%s: got %q", filter, got)
		}
	}
	if got := a.names(companies, "sort[0][field]", "Ages"); got != "Apex,Acme" {
		t.Errorf("sorted by a lookup: %s", got)
	}
	text := a.ok("GET", a.at(companies)+"/"+firm[0]+"?cellFormat=string&timeZone=utc&userLocale=en", nil)["fields"].(obj)
	if text["Ages"] != "40, 5" || text["Total"] != "45" {
		t.Errorf("as text: %v", text)
	}
	if err := a.sim.Close(); err != nil {
		t.Fatal(err)
	}
	b := setup(t, onFile(path))
	b.base = a.base
	if diff := cmp.Diff(after, b.fields(companies, firm[0])); diff != "" {
		t.Errorf("after a restart: %s", diff)
	}
}

func TestWhatTheSchemaSaysOfComputedFields(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.lookups()
	back := a.fieldID(companies, "People")
	for name, want := range map[string]obj{
		"Ages":   {"isValid": true, "recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Age"), "result": obj{"type": "number", "options": obj{"precision": 0.0}}},
		"Labels": {"isValid": true, "recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Label"), "result": obj{"type": "singleLineText"}},
		"Total": {"isValid": true, "recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Age"), "referencedFieldIds": list{},
			"result": obj{"type": "number", "options": obj{"precision": 8.0}}},
		"Heads": {"isValid": true, "recordLinkFieldId": back},
	} {
		if diff := cmp.Diff(want, a.field(companies, name)["options"]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	id := a.create(companies, obj{"Name": "x"})[0]
	for _, name := range []string{"Ages", "Total", "Heads", "Mean"} {
		a.failsWith("PATCH", a.at(companies)+"/"+id, obj{"fields": obj{name: 1}}, 422, "INVALID_VALUE_FOR_COLUMN", `Field "`+name+`" cannot accept a value because the field is computed`)
		upsert := obj{"performUpsert": obj{"fieldsToMergeOn": list{name}}, "records": list{obj{"fields": obj{name: 1}}}}
		a.failsWith("PATCH", a.at(companies), upsert, 422, "INVALID_VALUE_FOR_COLUMN", `Field "`+name+`" cannot accept a value because the field is computed`)
	}
	a.ok("PUT", a.at(companies)+"/"+id, obj{"fields": obj{"Name": "y"}})
}

func TestRefusedLookups(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	back, age := a.fieldID(companies, "People"), a.fieldID(people, "Age")
	const code, prefix = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Invalid options for Companies.F: "
	for _, c := range []struct {
		typ     string
		options any
		code    string
		message string
	}{
		{"lookup", obj{}, "INVALID_REQUEST_UNKNOWN", badParameters},
		{"multipleLookupValues", nil, code, prefix + "Failed schema validation: F.options is missing"},
		{"multipleLookupValues", obj{"recordLinkFieldId": back}, code, prefix + "Failed schema validation: F.options.fieldIdInLinkedTable is missing"},
		{"multipleLookupValues", obj{"recordLinkFieldId": age, "fieldIdInLinkedTable": age}, code, prefix + "Field " + age + " does not link to another table"},
		{"multipleLookupValues", obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": back}, code, prefix + "Field " + back + " does not exist in the linked table"},
		{"rollup", obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": age}, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", prefix + "Creating rollup fields is not supported at this time"},
		{"count", obj{"recordLinkFieldId": back}, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", prefix + "Creating count fields is not supported at this time"},
	} {
		a.failsWith("POST", "/v0/meta/bases/"+a.base+"/tables/"+companies+"/fields", obj{"name": "F", "type": c.typ, "options": c.options}, 422, c.code, c.message)
	}
	if n := len(a.table(companies)["fields"].(list)); n != 2 {
		t.Errorf("refused fields are there: %d", n)
	}
}

func TestLookupsInACircleEnd(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	link, back := a.fieldID(people, "Company"), a.fieldID(companies, "People")
	path := "/v0/meta/bases/" + a.base + "/tables/"
	there := a.ok("POST", path+companies+"/fields", obj{"name": "There", "type": "multipleLookupValues", "options": obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Name")}})
	a.ok("POST", path+people+"/fields", obj{"name": "Here", "type": "multipleLookupValues", "options": obj{"recordLinkFieldId": link, "fieldIdInLinkedTable": there["id"]}})
	firms := a.create(companies, obj{"Name": "A"}, obj{"Name": "B"})
	ids := a.create(people, obj{"Name": "Ann", "Company": list{firms[0], firms[1]}}, obj{"Name": "Bob", "Company": list{firms[0], firms[1]}})
	if diff := cmp.Diff(list{"Ann", "Bob", "Ann", "Bob"}, a.fields(people, ids[0])["Here"]); diff != "" {
		t.Error(diff)
	}
	// A person changes the first lookup to look at the second: a circle, which the API cannot make.
	a.ok("PATCH", "/_sim/bases/"+a.base+"/tables/"+companies+"/fields/There", obj{"type": "multipleLookupValues",
		"options": obj{"recordLinkFieldId": back, "fieldIdInLinkedTable": a.fieldID(people, "Here")}})
	if got := a.fields(people, ids[0])["Here"]; got != nil {
		t.Errorf("a circle shows %v", got)
	}
	a.ok("GET", path[:len(path)-1], nil)
}

func TestALookupOfLookupsIsBounded(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables/"
	there := a.ok("POST", path+companies+"/fields", obj{"name": "There", "type": "multipleLookupValues",
		"options": obj{"recordLinkFieldId": a.fieldID(companies, "People"), "fieldIdInLinkedTable": a.fieldID(people, "Name")}})
	a.ok("POST", path+people+"/fields", obj{"name": "Here", "type": "multipleLookupValues",
		"options": obj{"recordLinkFieldId": a.fieldID(people, "Company"), "fieldIdInLinkedTable": there["id"]}})
	ids := a.create(people, numbered(110)...)
	all := list{}
	for _, id := range ids {
		all = append(all, id)
	}
	for range 110 {
		a.create(companies, obj{"Name": "x", "People": all})
	}
	if n := len(a.ok("GET", a.at(people)+"/"+ids[0]+"?cellFormat=json", nil)["fields"].(obj)["Here"].(list)); n > maxLookedAt || n < maxLookedAt-110 {
		t.Errorf("a cell shows %d values", n)
	}
}

// maxLookedAt is what one cell may look at.
const maxLookedAt = 10_000

func TestFieldsThatSayWhenAndWhich(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sim.data")
	a := setup(t, onFile(path))
	people, _ := a.crm()
	for name, typ := range map[string]string{"No": "autoNumber", "Made": "createdTime", "Changed": "lastModifiedTime"} {
		a.ok("POST", "/_sim/bases/"+a.base+"/tables/People/fields", obj{"name": name, "type": typ})
		a.failsWith("POST", "/v0/meta/bases/"+a.base+"/tables/"+people+"/fields", obj{"name": "x", "type": typ}, 422,
			"UNSUPPORTED_FIELD_TYPE_FOR_CREATE", "Invalid options for People.x: Creating "+typ+" fields is not supported at this time")
	}
	ids := a.create(people, obj{"Name": "Ann"}, obj{"Name": "Bob"})
	a.clock.pass(1500e6)
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Name": "Bea"}})
	got := a.fields(people, ids[1])
	if diff := cmp.Diff(obj{"Name": "Bea", "Label": "Bea/", "No": 2.0, "Made": "2024-05-06T07:08:09.000Z", "Changed": "2024-05-06T07:08:10.500Z"}, got); diff != "" {
		t.Error(diff)
	}
	only := a.ok("POST", "/_sim/bases/"+a.base+"/tables/People/fields", obj{"name": "Aged", "type": "lastModifiedTime", "options": obj{"referencedFieldIds": list{a.fieldID(people, "Age")}}})
	if diff := cmp.Diff(list{a.fieldID(people, "Age")}, only["options"].(obj)["referencedFieldIds"]); diff != "" {
		t.Error(diff)
	}
	if got := a.fields(people, ids[1])["Aged"]; got != nil {
		t.Errorf("a field that never had a value changed at %v", got)
	}
	a.clock.pass(1e9)
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Age": 5}})
	a.clock.pass(1e9)
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Notes": "x"}})
	b := a.reopened(t, path)
	for field, want := range map[string]string{"Aged": "2024-05-06T07:08:11.500Z", "Changed": "2024-05-06T07:08:12.500Z"} {
		if got := b.fields(people, ids[1])[field]; got != want {
			t.Errorf("%s: %v", field, got)
		}
	}
	for filter, want := range map[string]string{`LAST_MODIFIED_TIME({Age})>="2024-05-06T07:08:11.500Z"`: "Bea", `LAST_MODIFIED_TIME({Age})>"2024-05-06T07:08:11.500Z"`: "",
		`LAST_MODIFIED_TIME({Name})=CREATED_TIME()`: "Ann", `LAST_MODIFIED_TIME({Age},{Notes})>"2024-05-06T07:08:12Z"`: "Bea"} {
		if got := b.names(people, "filterByFormula", filter); got != want {
			t.Errorf("%s: got %s", filter, got)
		}
	}
	a = b
	options := a.field(people, "Changed")["options"].(obj)
	if options["isValid"] != true || options["result"].(obj)["type"] != "dateTime" {
		t.Errorf("got %v", options)
	}
}
