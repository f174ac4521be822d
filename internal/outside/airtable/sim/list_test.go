package sim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// numbered are n people named p00, p01 and so on.
func numbered(n int) []obj {
	people := make([]obj, n)
	for i := range people {
		people[i] = obj{"Name": fmt.Sprintf("p%02d", i), "Age": i}
	}
	return people
}

func TestPages(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	ids := a.create(people, numbered(25)...)
	for query, want := range map[string]string{
		"":                          "25",
		"pageSize=10":               "10+10+5",
		"limit=10":                  "10+10+5",
		"maxRecords=25&pageSize=10": "10+10+5",
		"maxRecords=7&pageSize=5":   "5+2",
		"maxRecords=5&pageSize=5":   "5",
		"maxRecords=1":              "1",
		"pageSize=25&offset=":       "25",
	} {
		var sizes []string
		var seen []string
		for offset := ""; ; {
			page := a.ok("GET", a.at(people)+"?"+query+"&"+url.Values{"offset": {offset}}.Encode(), nil)
			records := page["records"].(list)
			sizes = append(sizes, fmt.Sprint(len(records)))
			for _, r := range records {
				seen = append(seen, r.(obj)["id"].(string))
			}
			next, more := page["offset"].(string)
			if !more {
				break
			}
			offset = next
			query = strings.ReplaceAll(query, "offset=", "x=")
		}
		if got := strings.Join(sizes, "+"); got != want {
			t.Errorf("%s: pages of %s", query, got)
		}
		if slices.Sort(ids); len(seen) == 25 && !slices.Equal(ids, seen) {
			t.Errorf("%s: without a view the order is that of the ids", query)
		}
	}
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	ids := a.create(people, numbered(4)...)
	slices.Sort(ids)
	first := a.ok("GET", a.at(people)+"?pageSize=1", nil)["offset"].(string)
	if itr, rec, _ := strings.Cut(first, "/"); !wire.IsID(itr, "itr") || !wire.IsID(rec, "rec") {
		t.Errorf("the offset is %s", first)
	}
	next := func(offset string) string {
		return a.at(people) + "?" + url.Values{"offset": {offset}, "pageSize": {"2"}}.Encode()
	}

	a.ok("DELETE", a.at(people)+"/"+ids[1], nil)
	a.ok("PATCH", a.at(people)+"/"+ids[2], obj{"fields": obj{"Name": "changed"}})
	page := a.ok("GET", next(first), nil)
	if got := page["records"].(list); len(got) != 2 || got[0].(obj)["fields"].(obj)["Name"] != "changed" {
		t.Errorf("a listing skips what was deleted and shows what was changed: %v", got)
	}
	if again := a.ok("GET", next(first), nil); cmp.Diff(page, again) != "" {
		t.Error("a page asked for twice differs")
	}

	a.failsWith("GET", next("junk"), nil, 422, "INVALID_OFFSET_VALUE", "The value of offset junk is invalid")
	const gone = `{"error":{"type":"LIST_RECORDS_ITERATOR_NOT_AVAILABLE"}}`
	a.fails("GET", next("itrAAAAAAAAAAAAAA/recAAAAAAAAAAAAAA"), nil, 422, gone)
	a.fails("GET", a.at(companies)+"?offset="+url.QueryEscape(first), nil, 422, gone)
	a.clock.pass(5*time.Minute + time.Second)
	a.fails("GET", next(first), nil, 422, gone)
}

func TestOffsetInTheQueryOfAPostIsIgnored(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, numbered(3)...)
	listing := a.at(people) + "/listRecords"
	first := a.ok("POST", listing, obj{"pageSize": 2, "method": "post"})
	again := a.ok("POST", listing+"?offset="+url.QueryEscape(first["offset"].(string)), obj{"pageSize": 2})
	if diff := cmp.Diff(first["records"], again["records"]); diff != "" {
		t.Error(diff)
	}
	second := a.ok("POST", listing, obj{"pageSize": 2, "offset": first["offset"]})
	if n := len(second["records"].(list)); n != 1 || second["offset"] != nil {
		t.Errorf("the second page has %d records and the offset %v", n, second["offset"])
	}
}

func TestListingParameters(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, obj{"Name": "b", "Age": 2, "Stage": "Won", "Active": true}, obj{"Name": "A", "Age": 10, "Stage": "New"},
		obj{"Name": "c", "Tags": list{"a", "b"}, "Born": "2001-01-01"})
	for want, query := range map[string][]string{
		"b,A,c": {"view", "Grid view"},
		"b,A":   {"view", a.view(people), "maxRecords", "2"},
		"A,b,c": {"sort[0][field]", "Name"},
		"c,b,A": {"sort[0][field]", "Name", "sort[0][direction]", "desc"},
		"c,A,b": {"sort[0][field]", "Stage"}, // blanks first, then the order of the choices
		"A,c,b": {"sort[0][field]", "Active", "sort[0][direction]", "asc", "sort[1][field]", "Name"},
		"A":     {"filterByFormula", `{Age} > 5`},
		"b":     {"filterByFormula", `AND({Active}, FIND("b", {Name}))`},
		"c":     {"filterByFormula", `{Tags} = "a, b"`},
	} {
		if got := a.names(people, query...); got != want {
			t.Errorf("%v: got %s, want %s", query, got, want)
		}
	}
	for _, query := range []string{"fields=Age&fields=Name", "fields[]=Age&fields%5B%5D=Name", "fields[0]=Name&fields[1]=" + a.fieldID(people, "Age")} {
		got := a.ok("GET", a.at(people)+"?maxRecords=1&sort[0][field]=Age&sort[0][direction]=desc&"+query, nil)
		if diff := cmp.Diff(obj{"Name": "A", "Age": 10.0}, got["records"].(list)[0].(obj)["fields"]); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	meta := a.ok("GET", a.at(people)+"?recordMetadata[]=commentCount&returnFieldsByFieldId=1&filterByFormula=%7BAge%7D%3D2&fields[]=Name", nil)
	record := meta["records"].(list)[0].(obj)
	if record["commentCount"] != 0.0 || cmp.Diff(obj{a.fieldID(people, "Name"): "b"}, record["fields"]) != "" {
		t.Errorf("got %v", record)
	}
}

func TestRefusedListings(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	other := a.view(companies)
	const parameters = badParameters
	for query, want := range map[string][2]string{
		"pageSize=0":                                {"INVALID_REQUEST_UNKNOWN", parameters},
		"pageSize=101":                              {"INVALID_REQUEST_UNKNOWN", parameters},
		"pageSize=ten":                              {"INVALID_REQUEST_UNKNOWN", parameters},
		"maxRecords=0":                              {"INVALID_REQUEST_UNKNOWN", parameters},
		"cellFormat=string":                         {"INVALID_REQUEST_UNKNOWN", parameters},
		"cellFormat=string&timeZone=utc":            {"INVALID_REQUEST_UNKNOWN", parameters},
		"cellFormat=xml":                            {"INVALID_REQUEST_UNKNOWN", parameters},
		"recordMetadata[]=likes":                    {"INVALID_REQUEST_UNKNOWN", parameters},
		"sort[0][direction]=desc":                   {"INVALID_REQUEST_UNKNOWN", parameters},
		"sort[0][field]=Name&sort[0][direction]=up": {"INVALID_REQUEST_UNKNOWN", parameters},
		"sort[0][field]=Foo":                        {"UNKNOWN_FIELD_NAME", `Unknown field name: "Foo"`},
		"fields[]=Foo":                              {"UNKNOWN_FIELD_NAME", `Unknown field name: "Foo"`},
		"fields[]=name":                             {"UNKNOWN_FIELD_NAME", `Unknown field name: "name"`},
		"filterByFormula=" + url.QueryEscape("{Foo}+{Bar}"): {"INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: Unknown field names: foo, bar"},
		"filterByFormula=(":      {"INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: Invalid formula. Please check your formula text."},
		"filterByFormula=LET(1)": {"INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: Invalid formula. Please check your formula text."},
		"view=Nope":              {"VIEW_NAME_NOT_FOUND", "View Nope not found"},
		"view=viwAAAAAAAAAAAAAA": {"VIEW_ID_NOT_FOUND", "View viwAAAAAAAAAAAAAA not found"},
		"view=" + other:          {"FAILED_STATE_CHECK", ""},
	} {
		a.failsWith("GET", a.at(people)+"?"+query, nil, 422, want[0], want[1])
	}
	a.failsWith("POST", a.at(people)+"/listRecords", obj{"pageSize": "x"}, 422, "INVALID_REQUEST_UNKNOWN", parameters)
	a.failsWith("POST", a.at(people)+"/listRecords", "{", 422, "INVALID_REQUEST_BODY", "Could not parse request body")
	a.failsWith("POST", a.at(people)+"/listRecords", obj{"cellFormat": "string", "timeZone": "utc", "userLocale": "en"}, 422, "INVALID_REQUEST_UNKNOWN", parameters)
	a.ok("POST", a.at(people)+"/listRecords?timeZone=utc&userLocale=en", obj{"cellFormat": "string"})
	a.ok("GET", a.at(people)+"?timeZone=utc&userLocale=en", nil)
	a.crm() // another base: its tables do not belong to the first one's path, nor the other way
	a.failsWith("GET", a.at(people), nil, 422, "FAILED_STATE_CHECK", "")
}

func TestGetRecord(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, companies := a.crm()
	id := a.create(people, obj{"Name": "Ann", "Age": 3})[0]
	if got := a.fields(companies, id)["Name"]; got != "Ann" { // found in the other table of the base
		t.Errorf("got %v", got)
	}
	got := a.ok("GET", a.at("People")+"/"+id+"?cellFormat=string&timeZone=utc&userLocale=en&returnFieldsByFieldId=true", nil)
	if got["fields"].(obj)[a.fieldID(people, "Age")] != "3" {
		t.Errorf("got %v", got)
	}
	a.failsWith("GET", a.at(people)+"/"+id+"?fields[]=Name", nil, 422, "INVALID_REQUEST_UNKNOWN", badParameters)
	a.failsWith("GET", a.at(people)+"/recAAAAAAAAAAAAAA", nil, 404, "MODEL_ID_NOT_FOUND", "Record not found")
}

func TestLargePages(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	long := strings.Repeat("ä", 27_000)
	rows := numbered(100)
	for i := range rows {
		rows[i]["Notes"] = long
	}
	a.create(people, rows...)
	_, text, header := a.call("GET", a.at(people), nil)
	if len(text) < 5<<20 || header.Get("Content-Length") != fmt.Sprint(len(text)) {
		t.Errorf("a page of %d bytes says it has %s", len(text), header.Get("Content-Length"))
	}
}

func TestFiltersThatClientsSend(t *testing.T) {
	t.Parallel()
	a := setup(t)
	people, _ := a.crm()
	a.create(people, obj{"Name": "Ann", "Active": true, "Age": 40}, obj{"Name": "Bob", "Email": "bob@example.com", "Tags": list{"a", "b"}})
	for filter, want := range map[string]string{
		`{Active}=TRUE()`:                      "Ann",
		`AND({Active}=FALSE(),LEN({Email})>0)`: "Bob",
		`IS_AFTER(LAST_MODIFIED_TIME(),DATETIME_PARSE("2020-01-01T00:00:00Z","YYYY-MM-DD HH:mm:ss"))`: "Ann,Bob",
		`IS_AFTER(CREATED_TIME(),DATEADD(NOW(),-1,'days'))`:                                           "Ann,Bob",
		`DATETIME_DIFF(NOW(),CREATED_TIME(),'minutes')>5`:                                             "",
		`FIND("b",ARRAYJOIN({Tags},","))`:                                                             "Bob",
		`REGEX_MATCH({Email}&"","@example[.]com$")`:                                                   "Bob",
		`SWITCH({Name},"Ann",1,0)`:                                                                    "Ann",
		`UPPER(LEFT({Name},1))&"x"="Bx"`:                                                              "Bob",
	} {
		got := strings.Split(a.names(people, "filterByFormula", filter, "sort[0][field]", "Name"), ",")
		if strings.Join(got, ",") != want {
			t.Errorf("%s: got %v, want %s", filter, got, want)
		}
	}
}
