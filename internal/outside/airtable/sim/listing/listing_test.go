package listing

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/record"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

var start = time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)

const ttl = 5 * time.Minute

// people is a table with records, and the listings over it.
type people struct {
	*Listings
	t     *testing.T
	data  *record.Data
	table *schema.Table
	other *schema.Table // of the same base, empty
}

func setup(t *testing.T, rows ...map[string]any) *people {
	t.Helper()
	s := schema.New()
	name := schema.FieldBody{Name: "Name", Type: "singleLineText"}
	c := s.Begin()
	base, err := c.CreateBase(schema.BaseBody{Name: "B", Tables: []schema.TableBody{{Name: "Other", Fields: []schema.FieldBody{name}}, {Name: "People", Fields: []schema.FieldBody{name,
		{Name: "Age", Type: "number", Options: options("precision", 0)}, {Name: "Done", Type: "checkbox", Options: options("icon", "check", "color", "greenBright")},
		{Name: "Stage", Type: "singleSelect", Options: options("choices", []map[string]string{{"name": "New"}, {"name": "Even newer"}, {"name": "Done"}})},
		{Name: "Born", Type: "date", Options: options("dateFormat", map[string]string{"name": "iso"})},
		{Name: "Broken", Type: "formula", Options: options("formula", "IF({Age} > 5, {Name} + 1, {Age})")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	p := &people{Listings: New(ttl), t: t, data: record.NewData(s), table: base.Tables[1], other: base.Tables[0]}
	for _, row := range rows {
		p.add(row)
	}
	return p
}

func options(pairs ...any) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = wire.Encode(pairs[i+1])
	}
	return m
}

func (p *people) add(cells map[string]any) *record.Record {
	p.t.Helper()
	fields := map[string]json.RawMessage{}
	for name, value := range cells {
		fields[name] = wire.Encode(value)
	}
	r, err := p.data.Begin(0).Create(p.table, fields, record.Mode{})
	if err != nil {
		p.t.Fatal(err)
	}
	return r
}

// named adds n people p00, p01, … and returns their ids in the order of a listing.
func (p *people) named(n int) []string {
	var ids []string
	for i := range n {
		ids = append(ids, p.add(map[string]any{"Name": "p" + strconv.Itoa(100 + i)[1:]}).ID)
	}
	slices.Sort(ids)
	return ids
}

// params reads the parameters of a query that must be sound.
func (p *people) params(query string) Params {
	p.t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		p.t.Fatal(err)
	}
	params, refused := FromQuery(values)
	if refused != nil {
		p.t.Fatalf("%s: %v", query, refused)
	}
	return params
}

// page takes a page of a table.
func (p *people) page(t *schema.Table, query string, now time.Time) (Page, *wire.Error) {
	p.t.Helper()
	return p.Page(record.NewEvaluator(p.data), p.data.Of(t), p.params(query), now)
}

// names are the Name cells of a page that must come.
func (p *people) names(query string) string {
	p.t.Helper()
	page, err := p.page(p.table, query, start)
	if err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return p.of(page)
}

func (p *people) of(page Page) string {
	var names []string
	for _, r := range page.Records {
		name, _ := r.Cell(p.table.Primary()).(string)
		names = append(names, name)
	}
	return strings.Join(names, ",")
}

func TestBothFormsReadTheSameParameters(t *testing.T) {
	t.Parallel()
	query, err := url.ParseQuery("fields[]=A&fields[]=B&filterByFormula=1&sort[0][field]=A&sort[0][direction]=desc&sort[1][field]=B&view=V&pageSize=7&maxRecords=8" +
		"&offset=o&cellFormat=string&returnFieldsByFieldId=true&recordMetadata[]=commentCount&includeDateDependencyMetadata=1&timeZone=utc&userLocale=en")
	if err != nil {
		t.Fatal(err)
	}
	fromQuery, refused := FromQuery(query)
	if refused != nil {
		t.Fatal(refused)
	}
	fromBody, refused := FromBody([]byte(`{"fields":["A","B"],"filterByFormula":"1","sort":[{"field":"A","direction":"desc"},{"field":"B"}],"view":"V","pageSize":7,"maxRecords":8,
		"offset":"o","cellFormat":"string","returnFieldsByFieldId":true,"recordMetadata":["commentCount"],"includeDateDependencyMetadata":true,"method":"post"}`),
		url.Values{"timeZone": {"utc"}, "userLocale": {"en"}, "offset": {"ignored"}, "pageSize": {"1"}})
	if refused != nil {
		t.Fatal(refused)
	}
	if diff := cmp.Diff(fromQuery, fromBody, cmp.AllowUnexported(Params{})); diff != "" {
		t.Error(diff)
	}
	if none, refused := FromBody(nil, nil); refused != nil || none.pageSize() != 100 {
		t.Errorf("no body: %+v, %v", none, refused)
	}
}

func TestRefusedParameters(t *testing.T) {
	t.Parallel()
	for query, ok := range map[string]bool{
		"pageSize=1": true, "pageSize=100": true, "pageSize=0": false, "pageSize=101": false, "pageSize=-1": false, "pageSize=x": false, "pageSize=": true, "limit=100": true, "limit=101": false,
		"maxRecords=1": true, "maxRecords=0": false, "maxRecords=1000000": true, "cellFormat=json": true, "cellFormat=text": false, "cellFormat=string": false,
		"cellFormat=string&timeZone=utc": false, "cellFormat=string&userLocale=en": false, "cellFormat=string&timeZone=utc&userLocale=en": true,
		"recordMetadata[]=commentCount": true, "recordMetadata=likes": false, "sort[0][field]=A": true, "sort[0][field]=A&sort[0][direction]=up": false, "sort[0][field]=": false,
		"sort[0][direction]=asc": false, "sort=A": false, "sort[1][field]=A": false,
	} {
		values, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		if _, refused := FromQuery(values); (refused == nil) != ok {
			t.Errorf("%s: got %v", query, refused)
		}
	}
	for body, want := range map[string]*wire.Error{
		`{"pageSize":"1"}`: wire.InvalidParameters(), `{"pageSize":101}`: wire.InvalidParameters(), `{`: wire.InvalidBody(), `{"sort":[{}]}`: wire.InvalidParameters(),
		`{"cellFormat":"string","timeZone":"utc","userLocale":"en"}`: wire.InvalidParameters(), // these belong in the query
	} {
		if _, refused := FromBody([]byte(body), nil); cmp.Diff(want, refused) != "" {
			t.Errorf("%s: got %v", body, refused)
		}
	}
}

func TestStyle(t *testing.T) {
	t.Parallel()
	p := setup(t)
	how, err := p.params("fields[]=Stage&fields[]=" + p.table.Primary().ID + "&fields[]=Stage&returnFieldsByFieldId=1").Style(p.table)
	want := record.Style{Fields: []*schema.Field{p.table.Primary(), p.table.Field("Stage")}, ByID: true}
	if err != nil || how.ByID != want.ByID || !slices.Equal(how.Fields, want.Fields) { // in the order of the table
		t.Errorf("got %+v, %v", how, err)
	}
	if how, err := p.params("cellFormat=string&timeZone=utc&userLocale=en&recordMetadata[]=commentCount&includeDateDependencyMetadata=true").Style(p.table); err != nil ||
		how.Fields != nil || !how.AsText || !how.CommentCount || !how.LinksAsObjects {
		t.Errorf("got %+v, %v", how, err)
	}
	if _, err := p.params("fields[]=name").Style(p.table); cmp.Diff(wire.UnknownField("name"), err) != "" {
		t.Errorf("an unknown field: %v", err)
	}
}

func TestOrdersAndFilters(t *testing.T) {
	t.Parallel()
	p := setup(t, map[string]any{"Name": "b", "Age": 2, "Stage": "Done", "Done": true, "Born": "2001-01-01"}, map[string]any{"Name": "A", "Age": 10, "Stage": "New"},
		map[string]any{"Name": "c", "Stage": "Even newer", "Born": "1999-12-31"}, map[string]any{"Name": "B", "Age": 2})
	for query, want := range map[string]string{
		"view=Grid%20view": "b,A,c,B",
		"view=" + p.table.Views[0].ID + "&maxRecords=2":                                         "b,A",
		"view=Grid%20view&sort[0][field]=Name":                                                  "A,b,B,c", // in any case; equal ones as they were
		"view=Grid%20view&sort[0][field]=Name&sort[0][direction]=desc":                          "c,b,B,A",
		"view=Grid%20view&sort[0][field]=Age":                                                   "c,b,B,A", // blanks first
		"view=Grid%20view&sort[0][field]=Age&sort[0][direction]=desc":                           "A,b,B,c",
		"view=Grid%20view&sort[0][field]=Stage":                                                 "B,A,c,b", // as the choices stand
		"view=Grid%20view&sort[0][field]=Born":                                                  "A,B,c,b",
		"view=Grid%20view&sort[0][field]=Done&sort[1][field]=Name":                              "A,B,c,b",
		"view=Grid%20view&sort[0][field]=Broken":                                                "c,b,B,A", // errors last
		"view=Grid%20view&sort[0][field]=Age&sort[1][field]=Name&maxRecords=2":                  "c,b",
		"view=Grid%20view&filterByFormula=" + url.QueryEscape("{Age} = 2"):                      "b,B",
		"view=Grid%20view&filterByFormula=" + url.QueryEscape("{Age} = 2") + "&maxRecords=1":    "b",
		"filterByFormula=" + url.QueryEscape("{Age} > 5"):                                       "A",
		"filterByFormula=" + url.QueryEscape("{Broken}") + "&view=Grid%20view":                  "b,B", // an error is not true
		"filterByFormula=" + url.QueryEscape("AND({Done}, FIND('b', {Name}))"):                  "b",
		"view=Grid%20view&filterByFormula=1&sort[0][field]=Name&sort[0][direction]=asc&limit=3": "A,b,B",
	} {
		if got := p.names(query); got != want {
			t.Errorf("%s: got %s, want %s", query, got, want)
		}
	}
}

func TestEqualRecordsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(60)
	if got, want := p.names("view=Grid%20view&sort[0][field]=Age"), p.names("view=Grid%20view"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRefusedChoices(t *testing.T) {
	t.Parallel()
	p := setup(t)
	formula := func(detail string) *wire.Error {
		return wire.Invalid("INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: %s", detail)
	}
	for query, want := range map[string]*wire.Error{
		"view=Nope":                     wire.Invalid("VIEW_NAME_NOT_FOUND", "View Nope not found"),
		"view=viwAAAAAAAAAAAAAA":        wire.Invalid("VIEW_ID_NOT_FOUND", "View viwAAAAAAAAAAAAAA not found"),
		"view=" + p.other.Views[0].ID:   wire.StateCheckFailed(),
		"sort[0][field]=Nope":           wire.UnknownField("Nope"),
		"filterByFormula={No}%2B{Such}": formula("Unknown field names: no, such"),
		"filterByFormula=(":             formula("Invalid formula. Please check your formula text."),
	} {
		if _, err := p.page(p.table, query, start); cmp.Diff(want, err) != "" {
			t.Errorf("%s: got %v, want %v", query, err, want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	p := setup(t)
	ids := p.named(25)
	for query, want := range map[string]string{
		"": "25", "pageSize=10": "10+10+5", "maxRecords=25&pageSize=10": "10+10+5", "maxRecords=7&pageSize=5": "5+2", "maxRecords=5&pageSize=5": "5", "maxRecords=1": "1", "pageSize=25": "25", "pageSize=24": "24+1",
	} {
		var sizes, seen []string
		for offset := ""; ; {
			page, err := p.page(p.table, query+"&offset="+url.QueryEscape(offset), start)
			if err != nil {
				t.Fatal(err)
			}
			sizes = append(sizes, strconv.Itoa(len(page.Records)))
			for _, r := range page.Records {
				seen = append(seen, r.ID)
			}
			if offset = page.Offset; offset == "" {
				break
			}
		}
		if got := strings.Join(sizes, "+"); got != want || !slices.Equal(seen, ids[:len(seen)]) {
			t.Errorf("%s: pages of %s, want %s", query, got, want)
		}
	}
	if got := len(p.all); got != 4 {
		t.Errorf("%d listings are kept of the 4 that had more than one page", got)
	}
}

func TestAPageAskedForTwiceIsTheSame(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(4)
	first, err := p.page(p.table, "pageSize=1", start)
	if err != nil {
		t.Fatal(err)
	}
	next := "pageSize=2&offset=" + url.QueryEscape(first.Offset)
	second, err := p.page(p.table, next, start)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := p.page(p.table, next, start); err != nil || p.of(again) != p.of(second) || again.Offset != second.Offset || len(again.Records) != 2 {
		t.Errorf("got %s, then %s, %v", p.of(second), p.of(again), err)
	}
}

func TestADeletedRecordIsSkippedAndANewOneIsNotShown(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(5)
	first, err := p.page(p.table, "view=Grid%20view&pageSize=2", start)
	if err != nil {
		t.Fatal(err)
	}
	all := p.data.Of(p.table).InCreationOrder()
	c := p.data.Begin(0)
	c.Delete(all[2]) // the record that the offset names
	c.Delete(all[3])
	p.named(1)
	if rest, err := p.page(p.table, "offset="+url.QueryEscape(first.Offset), start); err != nil || p.of(rest) != "p04" || rest.Offset != "" {
		t.Errorf("got %s, %v", p.of(rest), err)
	}
}

func TestOffsetsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(3)
	first, err := p.page(p.table, "pageSize=1", start)
	if err != nil {
		t.Fatal(err)
	}
	itr, rec, _ := strings.Cut(first.Offset, "/")
	for offset, want := range map[string]*wire.Error{
		"junk": wire.InvalidOffset("junk"), itr: wire.InvalidOffset(itr), "itr/rec": wire.InvalidOffset("itr/rec"), itr + "/tblAAAAAAAAAAAAAA": wire.InvalidOffset(itr + "/tblAAAAAAAAAAAAAA"),
		"itrAAAAAAAAAAAAAA/" + rec: errGone(), itr + "/recAAAAAAAAAAAAAA": errGone(),
	} {
		if _, err := p.page(p.table, "offset="+url.QueryEscape(offset), start); cmp.Diff(want, err) != "" {
			t.Errorf("%s: got %v", offset, err)
		}
	}
	if _, err := p.page(p.other, "offset="+url.QueryEscape(first.Offset), start); cmp.Diff(errGone(), err) != "" {
		t.Errorf("the offset of another table: %v", err)
	}
}

func TestAListingExpiresWhenItHasRestedTooLong(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(3)
	first, err := p.page(p.table, "pageSize=1", start)
	if err != nil {
		t.Fatal(err)
	}
	next := "pageSize=1&offset=" + url.QueryEscape(first.Offset)
	for _, rested := range []time.Duration{ttl, 2 * ttl} { // each page lets it rest afresh
		if _, err := p.page(p.table, next, start.Add(rested)); err != nil {
			t.Fatalf("after %s: %v", rested, err)
		}
	}
	if _, err := p.page(p.table, next, start.Add(3*ttl+1)); cmp.Diff(errGone(), err) != "" {
		t.Errorf("got %v", err)
	}
	if len(p.all) != 0 {
		t.Error("the expired listing is kept")
	}
}

func TestTheListingThatRestedLongestMakesRoom(t *testing.T) {
	t.Parallel()
	p := setup(t)
	p.named(2)
	var offsets []string
	open := func(at time.Time) {
		page, err := p.page(p.table, "pageSize=1", at)
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, page.Offset)
	}
	for i := range maxListings {
		open(start.Add(time.Duration(i) * time.Millisecond))
	}
	touch := func(n int, at time.Time) *wire.Error {
		_, err := p.page(p.table, "offset="+url.QueryEscape(offsets[n]), at)
		return err
	}
	later := start.Add(time.Minute)
	if err := touch(0, later); err != nil { // the oldest is used again
		t.Fatal(err)
	}
	open(later)
	if len(p.all) != maxListings {
		t.Errorf("%d listings are kept", len(p.all))
	}
	if touch(0, later) != nil || touch(1, later) == nil || touch(2, later) != nil || touch(maxListings, later) != nil {
		t.Error("another listing than the longest rested one went")
	}
	open(later.Add(2 * ttl)) // by now all have expired
	if len(p.all) != 1 {
		t.Errorf("%d listings are kept after all but one expired", len(p.all))
	}
}
