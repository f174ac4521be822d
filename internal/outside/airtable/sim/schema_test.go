package sim

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestBases(t *testing.T) {
	t.Parallel()
	a := setup(t)
	tables := list{obj{"name": "T", "fields": list{obj{"name": "Name", "type": "singleLineText"}}}}
	made := a.ok("POST", "/v0/meta/bases", obj{"name": "One", "workspaceId": "wspAAAAAAAAAAAAAAA", "tables": tables})
	if !wire.IsID(made["id"].(string), "app") || len(made["tables"].(list)) != 1 {
		t.Errorf("got %v", made)
	}
	chosen := obj{"id": "appBBBBBBBBBBBBBB", "name": "Two", "workspaceId": "wspAAAAAAAAAAAAAA", "tables": tables}
	if got := a.ok("POST", "/v0/meta/bases", chosen)["id"]; got != "appBBBBBBBBBBBBBB" {
		t.Errorf("got %v", got)
	}
	a.failsWith("POST", "/v0/meta/bases", chosen, 422, "INVALID_REQUEST", "Base appBBBBBBBBBBBBBB exists already")
	want := obj{"bases": list{obj{"id": made["id"], "name": "One", "permissionLevel": "create"}, obj{"id": "appBBBBBBBBBBBBBB", "name": "Two", "permissionLevel": "create"}}}
	if diff := cmp.Diff(want, a.ok("GET", "/v0/meta/bases", nil)); diff != "" {
		t.Error(diff)
	}
	a.failsWith("GET", "/v0/meta/bases?pageSize=5", nil, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	a.failsWith("POST", "/v0/meta/bases", obj{"name": "x", "tables": tables}, 422, "INVALID_REQUEST", "Server error")
	a.failsWith("POST", "/v0/meta/bases", obj{"name": "x", "workspaceId": "nope", "tables": tables}, 404, "MODEL_ID_NOT_FOUND", "Workspace not found")
	a.failsWith("POST", "/v0/meta/bases", obj{"name": "x", "workspaceId": "wspAAAAAAAAAAAAAA"}, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	bad := list{tables[0], obj{"name": "T", "fields": list{obj{"name": "Name", "type": "singleLineText"}}}}
	a.failsWith("POST", "/v0/meta/bases", obj{"name": "x", "workspaceId": "wspAAAAAAAAAAAAAA", "tables": bad}, 422, "DUPLICATE_TABLE_NAME", sameTableName)
	if n := len(a.ok("GET", "/v0/meta/bases", nil)["bases"].(list)); n != 2 {
		t.Errorf("a refused base is there: %d", n)
	}
}

func TestOneBase(t *testing.T) {
	t.Parallel()
	a := setup(t)
	a.crm()
	want := `{"id":"` + a.base + `","createdTime":"2024-05-06T07:08:09.000Z","permissionLevel":"create","workspaceId":"wspAAAAAAAAAAAAAA","name":"CRM"}`
	a.fails("GET", "/v0/meta/bases/"+a.base, nil, 200, want)
	all := a.ok("GET", "/v0/meta/bases/"+a.base+"?include=collaborators&include=inviteLinks&include=interfaces", nil)
	for _, key := range []string{"individualCollaborators", "groupCollaborators", "inviteLinks", "interfaces"} {
		if all[key] == nil {
			t.Errorf("no %s in %v", key, all)
		}
	}
	a.failsWith("GET", "/v0/meta/bases/"+a.base+"?include[]=secrets", nil, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	a.failsWith("GET", "/v0/meta/bases/appXXXXXXXXXXXXXX", nil, 403, noModelType, noModel)
	a.with(t, "patNone").failsWith("GET", "/v0/meta/bases/"+a.base, nil, 403, noModelType, noModel)
	a.failsWith("DELETE", "/v0/meta/bases/"+a.base, nil, 403, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")
}

func TestBasesArePaged(t *testing.T) {
	t.Parallel()
	a := setup(t)
	tables := list{obj{"name": "T", "fields": list{obj{"name": "Name", "type": "singleLineText"}}}}
	create := func() {
		a.ok("POST", "/v0/meta/bases", obj{"name": "x", "workspaceId": "wspAAAAAAAAAAAAAA", "tables": tables})
	}
	for range 1000 {
		create()
	}
	if full := a.ok("GET", "/v0/meta/bases", nil); len(full["bases"].(list)) != 1000 || full["offset"] != nil {
		t.Error("1,000 bases are not one page")
	}
	create()
	first := a.ok("GET", "/v0/meta/bases", nil)
	second := a.ok("GET", "/v0/meta/bases?offset="+first["offset"].(string), nil)
	if len(first["bases"].(list)) != 1000 || len(second["bases"].(list)) != 1 || second["offset"] != nil {
		t.Error("1,001 bases are not two pages")
	}
	a.failsWith("GET", "/v0/meta/bases?offset=junk", nil, 422, "INVALID_OFFSET_VALUE", "The value of offset junk is invalid")
}

func TestSchema(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	tables := a.ok("GET", "/v0/meta/bases/"+a.base+"/tables?include[]=visibleFieldIds", nil)["tables"].(list)
	table := tables[1].(obj)
	if table["id"] != people || table["primaryFieldId"] != a.fieldID(people, "Name") {
		t.Errorf("got %v", table)
	}
	view := table["views"].(list)[0].(obj)
	if view["name"] != "Grid view" || view["type"] != "grid" || len(view["visibleFieldIds"].(list)) != len(table["fields"].(list)) {
		t.Errorf("got %v", view)
	}
	back := a.fieldID(companies, "People")
	for name, want := range map[string]any{
		"Name":    nil,
		"Age":     obj{"precision": 0.0},
		"Born":    obj{"dateFormat": obj{"name": "iso", "format": "YYYY-MM-DD"}},
		"Files":   obj{"isReversed": false},
		"Company": obj{"linkedTableId": companies, "isReversed": false, "prefersSingleRecordLink": false, "inverseLinkFieldId": back},
		"Label": obj{"formula": "{" + a.fieldID(people, "Name") + `} & "/" & {` + a.fieldID(people, "Age") + "}", "isValid": true,
			"referencedFieldIds": list{a.fieldID(people, "Name"), a.fieldID(people, "Age")}, "result": obj{"type": "singleLineText"}},
	} {
		if diff := cmp.Diff(want, a.field(people, name)["options"]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := a.field(companies, "People")["options"].(obj)["inverseLinkFieldId"]; got != a.fieldID(people, "Company") {
		t.Errorf("the inverse points to %v", got)
	}
}

func TestInverseTakesAnotherNameOnAClash(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables/" + people + "/fields"
	second := a.ok("POST", path, obj{"name": "Former", "type": "multipleRecordLinks", "options": obj{"linkedTableId": companies}})
	if got := a.field(companies, "People 2")["id"]; got != second["options"].(obj)["inverseLinkFieldId"] {
		t.Errorf("got %v", got)
	}
	self := a.ok("POST", path, obj{"name": "Boss", "type": "multipleRecordLinks", "options": obj{"linkedTableId": people}})
	if got, found := self["options"].(obj)["inverseLinkFieldId"]; found {
		t.Errorf("a link to its own table has the inverse %v", got)
	}
	ids := a.create(people, obj{"Name": "Ann"}, obj{"Name": "Bob"})
	a.ok("PATCH", a.at(people)+"/"+ids[1], obj{"fields": obj{"Boss": list{ids[0]}}})
	a.ok("DELETE", a.at(people)+"/"+ids[0], nil)
	if got := a.fields(people, ids[1])["Boss"]; got != nil {
		t.Errorf("Bob's boss is still %v", got)
	}
}

func TestRefusedFields(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables/" + people + "/fields"
	const wrong, prefix = "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE", "Invalid options for People.F: "
	for _, c := range []struct {
		typ     string
		options any
		code    string
		message string
	}{
		{"createdTime", nil, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", prefix + "Creating createdTime fields is not supported at this time"},
		{"autoNumber", nil, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", prefix + "Creating autoNumber fields is not supported at this time"},
		{"rollup", obj{}, "UNSUPPORTED_FIELD_TYPE_FOR_CREATE", prefix + "Creating rollup fields is not supported at this time"},
		{"nonsense", nil, "INVALID_REQUEST_UNKNOWN", badParameters},
		{"number", nil, wrong, prefix + "Failed schema validation: F.options is missing"},
		{"number", obj{}, wrong, prefix + "Failed schema validation: F.options.precision is missing"},
		{"number", obj{"precision": 9}, wrong, prefix + "Failed schema validation: F.options.precision is invalid"},
		{"number", obj{"precision": nil}, wrong, prefix + "Failed schema validation: F.options.precision is invalid"},
		{"number", obj{"precision": 1, "symbol": "$"}, wrong, prefix + "Failed schema validation: F.options.symbol is not included in the number schema"},
		{"currency", obj{"precision": 2}, wrong, prefix + "Failed schema validation: F.options.symbol is missing"},
		{"rating", obj{"max": 11, "icon": "star", "color": "yellowBright"}, wrong, prefix + "Failed schema validation: F.options.max is invalid"},
		{"date", obj{"dateFormat": obj{"name": "iso", "format": "LL"}}, wrong, prefix + "Failed schema validation: F.options.dateFormat is invalid"},
		{"dateTime", obj{"dateFormat": obj{"name": "us"}, "timeFormat": obj{"name": "24hour"}, "timeZone": "UTC"}, wrong, prefix + "Failed schema validation: F.options.timeZone is invalid"},
		{"duration", obj{"durationFormat": "mm"}, wrong, prefix + "Failed schema validation: F.options.durationFormat is invalid"},
		{"singleSelect", obj{"choices": list{obj{"name": "a"}, obj{"name": "a"}}}, wrong, prefix + "Failed schema validation: F.options.choices is invalid"},
		{"multipleRecordLinks", obj{"linkedTableId": companies, "prefersSingleRecordLink": true}, wrong, prefix + "Failed schema validation: F.options.prefersSingleRecordLink is not included in the multipleRecordLinks schema"},
		{"multipleRecordLinks", obj{"linkedTableId": "tblAAAAAAAAAAAAAA"}, wrong, prefix + "Table tblAAAAAAAAAAAAAA does not exist in this base"},
		{"multipleRecordLinks", obj{"linkedTableId": companies, "viewIdForRecordSelection": a.view(people)}, wrong, prefix + "View " + a.view(people) + " does not exist in table Companies"},
		{"formula", obj{"formula": "{X}+{Y}"}, wrong, prefix + "Unknown field names: x, y"},
		{"formula", obj{"formula": "LET(1)"}, wrong, prefix + "Invalid formula. Please check your formula text."},
		{"formula", obj{"formula": "{F}"}, wrong, prefix + "The formula refers to itself"},
		{"formula", obj{"formula": "1", "result": obj{}}, wrong, prefix + "Failed schema validation: F.options.result is not included in the formula schema"},
		{"singleLineText", obj{"x": 1}, wrong, prefix + "Failed schema validation: F.options.x is not included in the singleLineText schema"},
	} {
		a.failsWith("POST", path, obj{"name": "F", "type": c.typ, "options": c.options}, 422, c.code, c.message)
	}
	for _, name := range []string{"", "  ", "name", "AGE"} {
		a.failsWith("POST", path, obj{"name": name, "type": "email"}, 422, "DUPLICATE_OR_EMPTY_FIELD_NAME", badFieldName)
	}
	a.failsWith("POST", path, obj{"name": "F", "type": "email", "description": strings.Repeat("x", 20_001)}, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	if n := len(a.table(companies)["fields"].(list)); n != 2 {
		t.Errorf("refused links left %d fields on the other side", n)
	}
	a.ok("POST", path, obj{"name": "F", "type": "dateTime", "description": "d", "options": obj{"dateFormat": obj{"name": "us", "format": "M/D/YYYY"}, "timeFormat": obj{"name": "12hour"}, "timeZone": "Europe/Berlin"}})
	id := a.create(people, obj{"F": "2024-01-02T03:04:05"})[0]
	if got := a.fields(people, id)["F"]; got != "2024-01-02T02:04:05.000Z" {
		t.Errorf("a text without a zone reads as %v", got)
	}
}

func TestTablesOfTheAPI(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables"
	field := func(typ string, options any) list { return list{obj{"name": "N", "type": typ, "options": options}} }
	a.failsWith("POST", path, obj{"name": "people", "fields": field("email", nil)}, 422, "DUPLICATE_TABLE_NAME", sameTableName)
	a.failsWith("POST", path, obj{"name": "T", "fields": list{}}, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	for typ, options := range map[string]any{"checkbox": obj{"icon": "check", "color": "greenBright"}, "multipleRecordLinks": obj{"linkedTableId": people},
		"singleSelect": obj{"choices": list{}}, "richText": nil} {
		a.failsWith("POST", path, obj{"name": "T", "fields": field(typ, options)}, 422, "INVALID_REQUEST_UNKNOWN", "A field of type "+typ+" cannot be the primary field")
	}
	if n := len(a.ok("GET", path, nil)["tables"].(list)); n != 2 {
		t.Errorf("refused tables are there: %d", n)
	}
	made := a.ok("POST", path, obj{"name": "T", "description": "d", "fields": list{
		obj{"name": "Sum", "type": "formula", "options": obj{"formula": "{Twice} + 1"}},
		obj{"name": "Twice", "type": "formula", "options": obj{"formula": "{N} * 2"}},
		obj{"name": "N", "type": "number", "options": obj{"precision": 0}},
		obj{"name": "Who", "type": "multipleRecordLinks", "options": obj{"linkedTableId": people}},
	}})
	if made["description"] != "d" || a.field(people, "T") == nil {
		t.Errorf("got %v", made)
	}
	id := a.create("T", obj{"N": 4})[0]
	if got := a.fields("T", id)["Sum"]; got != 9.0 {
		t.Errorf("formulas that name fields behind them: %v", got)
	}
}

func TestPatchOfTheSchema(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	table := "/v0/meta/bases/" + a.base + "/tables/" + people
	got := a.ok("PATCH", table, obj{"name": "Persons", "description": "all"})
	if got["name"] != "Persons" || got["description"] != "all" {
		t.Errorf("got %v", got)
	}
	a.failsWith("PATCH", table, obj{"name": "companies"}, 422, "DUPLICATE_TABLE_NAME", sameTableName)
	a.failsWith("PATCH", table, obj{"primaryFieldId": "x"}, 422, "INVALID_REQUEST_UNKNOWN", badParameters)

	age, label := table+"/fields/"+a.fieldID(people, "Age"), table+"/fields/"+a.fieldID(people, "Label")
	id := a.create("Persons", obj{"Name": "Ann", "Age": 3})[0]
	a.ok("PATCH", age, obj{"name": "Years", "description": "of life"})
	if got := a.fields(people, id); got["Years"] != 3.0 || got["Label"] != "Ann/3" {
		t.Errorf("after the rename: %v", got)
	}
	const fixed = "Changing a field's type or number precision is not currently supported"
	a.failsWith("PATCH", age, obj{"options": obj{"precision": 2}}, 422, "INVALID_REQUEST_UNKNOWN", fixed)
	a.failsWith("PATCH", age, obj{"type": "singleLineText"}, 422, "INVALID_REQUEST_UNKNOWN", fixed)
	a.failsWith("PATCH", age, obj{"name": "NAME"}, 422, "DUPLICATE_OR_EMPTY_FIELD_NAME", badFieldName)
	a.failsWith("PATCH", age, obj{}, 422, "INVALID_REQUEST_UNKNOWN", badParameters)

	a.ok("PATCH", label, obj{"options": obj{"formula": "{Years} + 1"}})
	if got := a.fields(people, id)["Label"]; got != 4.0 {
		t.Errorf("after the new formula: %v", got)
	}
	if got := a.field(people, "Label")["options"].(obj)["result"].(obj)["type"]; got != "number" {
		t.Errorf("the result is %v", got)
	}
	second := a.ok("POST", table+"/fields", obj{"name": "Next", "type": "formula", "options": obj{"formula": "{Label} + 1"}})
	a.failsWith("PATCH", label, obj{"options": obj{"formula": "{Next}"}}, 422, "INVALID_FIELD_TYPE_OPTIONS_FOR_CREATE",
		"Invalid options for Persons.Label: The formula refers to itself")
	if got := a.fields(people, id)["Next"]; got != 5.0 {
		t.Errorf("after a refused formula: %v", got)
	}
	a.fails("PATCH", table+"/fields/"+second["id"].(string)[:5], obj{"name": "x"}, 404, `{"error":"NOT_FOUND"}`)
	a.failsWith("PATCH", "/v0/meta/bases/"+a.base+"/tables/"+companies+"/fields/"+second["id"].(string), obj{"name": "x"}, 403, noModelType, noModel)
}

func TestWhatTheAPICannotDo(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	base := "/v0/meta/bases/" + a.base
	for _, call := range []string{"DELETE " + base + "/tables/" + people, "DELETE " + base + "/tables/" + people + "/fields/" + a.fieldID(people, "Age"),
		"POST " + base + "/views", "PUT " + base + "/tables/" + people} {
		method, path, _ := strings.Cut(call, " ")
		a.fails(method, path, obj{}, http.StatusNotFound, `{"error":"NOT_FOUND"}`)
	}
	for _, call := range []string{"DELETE " + base, "GET " + base + "/views/viwAAAAAAAAAAAAAA", "DELETE " + base + "/views/viwAAAAAAAAAAAAAA", "GET /v0/meta/workspaces"} {
		method, path, _ := strings.Cut(call, " ")
		a.failsWith(method, path, nil, http.StatusForbidden, "INVALID_PERMISSIONS", "You are not permitted to perform this operation")
	}
}

func TestFormulaFields(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables/" + people + "/fields"
	for name, source := range map[string]string{"Id": "RECORD_ID()", "Half": "{Age} / 0", "Nothing": "0 / 0", "Wrong": `{Name} * 2`,
		"Blank": "BLANK()", "Grown": "{Age} > 17", "When": "CREATED_TIME()", "Works": "{Company}"} {
		a.ok("POST", path, obj{"name": name, "type": "formula", "options": obj{"formula": source}})
	}
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	id := a.create(people, obj{"Name": "Ann", "Age": 3, "Company": list{firm}})[0]
	got := a.fields(people, id)
	for name, want := range map[string]any{"Id": id, "Half": obj{"specialValue": "Infinity"}, "Nothing": obj{"specialValue": "NaN"},
		"Wrong": obj{"error": "#ERROR!"}, "Blank": nil, "Grown": 0.0, "When": "2024-05-06T07:08:09.000Z", "Works": "Acme"} {
		if diff := cmp.Diff(want, got[name]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := a.names(people, "filterByFormula", `AND({Id} = "`+id+`", {Works} = "Acme")`); got != "Ann" {
		t.Errorf("a filter over formulas found %q", got)
	}
	if got := a.names(people, "filterByFormula", `{Wrong}`); got != "" {
		t.Errorf("an error passed the filter: %q", got)
	}
}

func TestFormulasInACircleAcrossTablesAreErrors(t *testing.T) {
	t.Parallel()
	a := setup(t)
	made := a.ok("POST", "/v0/meta/bases", obj{"name": "C", "workspaceId": "wspAAAAAAAAAAAAAA", "tables": list{
		obj{"name": "A", "fields": list{obj{"name": "Name", "type": "formula", "options": obj{"formula": "1"}}}},
		obj{"name": "B", "fields": list{obj{"name": "Name", "type": "formula", "options": obj{"formula": "1"}}}},
	}})
	a.base = made["id"].(string)
	first, second := made["tables"].(list)[0].(obj)["id"].(string), made["tables"].(list)[1].(obj)["id"].(string)
	a.ok("POST", "/v0/meta/bases/"+a.base+"/tables/"+first+"/fields", obj{"name": "L", "type": "multipleRecordLinks", "options": obj{"linkedTableId": second}})
	for table, link := range map[string]string{first: "L", second: "A"} {
		a.ok("PATCH", "/v0/meta/bases/"+a.base+"/tables/"+table+"/fields/"+a.fieldID(table, "Name"), obj{"options": obj{"formula": "{" + link + "}"}})
	}
	other := a.create(second, obj{})[0]
	id := a.create(first, obj{"L": list{other}})[0]
	if got := a.fields(first, id)["Name"]; got != "#ERROR!" {
		t.Errorf("got %v", got)
	}
}

func TestFormulasThatDoubleEachOtherEndInAnError(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	path := "/v0/meta/bases/" + a.base + "/tables/" + people + "/fields"
	last := "Name"
	for i := range 40 {
		next := "D" + strings.Repeat("x", i)
		a.ok("POST", path, obj{"name": next, "type": "formula", "options": obj{"formula": "{" + last + "} & {" + last + "}"}})
		last = next
	}
	id := a.create(people, obj{"Name": "ab"})[0]
	if diff := cmp.Diff(obj{"error": "#ERROR!"}, a.fields(people, id)[last]); diff != "" {
		t.Error(diff)
	}
}
