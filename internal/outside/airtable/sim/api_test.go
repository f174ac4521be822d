package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// What Airtable says in more than one test.
const (
	badParameters = "Invalid request: parameter validation failed. Check your request data."
	noModelType   = "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND"
	noModel       = "Invalid permissions, or the requested model was not found. Check that both your user and your token " +
		"have the required permissions, and that the model names and/or ids are correct."
	sameTableName = "Cannot use the same table name more than once"
	badFieldName  = "Field names must be unique and must not be empty"
	updateShape   = `You must provide an array of up to 10 record objects, each with an "id" ID field and a "fields" object for cell values.`
	badAttachment = "Invalid attachment for field Files: parameters must have a public url, or the id of an existing attachment"
)

// obj and list are JSON as tests write and read it.
type (
	obj  = map[string]any
	list = []any
)

// handClock is a clock that moves only when a test moves it.
type handClock struct{ at time.Time }

func (c *handClock) Now() time.Time { return c.at }

func (c *handClock) AfterFunc(d time.Duration, f func()) clock.Timer {
	return clock.System().AfterFunc(d, f)
}

func (c *handClock) pass(d time.Duration) { c.at = c.at.Add(d) }

// airtable is a simulator under test with the ids that tests need most.
type airtable struct {
	t     testing.TB
	sim   *Sim
	clock *handClock
	token string
	base  string
}

// setup opens a simulator without limits and without bases, unless the configuration says otherwise.
func setup(t testing.TB, change ...func(*Config)) *airtable {
	t.Helper()
	a := &airtable{t: t, clock: &handClock{time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)}, token: "patAll"}
	cfg := Config{
		Tokens: []Token{{Value: "patAll"}, {Value: "patRead", Scopes: []string{"data.records:read", "schema.bases:read"}},
			{Value: "patNone", Scopes: []string{}}},
		NoRateLimit: true, Clock: a.clock,
	}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if a.sim, err = Open(cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.sim.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// onFile keeps the data in a file. The clock starts afresh.
func onFile(path string) func(*Config) { return func(c *Config) { c.DataFile = path } }

// with is the same simulator for a subtest, and for another token.
func (a *airtable) with(t *testing.T, token string) *airtable {
	other := *a
	other.t, other.token = t, token
	return &other
}

// crm makes a base with a table of people and a table of companies, and links between them.
func (a *airtable) crm() (people, companies string) {
	a.t.Helper()
	made := a.ok("POST", "/v0/meta/bases", obj{"name": "CRM", "workspaceId": "wspAAAAAAAAAAAAAA", "tables": list{
		obj{"name": "Companies", "fields": list{obj{"name": "Name", "type": "singleLineText"}}},
	}})
	a.base = made["id"].(string)
	companies = made["tables"].(list)[0].(obj)["id"].(string)
	table := a.ok("POST", "/v0/meta/bases/"+a.base+"/tables", obj{"name": "People", "fields": list{
		obj{"name": "Name", "type": "singleLineText"},
		obj{"name": "Email", "type": "email"},
		obj{"name": "Notes", "type": "multilineText"},
		obj{"name": "Bio", "type": "richText"},
		obj{"name": "Age", "type": "number", "options": obj{"precision": 0}},
		obj{"name": "Stars", "type": "rating", "options": obj{"max": 5, "icon": "star", "color": "yellowBright"}},
		obj{"name": "Active", "type": "checkbox", "options": obj{"icon": "check", "color": "greenBright"}},
		obj{"name": "Born", "type": "date", "options": obj{"dateFormat": obj{"name": "iso"}}},
		obj{"name": "Seen", "type": "dateTime", "options": obj{"dateFormat": obj{"name": "iso"}, "timeFormat": obj{"name": "24hour"}, "timeZone": "utc"}},
		obj{"name": "Stage", "type": "singleSelect", "options": obj{"choices": list{obj{"name": "New"}, obj{"name": "Won"}}}},
		obj{"name": "Tags", "type": "multipleSelects", "options": obj{"choices": list{obj{"name": "a"}, obj{"name": "b"}}}},
		obj{"name": "Owner", "type": "singleCollaborator"},
		obj{"name": "Team", "type": "multipleCollaborators"},
		obj{"name": "Files", "type": "multipleAttachments"},
		obj{"name": "Code", "type": "barcode"},
		obj{"name": "Company", "type": "multipleRecordLinks", "options": obj{"linkedTableId": companies}},
		obj{"name": "Label", "type": "formula", "options": obj{"formula": `{Name} & "/" & {Age}`}},
	}})
	return table["id"].(string), companies
}

// call sends one request and returns the status, the body and the headers.
func (a *airtable) call(method, target string, body any) (int, string, http.Header) {
	a.t.Helper()
	var in bytes.Buffer
	if text, isText := body.(string); isText {
		in.WriteString(text)
	} else if body != nil {
		if err := json.NewEncoder(&in).Encode(body); err != nil {
			a.t.Fatal(err)
		}
	}
	request := httptest.NewRequest(method, target, &in)
	request.Header.Set("Content-Type", "application/json")
	request.RemoteAddr = "127.0.0.1:5"
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	out := httptest.NewRecorder()
	a.sim.Handler().ServeHTTP(out, request)
	return out.Code, out.Body.String(), out.Header()
}

// ok sends a request that must succeed and returns its JSON.
func (a *airtable) ok(method, target string, body any) obj {
	a.t.Helper()
	status, text, _ := a.call(method, target, body)
	if status != http.StatusOK {
		a.t.Fatalf("%s %.300s: %d %s", method, target, status, text)
	}
	var response obj
	if err := json.Unmarshal([]byte(text), &response); err != nil {
		a.t.Fatalf("%s %s: %v in %s", method, target, err, text)
	}
	return response
}

// fails sends a request that must be refused with this status and this body.
func (a *airtable) fails(method, target string, body any, status int, want string) {
	a.t.Helper()
	got, text, _ := a.call(method, target, body)
	if got != status || text != want {
		a.t.Errorf("%s %.300s\n got %d %s\nwant %d %s", method, target, got, text, status, want)
	}
}

// failsWith is fails for the usual shape of an error.
func (a *airtable) failsWith(method, target string, body any, status int, typ, message string) {
	a.t.Helper()
	a.fails(method, target, body, status, string((&wire.Error{Type: typ, Message: message}).Body()))
}

// create makes records one call after the other and returns their ids.
func (a *airtable) create(table string, records ...obj) []string {
	a.t.Helper()
	var ids []string
	for len(records) > 0 {
		n := min(len(records), 10)
		batch := list{}
		for _, fields := range records[:n] {
			batch = append(batch, obj{"fields": fields})
		}
		for _, made := range a.ok("POST", a.at(table), obj{"records": batch})["records"].(list) {
			ids = append(ids, made.(obj)["id"].(string))
		}
		records = records[n:]
	}
	return ids
}

// fields are the cells of one record.
func (a *airtable) fields(table, id string) obj {
	a.t.Helper()
	return a.ok("GET", a.at(table)+"/"+id, nil)["fields"].(obj)
}

// schema is the tables of the base as the API shows them.
func (a *airtable) schema() list {
	a.t.Helper()
	return a.ok("GET", "/v0/meta/bases/"+a.base+"/tables", nil)["tables"].(list)
}

// table is a table of the base as the API shows it.
func (a *airtable) table(id string) obj {
	a.t.Helper()
	for _, t := range a.schema() {
		if t.(obj)["id"] == id {
			return t.(obj)
		}
	}
	a.t.Fatalf("no table %s", id)
	return nil
}

// field is a field as the API shows it.
func (a *airtable) field(table, name string) obj {
	a.t.Helper()
	for _, f := range a.table(table)["fields"].(list) {
		if f.(obj)["name"] == name {
			return f.(obj)
		}
	}
	a.t.Fatalf("no field %s", name)
	return nil
}

// fieldID is the id of a field of a table.
func (a *airtable) fieldID(table, name string) string {
	a.t.Helper()
	return a.field(table, name)["id"].(string)
}

// view is the id of the only view of a table.
func (a *airtable) view(table string) string {
	a.t.Helper()
	return a.table(table)["views"].(list)[0].(obj)["id"].(string)
}

// records lists records over all pages of a listing, whose parameters are pairs of name and value.
func (a *airtable) records(table string, query ...string) []obj {
	a.t.Helper()
	values := url.Values{}
	for i := 0; i < len(query); i += 2 {
		values.Add(query[i], query[i+1])
	}
	var all []obj
	for {
		page := a.ok("GET", a.at(table)+"?"+values.Encode(), nil)
		for _, r := range page["records"].(list) {
			all = append(all, r.(obj))
		}
		offset, more := page["offset"].(string)
		if !more {
			return all
		}
		values.Set("offset", offset)
	}
}

// names lists the Name cells that a listing answers, over all its pages.
func (a *airtable) names(table string, query ...string) string {
	a.t.Helper()
	var names []string
	for _, r := range a.records(table, query...) {
		names = append(names, fmt.Sprint(r["fields"].(obj)["Name"]))
	}
	return strings.Join(names, ",")
}

// at is the path of a table.
func (a *airtable) at(table string) string { return "/v0/" + a.base + "/" + url.PathEscape(table) }
