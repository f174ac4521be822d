package sim

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestCells(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	firm := a.create(companies, obj{"Name": "Acme"})[0]
	absent := any(nil)
	for _, c := range []struct {
		field    string
		typecast bool
		send     any
		want     any
	}{
		{"Notes", false, "line\nline", "line\nline"},
		{"Notes", false, `<b>&"\`, `<b>&"\`},
		{"Notes", false, "", absent},
		{"Notes", true, 5, "5"},
		{"Notes", true, true, "true"},
		{"Bio", false, "* x\n  * y", "- x\n  - y\n"},
		{"Bio", false, "done\n", "done\n"},
		{"Bio", false, nil, "\n"},
		{"Age", false, 1.25, 1.25},
		{"Age", false, 0, 0.0},
		{"Age", false, 12345678901234567, 12345678901234568.0},
		{"Age", false, nil, absent},
		{"Age", true, "1,200.50", 1200.5},
		{"Age", true, "-$5", -5.0},
		{"Age", true, "12%", 0.12},
		{"Age", true, "", absent},
		{"Stars", false, 5, 5.0},
		{"Active", false, true, true},
		{"Active", false, false, absent},
		{"Active", true, "checked", true},
		{"Active", true, "no", absent},
		{"Born", false, "2001-02-03", "2001-02-03"},
		{"Born", false, "2001-02-03T23:30:00.000Z", "2001-02-03"},
		{"Seen", false, "2001-02-03T04:05:06+01:00", "2001-02-03T03:05:06.000Z"},
		{"Seen", false, "2001-02-03", "2001-02-03T00:00:00.000Z"},
		{"Seen", false, 981173106789, "2001-02-03T04:05:06.789Z"},
		{"Stage", false, "Won", "Won"},
		{"Stage", true, "Lost", "Lost"},
		{"Tags", false, list{"b", "a", "b"}, list{"b", "a"}},
		{"Tags", false, list{}, absent},
		{"Tags", true, list{"c"}, list{"c"}},
		{"Tags", true, "a, d", list{"a", "d"}},
		{"Owner", false, obj{"id": "usrAAAAAAAAAAAAAA"}, obj{"id": "usrAAAAAAAAAAAAAA"}},
		{"Owner", false, obj{"email": "ann@example.com"}, obj{"id": wire.DerivedID("usr", "ann@example.com"), "email": "ann@example.com", "name": "ann"}},
		{"Team", false, list{"usrAAAAAAAAAAAAAA", obj{"id": "ugpAAAAAAAAAAAAAA"}}, list{obj{"id": "usrAAAAAAAAAAAAAA"}, obj{"id": "ugpAAAAAAAAAAAAAA"}}},
		{"Code", false, obj{"text": "123", "type": "upce"}, obj{"text": "123", "type": "upce"}},
		{"Code", false, obj{"text": "123"}, obj{"text": "123"}},
		{"Company", false, list{firm}, list{firm}},
		{"Company", false, list{firm, firm}, list{firm}},
		{"Company", true, "Acme", list{firm}},
		{"Company", true, list{"Acme", firm}, list{firm}},
		{"Company", false, list{}, absent},
	} {
		got := a.ok("POST", a.at(people), obj{"fields": obj{c.field: c.send}, "typecast": c.typecast})["fields"].(obj)[c.field]
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s, typecast %v, %v: %s", c.field, c.typecast, c.send, diff)
		}
	}
}

func TestRefusedCells(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	const column = "INVALID_VALUE_FOR_COLUMN"
	cannot := func(name string) string { return `Field "` + name + `" cannot accept the provided value` }
	for _, c := range []struct {
		field    string
		typecast bool
		send     any
		typ      string
		message  string
	}{
		{"Notes", false, 5, column, cannot("Notes")},
		{"Notes", true, list{}, column, cannot("Notes")},
		{"Age", false, "5", column, cannot("Age")},
		{"Age", true, "five", column, `Cannot parse value "five" for field Age`},
		{"Stars", false, 0, column, cannot("Stars")},
		{"Stars", false, 6, column, cannot("Stars")},
		{"Stars", false, 2.5, column, cannot("Stars")},
		{"Active", false, "true", column, cannot("Active")},
		{"Born", false, "soon", column, `Cannot parse value "soon" for field Born`},
		{"Born", false, 5, column, cannot("Born")},
		{"Seen", false, "99", column, `Cannot parse value "99" for field Seen`},
		{"Stage", false, "Nope", "INVALID_MULTIPLE_CHOICE_OPTIONS", `Insufficient permissions to create new select option "\"Nope\""`},
		{"Stage", false, obj{"name": "Won"}, column, cannot("Stage")},
		{"Tags", false, list{"a", "Nope"}, "INVALID_MULTIPLE_CHOICE_OPTIONS", `Insufficient permissions to create new select option "\"Nope\""`},
		{"Tags", false, "a", column, cannot("Tags")},
		{"Tags", false, list{nil}, column, cannot("Tags")},
		{"Owner", false, "ann@example.com", column, cannot("Owner")},
		{"Owner", false, obj{"id": "x"}, column, cannot("Owner")},
		{"Team", false, "x", column, cannot("Team")},
		{"Files", false, list{obj{"url": "ftp://x"}}, "INVALID_ATTACHMENT_OBJECT", badAttachment},
		{"Files", false, list{obj{"id": "attAAAAAAAAAAAAAA"}}, "INVALID_ATTACHMENT_OBJECT", badAttachment},
		{"Files", false, "https://example.com/a", "INVALID_ATTACHMENT_OBJECT", badAttachment},
		{"Files", false, list{"https://example.com/a"}, "INVALID_ATTACHMENT_OBJECT", "Invalid attachment for field Files: parameters must be objects, not strings"},
		{"Code", false, "123", column, cannot("Code")},
		{"Company", false, "Acme", column, "Value is not an array of record IDs."},
		{"Company", false, list{"Acme"}, column, "Value is not an array of record IDs."},
		{"Company", false, list{"recAAAAAAAAAAAAAA"}, "ROW_DOES_NOT_EXIST", "Record ID recAAAAAAAAAAAAAA does not exist in this table"},
	} {
		body := obj{"fields": obj{c.field: c.send}, "typecast": c.typecast}
		a.failsWith("POST", a.at(people), body, http.StatusUnprocessableEntity, c.typ, c.message)
	}
	if got := a.names(people); got != "" {
		t.Errorf("refused cells left %q", got)
	}
}

func TestNewChoicesStayAndAreListed(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.ok("POST", a.at(people), obj{"fields": obj{"Stage": "Lost"}, "typecast": true})["id"].(string)
	a.ok("DELETE", a.at(people)+"/"+id, nil)
	choices := a.field(people, "Stage")["options"].(obj)["choices"].(list)
	if len(choices) != 3 || choices[2].(obj)["name"] != "Lost" || !wire.IsID(choices[2].(obj)["id"].(string), "sel") {
		t.Errorf("got %v", choices)
	}
	a.create(people, obj{"Stage": "Lost"}) // now without typecast
}

func TestAttachmentsAreKeptByIDAndReplacedWhole(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Files": list{obj{"url": "https://example.com/dir/a.png"}, obj{"url": "https://example.com/b", "filename": "b.txt"}}})[0]
	files := a.fields(people, id)["Files"].(list)
	if files[0].(obj)["filename"] != "a.png" || files[1].(obj)["filename"] != "b.txt" || !wire.IsID(files[0].(obj)["id"].(string), "att") {
		t.Errorf("got %v", files)
	}
	a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Files": list{obj{"id": files[1].(obj)["id"]}}}})
	if diff := cmp.Diff(list{files[1]}, a.fields(people, id)["Files"]); diff != "" {
		t.Error(diff)
	}
}

func TestANewRecordTakesNoAttachmentByID(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	id := a.create(people, obj{"Name": "Ann", "Files": list{obj{"url": "https://example.com/a.png"}}})[0]
	known := a.fields(people, id)["Files"].(list)[0].(obj)["id"]
	const wrong = "Invalid attachment for field Files: a new record cannot take an attachment by its id"
	for _, file := range []obj{{"id": known}, {"id": known, "url": "https://example.com/a.png"}} {
		one := obj{"fields": obj{"Name": "Bob", "Files": list{file}}}
		a.failsWith("POST", a.at(people), one, 422, "INVALID_ATTACHMENT_OBJECT", wrong)
		a.failsWith("POST", a.at(people), obj{"records": list{one}}, 422, "INVALID_ATTACHMENT_OBJECT", wrong)
		upsert := obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": list{one}}
		a.failsWith("PATCH", a.at(people), upsert, 422, "INVALID_ATTACHMENT_OBJECT", wrong)
		one["fields"].(obj)["Name"] = "Ann"
		a.ok("PATCH", a.at(people), upsert)
	}
	if got := a.names(people); got != "Ann" {
		t.Errorf("got %s", got)
	}
}

func TestLinksKeepBothSidesInStep(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	firms := a.create(companies, obj{"Name": "Acme"}, obj{"Name": "Apex"})
	ids := a.create(people, obj{"Name": "Ann", "Company": list{firms[0]}}, obj{"Name": "Bob", "Company": list{firms[0]}})
	sides := func() (out [4]any) {
		return [4]any{a.fields(companies, firms[0])["People"], a.fields(companies, firms[1])["People"],
			a.fields(people, ids[0])["Company"], a.fields(people, ids[1])["Company"]}
	}
	check := func(name string, want [4]any) {
		t.Helper()
		if diff := cmp.Diff(want, sides()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	check("made", [4]any{list{ids[0], ids[1]}, nil, list{firms[0]}, list{firms[0]}})
	a.ok("PATCH", a.at(people)+"/"+ids[0], obj{"fields": obj{"Company": list{firms[1]}}})
	check("moved", [4]any{list{ids[1]}, list{ids[0]}, list{firms[1]}, list{firms[0]}})
	a.ok("PATCH", a.at(companies)+"/"+firms[0], obj{"fields": obj{"People": list{ids[1], ids[0]}}})
	check("from the other side", [4]any{list{ids[1], ids[0]}, list{ids[0]}, list{firms[1], firms[0]}, list{firms[0]}})
	a.ok("PATCH", a.at(companies), obj{"records": list{obj{"id": firms[0], "fields": obj{"People": nil}}, obj{"id": firms[1], "fields": obj{"People": list{}}}}})
	check("cleared", [4]any{nil, nil, nil, nil})
}

func TestTypecastMakesLinkedRecords(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	made := a.ok("POST", a.at(people), obj{"fields": obj{"Name": "Ann", "Company": "Acme, Apex"}, "typecast": true})
	if n := len(made["fields"].(obj)["Company"].(list)); n != 2 {
		t.Errorf("%d links", n)
	}
	if got := a.names(companies, "sort[0][field]", "Name"); got != "Acme,Apex" {
		t.Errorf("companies: %s", got)
	}
	if got := a.names(people, "filterByFormula", `{Company} = "Acme, Apex"`); got != "Ann" {
		t.Errorf("a formula sees the titles of links; got %q", got)
	}
	objects := a.ok("GET", a.at(people)+"?includeDateDependencyMetadata=true", nil)["records"].(list)[0].(obj)["fields"].(obj)["Company"].(list)
	if _, isObject := objects[0].(obj)["id"]; !isObject {
		t.Errorf("got %v", objects)
	}
}
