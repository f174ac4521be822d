package sim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestOnlyMembersStandInCells(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	ann := obj{"id": "usrAAAAAAAAAAAAAA", "email": "ann@example.com", "name": "Ann"}
	team := obj{"id": "ugpAAAAAAAAAAAAAA", "name": "Team"}
	a.ok("PUT", "/_sim/faults", obj{"members": list{ann, team}})
	for _, known := range []any{obj{"id": ann["id"]}, obj{"email": "ANN@example.com"}} {
		got := a.ok("POST", a.at(people), obj{"fields": obj{"Owner": known, "Team": list{known, team["id"]}}})["fields"].(obj)
		if diff := cmp.Diff(obj{"Owner": ann, "Team": list{ann, team}, "Label": "/"}, got); diff != "" {
			t.Error(diff)
		}
	}
	for _, unknown := range []any{obj{"id": "usrBBBBBBBBBBBBBB"}, obj{"email": "bob@example.com"}, obj{"id": "usrBBBBBBBBBBBBBB", "email": "ann@example.com"}} {
		a.failsWith("POST", a.at(people), obj{"fields": obj{"Owner": unknown}}, 422, "INVALID_VALUE_FOR_COLUMN", `Field "Owner" cannot accept the provided value`)
		a.failsWith("POST", a.at(people), obj{"fields": obj{"Team": list{ann, unknown}}}, 422, "INVALID_VALUE_FOR_COLUMN", `Field "Team" cannot accept the provided value`)
	}
	seen := a.ok("GET", "/v0/meta/bases/"+a.base+"?include=collaborators", nil)
	users := seen["individualCollaborators"].(obj)["baseCollaborators"].(list)
	if len(users) != 1 || users[0].(obj)["email"] != "ann@example.com" || len(seen["groupCollaborators"].(obj)["baseCollaborators"].(list)) != 1 {
		t.Errorf("got %v", seen)
	}
	a.ok("PUT", "/_sim/faults", obj{"members": list{}})
	a.failsWith("POST", a.at(people), obj{"fields": obj{"Owner": ann}}, 422, "INVALID_VALUE_FOR_COLUMN", `Field "Owner" cannot accept the provided value`)
	a.ok("DELETE", "/_sim/faults", nil)
	a.ok("POST", a.at(people), obj{"fields": obj{"Owner": obj{"email": "bob@example.com"}}})
}

func TestAttachmentsThatFail(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.ok("PUT", "/_sim/faults", obj{"failing_attachments": list{"https://bad.example.com/*"}})
	bad, good := obj{"url": "https://bad.example.com/a.png"}, obj{"url": "https://example.com/b.png"}
	one := a.ok("POST", a.at(people), obj{"fields": obj{"Name": "Ann", "Files": list{bad, good}}})
	want := obj{"message": "partialSuccess", "reasons": list{"attachmentsFailedUploading"}}
	if diff := cmp.Diff(want, one["details"]); diff != "" || len(one["fields"].(obj)["Files"].(list)) != 1 {
		t.Errorf("got %v", one)
	}
	id := one["id"].(string)
	record := obj{"id": id, "fields": obj{"Files": list{bad}}}
	for name, got := range map[string]obj{
		"create many": a.ok("POST", a.at(people), obj{"records": list{obj{"fields": obj{"Files": list{bad}}}}}),
		"update one":  a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": record["fields"]}),
		"update many": a.ok("PATCH", a.at(people), obj{"records": list{record}}),
		"upsert":      a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": list{record}}),
	} {
		if diff := cmp.Diff(want, got["details"]); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if got := a.fields(people, id)["Files"]; got != nil {
		t.Errorf("got %v", got)
	}
	if got := a.ok("POST", a.at(people), obj{"fields": obj{"Files": list{good}}}); got["details"] != nil {
		t.Errorf("got %v", got)
	}
}

func TestLimitsOfRecords(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	a.create(people, obj{"Name": "Ann"}, obj{"Name": "Bob"})
	a.ok("PUT", "/_sim/faults", obj{"max_records_per_table": 3})
	two := obj{"records": list{obj{"fields": obj{"Name": "Cid"}}, obj{"fields": obj{"Name": "Dan"}}}}
	a.failsWith("POST", a.at(people), two, 422, "RECORD_LIMIT_EXCEEDED", "The table has reached its limit of 3 records")
	if got := a.names(people, "sort[0][field]", "Name"); got != "Ann,Bob" {
		t.Errorf("a refused batch left %s", got)
	}
	a.create(people, obj{"Name": "Cid"})
	upsert := func(name string) obj {
		return obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": list{obj{"fields": obj{"Name": name}}}}
	}
	a.failsWith("PATCH", a.at(people), upsert("Dan"), 422, "RECORD_LIMIT_EXCEEDED", "The table has reached its limit of 3 records")
	a.ok("PATCH", a.at(people), upsert("Cid"))
	a.ok("PUT", "/_sim/faults", obj{"max_records_per_base": 4})
	a.create(companies, obj{"Name": "Acme"})
	a.failsWith("POST", a.at(people), obj{"fields": obj{"Company": list{"Apex"}}, "typecast": true}, 422, "RECORD_LIMIT_EXCEEDED", "The base has reached its limit of 4 records")
	a.failsWith("POST", a.at(companies), obj{"fields": obj{"Name": "Apex"}}, 422, "RECORD_LIMIT_EXCEEDED", "The base has reached its limit of 4 records")
	a.ok("DELETE", a.at(people)+"?records[]="+a.records(people)[0]["id"].(string), nil)
	a.create(people, obj{"Name": "Eve"})
}

func TestWhatTheTokenMayNotWrite(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	id := a.create(people, obj{"Name": "Ann", "Age": 3, "Notes": "x"})[0]
	a.ok("PUT", "/_sim/faults", obj{"read_only_fields": list{"Age"}, "no_create_tables": list{companies}})
	const denied = "INVALID_PERMISSIONS"
	word := "You are not permitted to write cell values in field Age (" + a.fieldID(people, "Age") + ")"
	a.failsWith("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Age": 4}}, 403, denied, word)
	a.failsWith("POST", a.at(people), obj{"fields": obj{a.fieldID(people, "Age"): 4}}, 403, denied, word)
	a.failsWith("PATCH", a.at(people), obj{"records": list{obj{"id": id, "fields": obj{"Notes": "y", "Age": nil}}}}, 403, denied, word)
	if got := a.ok("PUT", a.at(people)+"/"+id, obj{"fields": obj{"Name": "Bob"}})["fields"].(obj); got["Age"] != 3.0 || got["Notes"] != nil {
		t.Errorf("got %v", got)
	}
	word = "You are not permitted to create records in table Companies (" + companies + ")"
	a.failsWith("POST", a.at(companies), obj{"fields": obj{"Name": "Acme"}}, 403, denied, word)
	a.failsWith("POST", a.at(people), obj{"fields": obj{"Company": list{"Acme"}}, "typecast": true}, 403, denied, word)
}

func TestNumbersAreRoundedWhenASwitchSaysSo(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	write := func(v any) any {
		return a.ok("POST", a.at(people), obj{"fields": obj{"Age": v}, "typecast": true})["fields"].(obj)["Age"]
	}
	if write(2.5) != 2.5 {
		t.Error("a number is rounded by itself")
	}
	a.ok("PUT", "/_sim/faults", obj{"round_numbers": true})
	if write(2.6) != 3.0 || write("2.4") != 2.0 || write(-0.2) != 0.0 {
		t.Error("a number is not rounded")
	}
}

func TestTypecastMakesJunkWhenASwitchSaysSo(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	body := obj{"fields": obj{"Company": list{"recAAAAAAAAAAAAAA"}}, "typecast": true}
	a.failsWith("POST", a.at(people), body, 422, "ROW_DOES_NOT_EXIST", "Record ID recAAAAAAAAAAAAAA does not exist in this table")
	a.ok("PUT", "/_sim/faults", obj{"junk_links": true})
	a.ok("POST", a.at(people), body)
	if got := a.names(companies); got != "recAAAAAAAAAAAAAA" {
		t.Errorf("got %s", got)
	}
	body["typecast"] = false
	body["fields"] = obj{"Company": list{"recBBBBBBBBBBBBBB"}}
	a.failsWith("POST", a.at(people), body, 422, "ROW_DOES_NOT_EXIST", "Record ID recBBBBBBBBBBBBBB does not exist in this table")
}

func TestALinkEditModifiesTheOtherSideUnlessASwitchSaysOtherwise(t *testing.T) {
	t.Parallel()
	for quiet, want := range map[bool]string{false: "Acme", true: ""} {
		a := setup(t)
		people, companies := a.crm()
		firm := a.create(companies, obj{"Name": "Acme"})[0]
		id := a.create(people, obj{"Name": "Ann"})[0]
		a.ok("PUT", "/_sim/faults", obj{"quiet_links": quiet})
		for _, value := range []any{list{firm}, nil} {
			a.clock.pass(1e9)
			since := a.clock.at.Add(-1).UTC().Format("2006-01-02T15:04:05.000Z")
			a.ok("PATCH", a.at(people)+"/"+id, obj{"fields": obj{"Company": value}})
			filter := `LAST_MODIFIED_TIME()>"` + since + `"`
			if got := a.names(companies, "filterByFormula", filter); got != want {
				t.Errorf("quiet %v, %v: modified %q", quiet, value, got)
			}
			if got := a.names(people, "filterByFormula", filter); got != "Ann" {
				t.Errorf("quiet %v: the side that was written is modified: %q", quiet, got)
			}
		}
	}
}

func TestTheAnswerToAnUpsertMayHaveAnotherLength(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	for answer, want := range map[string]int{"": 2, "short": 1, "long": 3} {
		a.ok("PUT", "/_sim/faults", obj{"upsert_answer": answer})
		got := a.ok("PATCH", a.at(people), obj{"performUpsert": obj{"fieldsToMergeOn": list{"Name"}}, "records": list{
			obj{"fields": obj{"Name": answer + "a"}}, obj{"fields": obj{"Name": answer + "b"}}}})
		if n := len(got["records"].(list)); n != want || len(got["createdRecords"].(list)) != 2 {
			t.Errorf("%q: %v", answer, got)
		}
	}
	if n := len(a.records(people)); n != 6 {
		t.Errorf("%d records", n)
	}
}

func TestSwitchesAreShownAndChecked(t *testing.T) {
	t.Parallel()
	a := setup(t)
	shown := a.ok("GET", "/_sim/faults", nil)
	for _, key := range strings.Fields(`members fetch_attachments failing_attachments attachment_delay_ms max_records_per_base max_records_per_table
		read_only_fields no_create_tables round_numbers junk_links quiet_links upsert_answer`) {
		if _, found := shown[key]; !found {
			t.Errorf("%s is not shown", key)
		}
	}
	if shown["fetch_attachments"] != "loopback" || shown["members"] != nil {
		t.Errorf("got %v", shown)
	}
	if status, text, _ := a.call("PUT", "/_sim/faults", obj{"upsert_answer": "none"}); status != 400 || !strings.Contains(text, "short, long") {
		t.Errorf("got %d %s", status, text)
	}
}
