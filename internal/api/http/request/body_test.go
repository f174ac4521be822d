package request

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/http/problem"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

type lamp struct {
	Name  string            `json:"name" minLength:"1"`
	Watts int               `json:"watts,omitempty" minimum:"1" default:"60"`
	Notes strictjson.Object `json:"notes,omitempty"`
}

type createIn struct {
	Limit int `query:"limit"`
	Body  JSON[lamp]
}

type startIn struct {
	Body JSON[strictjson.Object] `required:"false"`
}

type nothingIn struct{}

// post reads one request with a body into a T.
func post[T any](t *testing.T, query, mediaType string, body io.Reader) (T, *problem.Details) {
	t.Helper()
	r := httptest.NewRequest("POST", "/lamps?"+query, body)
	r.Header.Set("Content-Type", mediaType)
	var into T
	return into, ShapeOf(reflect.TypeFor[T]()).Read(httptest.NewRecorder(), r, &into)
}

const jsonType = "application/json"

func TestBodyIsRead(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequest("POST", "/lamps?limit=2", strings.NewReader(`{"name":"desk","notes":{"a":[1, 2]}}`))
	r.Header.Set("Content-Type", "Application/JSON; charset=utf-8")
	var in createIn
	if p := ShapeOf(reflect.TypeFor[createIn]()).Read(httptest.NewRecorder(), r, &in); p != nil {
		t.Fatal(p, p.Errors)
	}
	want := createIn{Limit: 2, Body: JSON[lamp]{lamp{Name: "desk", Watts: 60, Notes: strictjson.Object{RawMessage: []byte(`{"a":[1, 2]}`)}}}}
	if diff := cmp.Diff(want, in); diff != "" {
		t.Error(diff)
	}
}

func TestOptionalBody(t *testing.T) {
	t.Parallel()
	if s := ShapeOf(reflect.TypeFor[startIn]()); s.BodyRequired() || s.Body == nil {
		t.Errorf("required %v, body %v", s.BodyRequired(), s.Body)
	}
	if in, p := post[startIn](t, "", "", nil); p != nil || in.Body.Value.RawMessage != nil {
		t.Errorf("no body: %v, %s", p, in.Body.Value.RawMessage)
	}
	if _, p := post[startIn](t, "", jsonType, strings.NewReader(`[]`)); p == nil || p.Status != 422 {
		t.Errorf("a list: %v", p)
	}
}

func TestBodyIsRefused(t *testing.T) {
	t.Parallel()
	type outcome struct {
		status int
		code   string
		faults []string // pointer or parameter, and code
	}
	read := func(p *problem.Details) (o outcome) {
		if p == nil {
			return o
		}
		o.status, o.code = p.Status, p.Code
		for _, f := range p.Errors {
			o.faults = append(o.faults, f.Pointer+f.Parameter+" "+f.Code)
		}
		return o
	}
	for name, c := range map[string]struct {
		query, mediaType string
		body             io.Reader
		want             outcome
	}{
		"none":                     {mediaType: jsonType, want: outcome{400, "body_required", nil}},
		"none, and a wrong query":  {query: "limit=x", mediaType: jsonType, want: outcome{400, "body_required", nil}},
		"a form":                   {mediaType: "application/x-www-form-urlencoded", body: strings.NewReader("name=desk"), want: outcome{415, "unsupported_media_type", nil}},
		"no media type":            {body: strings.NewReader("{}"), want: outcome{415, "unsupported_media_type", nil}},
		"almost JSON":              {mediaType: "application/merge-patch+json", body: strings.NewReader("{}"), want: outcome{415, "unsupported_media_type", nil}},
		"not JSON":                 {mediaType: jsonType, body: strings.NewReader(`{"name":`), want: outcome{400, "malformed_json", []string{" malformed_json"}}},
		"two documents":            {mediaType: jsonType, body: strings.NewReader(`{"name":"desk"}{}`), want: outcome{400, "malformed_json", []string{" malformed_json"}}},
		"not JSON, wrong query":    {query: "limit=x", mediaType: jsonType, body: strings.NewReader(`{`), want: outcome{400, "malformed_json", []string{" malformed_json"}}},
		"a fault":                  {mediaType: jsonType, body: strings.NewReader(`{"name":""}`), want: outcome{422, "invalid_request", []string{"/name out_of_range"}}},
		"faults here and there":    {query: "limit=x", mediaType: jsonType, body: strings.NewReader(`{"watts":0,"volts":1}`), want: outcome{422, "invalid_request", []string{"limit invalid", "/name required", "/watts out_of_range", "/volts unknown_field"}}},
		"the largest":              {mediaType: jsonType, body: strings.NewReader(`{"name":"` + strings.Repeat("x", maxBody-11) + `"}`)},
		"a byte more":              {mediaType: jsonType, body: strings.NewReader(`{"name":"` + strings.Repeat("x", maxBody-10) + `"}`), want: outcome{413, "body_too_large", nil}},
		"a connection that stalls": {mediaType: jsonType, body: iotest.ErrReader(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}), want: outcome{408, "body_incomplete", nil}},
		"a connection that breaks": {mediaType: jsonType, body: iotest.ErrReader(io.ErrUnexpectedEOF), want: outcome{400, "body_unreadable", nil}},
		"malformed chunks":         {mediaType: jsonType, body: httputil.NewChunkedReader(strings.NewReader("zz\r\n{}\r\n")), want: outcome{400, "body_unreadable", nil}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := post[createIn](t, c.query, c.mediaType, c.body)
			got := read(p)
			if diff := cmp.Diff(c.want, got, cmp.AllowUnexported(outcome{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What is sent where nothing is taken must still be JSON.
func TestBodyThatNobodyAskedFor(t *testing.T) {
	t.Parallel()
	for body, status := range map[string]int{`{"a":1}`: 0, `3`: 0, `{"a":1,"a":2}`: 422, `{`: 400} {
		_, p := post[nothingIn](t, "", jsonType, strings.NewReader(body))
		if got := statusOf(p); got != status {
			t.Errorf("%s: status %d, want %d", body, got, status)
		}
	}
}

func statusOf(p *problem.Details) int {
	if p == nil {
		return 0
	}
	return p.Status
}

func TestBodyOfAnotherType(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("it was accepted")
		}
	}()
	ShapeOf(reflect.TypeFor[struct{ Body lamp }]())
}

// deadlines is a connection whose deadlines are seen.
type deadlines struct {
	http.ResponseWriter
	set []time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.set = append(d.set, t)
	return nil
}

// A body that is coded in a way that nobody here undoes is not read as if it were
// not.
func TestBodyInAnotherCoding(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mediaType string
		coding    []string
		code, has string
	}{
		"plain":               {mediaType: jsonType},
		"identity":            {mediaType: jsonType, coding: []string{"Identity"}},
		"UTF-8":               {mediaType: jsonType + `; charset="UTF-8"`},
		"gzip":                {mediaType: jsonType, coding: []string{"gzip"}, code: "unsupported_content_encoding", has: `"gzip"`},
		"a list":              {mediaType: jsonType, coding: []string{"identity, br"}, code: "unsupported_content_encoding", has: `"br"`},
		"two headers":         {mediaType: jsonType, coding: []string{"identity", "zstd"}, code: "unsupported_content_encoding", has: `"zstd"`},
		"a long name":         {mediaType: jsonType, coding: []string{strings.Repeat("x", 500)}, code: "unsupported_content_encoding", has: `x…"`},
		"another charset":     {mediaType: jsonType + "; charset=iso-8859-1", code: "unsupported_charset", has: `"iso-8859-1"`},
		"a longer UTF":        {mediaType: jsonType + "; charset=utf-16", code: "unsupported_charset", has: `"utf-16"`},
		"another media type":  {mediaType: "text/plain", coding: []string{"gzip"}, code: "unsupported_media_type"},
		"a broken media type": {mediaType: jsonType + "; charset", code: "unsupported_media_type"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("POST", "/lamps", strings.NewReader(`{"name":"desk"}`))
			r.Header.Set("Content-Type", c.mediaType)
			r.Header["Content-Encoding"] = c.coding
			w := httptest.NewRecorder()
			p := ShapeOf(reflect.TypeFor[createIn]()).Read(w, r, &createIn{})
			switch {
			case c.code == "" && p == nil:
			case p == nil || p.Status != http.StatusUnsupportedMediaType || p.Code != c.code || !strings.Contains(p.Detail, c.has) || len(p.Detail) > 200:
				t.Errorf("the problem is %+v", p)
			case (w.Header().Get("Accept-Encoding") == "identity") != (c.code == "unsupported_content_encoding"):
				t.Errorf("Accept-Encoding is %q", w.Header().Get("Accept-Encoding"))
			}
		})
	}
}

func TestDeadline(t *testing.T) {
	t.Parallel()
	shape := ShapeOf(reflect.TypeFor[startIn]())
	h := Deadline(time.Hour, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { shape.Read(w, r, &startIn{}) }))
	for name, c := range map[string]struct {
		body   io.Reader
		set    int
		lifted bool
	}{
		"no body":     {nil, 0, false},
		"a body":      {strings.NewReader("{}"), 2, true},
		"too large":   {strings.NewReader(strings.Repeat(" ", maxBody+1)), 1, false},
		"not all yet": {iotest.ErrReader(errors.New("timeout")), 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &deadlines{ResponseWriter: httptest.NewRecorder()}
			h.ServeHTTP(w, httptest.NewRequest("POST", "/", c.body))
			if len(w.set) != c.set || c.set > 0 && time.Until(w.set[0]) < 59*time.Minute || c.lifted && !w.set[1].IsZero() {
				t.Errorf("deadlines %v", w.set)
			}
		})
	}
}
