package request

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
)

type thingID string

type paging struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"10" default:"5"`
	Cursor string `query:"cursor" maxLength:"4"`
}

type declared struct {
	paging
	ID    thingID `path:"id" maxLength:"3"`
	State string  `query:"state" enum:"on,off,unknown"`
	After int64   `query:"after" minimum:"0"`
	Least int     `query:"least" maximum:"-2"`
	Any   int     `query:"any"`
	Key   string  `header:"X-Key" minLength:"2" maxLength:"3"`
	Other string  // not a parameter
}

// ask reads one request; the target begins after the path parameter. The key "-" is
// one without a value.
func ask(t *testing.T, id, query, key string) (declared, []problem.Fault) {
	t.Helper()
	r := httptest.NewRequest("GET", "/things?"+query, nil)
	r.SetPathValue("id", id)
	if key != "" {
		r.Header.Set("X-Key", strings.Trim(key, "-"))
	}
	var into declared
	p := ShapeOf(reflect.TypeFor[declared]()).Read(httptest.NewRecorder(), r, &into)
	if p == nil {
		return into, nil
	}
	if p.Status != http.StatusUnprocessableEntity || p.Code != "invalid_request" {
		t.Errorf("the problem is %d %s", p.Status, p.Code)
	}
	return into, p.Errors
}

func TestParametersAreRead(t *testing.T) {
	t.Parallel()
	defaults := declared{paging: paging{Limit: 5}, ID: "a"}
	with := func(change func(*declared)) declared {
		d := defaults
		change(&d)
		return d
	}
	for name, c := range map[string]struct {
		query, key string
		want       declared
	}{
		"absent":            {want: defaults},
		"the first page":    {query: "cursor=", want: defaults},
		"the cursor alone":  {query: "cursor", want: defaults},
		"every one":         {query: "limit=1&cursor=abcd&state=off&after=0&least=-2&any=-9", key: "xyz", want: declared{paging: paging{1, "abcd"}, ID: "a", State: "off", Least: -2, Any: -9, Key: "xyz"}},
		"the largest":       {query: "limit=10&after=9223372036854775807", want: with(func(d *declared) { d.Limit, d.After = 10, 9223372036854775807 })},
		"characters, bytes": {query: "cursor=" + url.QueryEscape("äöü€"), want: with(func(d *declared) { d.Cursor = "äöü€" })},
		"escaped":           {query: "cursor=%20%26", want: with(func(d *declared) { d.Cursor = " &" })},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, faults := ask(t, "a", c.query, c.key)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(declared{})); diff != "" || faults != nil {
				t.Errorf("faults %v, difference %s", faults, diff)
			}
		})
	}
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		id, query, key string
		want           problem.Fault
	}{
		"path absent":       {id: "", want: problem.Fault{Parameter: "id", Code: "required", Detail: "is missing"}},
		"path too long":     {id: "abcd", want: problem.Fault{Parameter: "id", Code: "out_of_range", Detail: "must have at most 3 characters"}},
		"too small":         {id: "a", query: "limit=0", want: problem.Fault{Parameter: "limit", Code: "out_of_range", Detail: "must be a whole number, between 1 and 10"}},
		"too large":         {id: "a", query: "limit=11", want: problem.Fault{Parameter: "limit", Code: "out_of_range", Detail: "must be a whole number, between 1 and 10"}},
		"a fraction":        {id: "a", query: "limit=1.5", want: problem.Fault{Parameter: "limit", Code: "invalid", Detail: "must be a whole number, between 1 and 10"}},
		"beyond 64 bits":    {id: "a", query: "after=9223372036854775808", want: problem.Fault{Parameter: "after", Code: "invalid", Detail: "must be a whole number, at least 0"}},
		"below the least":   {id: "a", query: "after=-1", want: problem.Fault{Parameter: "after", Code: "out_of_range", Detail: "must be a whole number, at least 0"}},
		"above the most":    {id: "a", query: "least=-1", want: problem.Fault{Parameter: "least", Code: "out_of_range", Detail: "must be a whole number, at most -2"}},
		"a sign":            {id: "a", query: "any=%2B1", want: problem.Fault{Parameter: "any", Code: "invalid", Detail: "must be a whole number"}},
		"not a number":      {id: "a", query: "any=x", want: problem.Fault{Parameter: "any", Code: "invalid", Detail: "must be a whole number"}},
		"text too long":     {id: "a", query: "cursor=" + url.QueryEscape("äöü€ß"), want: problem.Fault{Parameter: "cursor", Code: "out_of_range", Detail: "must have at most 4 characters"}},
		"header too short":  {id: "a", key: "x", want: problem.Fault{Parameter: "X-Key", Code: "out_of_range", Detail: "must have between 2 and 3 characters"}},
		"header empty":      {id: "a", key: "-", want: problem.Fault{Parameter: "X-Key", Code: "out_of_range", Detail: "must have between 2 and 3 characters"}},
		"header too long":   {id: "a", key: "wxyz", want: problem.Fault{Parameter: "X-Key", Code: "out_of_range", Detail: "must have between 2 and 3 characters"}},
		"not one of":        {id: "a", query: "state=onn", want: problem.Fault{Parameter: "state", Code: "not_one_of", Detail: `must be one of on, off, unknown; did you mean "on"?`}},
		"another case":      {id: "a", query: "Limit=1", want: problem.Fault{Parameter: "Limit", Code: "unknown_field", Detail: `unknown query parameter; did you mean "limit"?`}},
		"a header in query": {id: "a", query: "X-Key=xyz", want: problem.Fault{Parameter: "X-Key", Code: "unknown_field", Detail: "unknown query parameter; remove it"}},
		"a long name":       {id: "a", query: strings.Repeat("limit", 100) + "=1", want: problem.Fault{Parameter: strings.Repeat("limit", 100), Code: "unknown_field", Detail: "unknown query parameter; remove it"}},
		"empty number":      {id: "a", query: "limit=", want: problem.Fault{Parameter: "limit", Code: "invalid", Detail: "must be a whole number, between 1 and 10"}},
		"number left out":   {id: "a", query: "after", want: problem.Fault{Parameter: "after", Code: "invalid", Detail: "must be a whole number, at least 0"}},
		"empty choice":      {id: "a", query: "state=", want: problem.Fault{Parameter: "state", Code: "not_one_of", Detail: "must be one of on, off, unknown"}},
		"no query":          {id: "a", query: "limit=%zz", want: problem.Fault{Code: "invalid", Detail: "the query of the address is not of the form name=value&name=value, each percent-encoded; correct it"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := ask(t, c.id, c.query, c.key)
			if diff := cmp.Diff([]problem.Fault{c.want}, faults); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEveryFaultIsFound(t *testing.T) {
	t.Parallel()
	_, faults := ask(t, "abcd", "z=1&b=1&limit=0&state=x", "x")
	var got []string
	for _, f := range faults {
		got = append(got, f.Parameter)
	}
	if diff := cmp.Diff([]string{"b", "z", "limit", "id", "state", "X-Key"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestARepeatedParameterIsRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		query string
		keys  []string
		want  []string
	}{
		"other values":             {query: "limit=1&limit=2", want: []string{"limit"}},
		"the same value":           {query: "limit=1&cursor=&limit=1", want: []string{"limit"}},
		"an empty one":             {query: "cursor=&cursor=a", want: []string{"cursor"}},
		"with other faults":        {query: "limit=x&limit=2&nope=1", want: []string{"limit"}},
		"a header":                 {keys: []string{"xy", "xz"}, want: []string{"X-Key"}},
		"a parameter and a header": {query: "after=1&after=2", keys: []string{"xy", "xz"}, want: []string{"after", "X-Key"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/things?"+c.query, nil)
			r.SetPathValue("id", "a")
			r.Header["X-Key"] = c.keys
			p := ShapeOf(reflect.TypeFor[declared]()).Read(httptest.NewRecorder(), r, &declared{})
			if p == nil || p.Status != http.StatusBadRequest || p.Code != "repeated_parameter" || !strings.Contains(p.Detail, c.want[0]) {
				t.Fatalf("the problem is %+v", p)
			}
			var got []string
			for _, f := range p.Errors {
				got = append(got, f.Parameter)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A long query is not answered with a longer list.
func TestUnknownParametersAreCounted(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]int{100: 100, 101: 101, 3000: 101} {
		query := ""
		for i := range n {
			query += fmt.Sprintf("x%d&", i)
		}
		_, faults := ask(t, "a", query, "")
		last := faults[len(faults)-1]
		if len(faults) != want || (n > 100) != (last.Code == "too_many_faults") || n > 100 && !strings.HasPrefix(last.Detail, fmt.Sprint(n-100, " more")) {
			t.Errorf("%d unknown ones gave %d faults, the last is %+v", n, len(faults), last)
		}
	}
}

// A header that is sent and empty is no less a mistake than one that is too short.
func TestAnEmptyHeader(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("GET", "/things", nil)
	r.SetPathValue("id", "a")
	r.Header["X-Key"] = []string{""}
	p := ShapeOf(reflect.TypeFor[declared]()).Read(httptest.NewRecorder(), r, &declared{})
	if p == nil || len(p.Errors) != 1 || p.Errors[0].Parameter != "X-Key" || p.Errors[0].Code != "out_of_range" {
		t.Errorf("the problem is %+v", p)
	}
}

// A header that is a list may come in parts.
func TestAHeaderThatIsAList(t *testing.T) {
	t.Parallel()
	type listed struct {
		Tags string `header:"X-Tags" list:"true"`
	}
	r := httptest.NewRequest("GET", "/things", nil)
	r.Header["X-Tags"] = []string{`"1"`, `"2", "3"`}
	var in listed
	if p := ShapeOf(reflect.TypeFor[listed]()).Read(httptest.NewRecorder(), r, &in); p != nil || in.Tags != `"1", "2", "3"` {
		t.Errorf("%+v, problem %+v", in, p)
	}
}

// What the core says about its own request is about a parameter, where the body
// has no such member.
func TestFaultsAreAtTheirParameters(t *testing.T) {
	t.Parallel()
	type body struct {
		Limit int `json:"limit,omitempty"`
	}
	type without struct {
		Limit int `query:"limit"`
	}
	type with struct {
		without
		Body JSON[body]
	}
	for want, shape := range map[string]*Shape{
		`[{"pointer":"","parameter":"limit","code":"a","detail":"b"},{"pointer":"/other","code":"c","detail":"d"}]`: ShapeOf(reflect.TypeFor[without]()),
		`[{"pointer":"/limit","code":"a","detail":"b"},{"pointer":"/other","code":"c","detail":"d"}]`:               ShapeOf(reflect.TypeFor[with]()),
	} {
		p := problem.Invalid(problem.Fault{Pointer: "/limit", Code: "a", Detail: "b"}, problem.Fault{Pointer: "/other", Code: "c", Detail: "d"})
		shape.Place(p)
		if got, _ := json.Marshal(p.Errors); string(got) != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	s := ShapeOf(reflect.TypeFor[declared]())
	var got []string
	for _, p := range s.Parameters {
		got = append(got, strings.Join([]string{string(p.In), p.Name, map[bool]string{true: "required"}[p.Required()]}, " "))
	}
	want := []string{"query limit ", "query cursor ", "path id required", "query state ", "query after ", "query least ", "query any ", "header X-Key "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What would be documented and not checked stops the process at its start.
func TestDeclarationsThatCannotBeKept(t *testing.T) {
	t.Parallel()
	for name, declaration := range map[string]any{
		"a pattern": struct {
			A string `query:"a" pattern:"x"`
		}{},
		"required in a query": struct {
			A string `query:"a" required:"true"`
		}{},
		"a list": struct {
			A []string `query:"a"`
		}{},
		"a pointer": struct {
			A *string `query:"a"`
		}{},
		"a bound that is not a number": struct {
			A int `query:"a" minimum:"few"`
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("it was accepted")
				}
			}()
			ParametersOf(reflect.TypeOf(declaration))
		})
	}
}
