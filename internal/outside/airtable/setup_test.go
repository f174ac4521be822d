package airtable_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
)

// canary looks like a token; no error, log or detail may ever show it.
const canary = "patCANARY0000000.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

const token = airtable.Token(canary)

// seen is one request as it came over the wire.
type seen struct {
	Method, Path, Query, Body string
}

// server answers every call with response and remembers the calls.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	calls []seen
}

func serve(t *testing.T, response http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		s.calls = append(s.calls, seen{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, strings.TrimSpace(string(body))})
		s.mu.Unlock()
		if r.Header.Get("Authorization") != "Bearer "+canary {
			t.Errorf("Authorization = %q", r.Header.Get("Authorization"))
		}
		response(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func reply(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("Date", "Tue, 24 Nov 2026 10:00:00 GMT")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func connect(t *testing.T, url string, o airtable.Options) *airtable.Client {
	t.Helper()
	o.BaseURL = url
	if o.RequestsPerSecond == 0 {
		o.RequestsPerSecond, o.TokenRequestsPerSecond = 1e6, 1e6
	}
	c := airtable.New(o)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func fields(pairs ...string) map[string]json.RawMessage {
	m := map[string]json.RawMessage{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return m
}

// hands is a clock that tests set.
type hands struct {
	mu  sync.Mutex
	now time.Time
}

func (h *hands) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hands) AfterFunc(d time.Duration, f func()) clock.Timer { return time.AfterFunc(d, f) }

func (h *hands) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// simulated is a client of a fresh simulator with one base of two linked tables.
type simulated struct {
	*airtable.Client
	t     *testing.T
	url   string
	admin *http.Client
	clock *hands
	base  airtable.BaseID
	deals *airtable.Table
	names *airtable.Table
	key   airtable.FieldID
}

const (
	workspace = airtable.WorkspaceID("wsp0123456789abcd")
	readOnly  = airtable.Token("patREADONLY00000.bbbbbbbb")
)

func setup(t *testing.T, c sim.Config, o airtable.Options) *simulated {
	t.Helper()
	s := &simulated{t: t, clock: &hands{now: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}}
	c.Tokens = []sim.Token{{Value: canary}, {Value: "patREADONLY00000.bbbbbbbb", Scopes: []string{"data.records:read"}}}
	if c.Clock == nil {
		c.Clock = s.clock
	}
	simulator, err := sim.Open(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(simulator.Handler())
	t.Cleanup(func() {
		server.Close()
		if err := simulator.Close(); err != nil {
			t.Error(err)
		}
	})
	s.url, s.admin, s.Client = server.URL, server.Client(), connect(t, server.URL, o)
	s.fill()
	return s
}

// columns are fields of every type that the API creates without further ado.
var columns = []airtable.NewField{
	{Name: "Name", Type: airtable.SingleLineText},
	{Name: "Notes", Type: airtable.RichText},
	{Name: "Amount", Type: airtable.Currency, Options: json.RawMessage(`{"precision":2,"symbol":"€"}`)},
	{Name: "Share", Type: airtable.Percent, Options: json.RawMessage(`{"precision":1}`)},
	{Name: "Count", Type: airtable.Number, Options: json.RawMessage(`{"precision":0}`)},
	{Name: "Length", Type: airtable.Duration, Options: json.RawMessage(`{"durationFormat":"h:mm"}`)},
	{Name: "Stars", Type: airtable.Rating, Options: json.RawMessage(`{"icon":"star","max":5,"color":"yellowBright"}`)},
	{Name: "Won", Type: airtable.Checkbox, Options: json.RawMessage(`{"icon":"check","color":"greenBright"}`)},
	{Name: "Day", Type: airtable.Date, Options: json.RawMessage(`{"dateFormat":{"name":"iso","format":"YYYY-MM-DD"}}`)},
	{Name: "Moment", Type: airtable.DateTime, Options: json.RawMessage(`{"dateFormat":{"name":"iso","format":"YYYY-MM-DD"},"timeFormat":{"name":"24hour","format":"HH:mm"},"timeZone":"utc"}`)},
	{Name: "Stage", Type: airtable.SingleSelect, Options: json.RawMessage(`{"choices":[{"name":"Open","color":"blueLight2"},{"name":"Closed"}]}`)},
	{Name: "Tags", Type: airtable.MultipleSelects, Options: json.RawMessage(`{"choices":[]}`)},
	{Name: "Mail", Type: airtable.Email},
	{Name: "Site", Type: airtable.URL},
	{Name: "Phone", Type: airtable.PhoneNumber},
	{Name: "Text", Type: airtable.MultilineText},
}

func (s *simulated) fill() {
	s.t.Helper()
	ctx := s.t.Context()
	base, err := s.CreateBase(ctx, token, airtable.NewBase{Name: "CRM", WorkspaceID: workspace, Tables: []airtable.NewTable{
		{Name: "Names / all", Fields: []airtable.NewField{{Name: "Name", Type: airtable.SingleLineText}}}}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.base, s.names = base.ID, &base.Tables[0]
	if s.deals, err = s.CreateTable(ctx, token, s.base, airtable.NewTable{Name: "Deals", Fields: columns}); err != nil {
		s.t.Fatal(err)
	}
	key, err := s.CreateField(ctx, token, s.base, s.deals.ID, airtable.NewField{Name: "Source Record ID", Type: airtable.SingleLineText})
	if err != nil {
		s.t.Fatal(err)
	}
	s.key = key.ID
}

// faults sets the simulator's plan.
func (s *simulated) faults(plan string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodPut, s.url+"/_sim/faults", strings.NewReader(plan))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.admin.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		s.t.Fatalf("setting faults: %s", resp.Status)
	}
}

// rows are n upserts with the keys first, first+1, ….
func (s *simulated) rows(first, n int, cells ...string) airtable.UpsertRequest {
	r := airtable.UpsertRequest{MergeOn: []string{string(s.key)}, Typecast: true, ReturnFieldsByFieldID: true}
	for i := range n {
		f := fields(cells...)
		f[string(s.key)] = json.RawMessage(fmt.Sprintf("%q", fmt.Sprint("app/rec", first+i)))
		r.Records = append(r.Records, airtable.RecordWrite{Fields: f})
	}
	return r
}

func (s *simulated) upsert(r airtable.UpsertRequest) *airtable.UpsertResult {
	s.t.Helper()
	got, err := s.Upsert(s.t.Context(), token, s.base, s.deals.ID, r)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

func (s *simulated) seed(n int) {
	for first := 0; first < n; first += 10 {
		s.upsert(s.rows(first, min(10, n-first)))
	}
}

// readAll reads from a position to the end and returns the ids.
func (s *simulated) readAll(p airtable.Position, o airtable.ReadOptions) ([]airtable.RecordID, airtable.Position) {
	s.t.Helper()
	var ids []airtable.RecordID
	for r := airtable.NewReader(s.Client); !p.Done; {
		page, next, err := r.Read(s.t.Context(), token, s.base, s.deals.ID, p, o)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, record := range page.Records {
			ids = append(ids, record.ID)
		}
		p = next
	}
	return ids, p
}
