package airtable_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestListAsksByGet(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"records":[{"id":"rec1","createdTime":"2022-09-05T07:00:00.000Z","fields":{"fldA":1.50,"fldB":{"new":["shape"]}},"commentCount":2}],"offset":"itrA/recB","later":{}}`))
	page, err := connect(t, s.URL+"/", airtable.Options{}).List(t.Context(), token, "app1", "Deals / 2026", airtable.ListParams{
		PageSize: 50, MaxRecords: 250, Offset: "itr1/rec1", View: "Open", FilterByFormula: `{A}="x&y"`,
		Fields: []string{"fldA", "fldB"}, Sort: []airtable.Sort{{Field: "fldA", Direction: "desc"}}, ReturnFieldsByFieldID: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := seen{"GET", "/v0/app1/Deals%20%2F%202026", "fields%5B%5D=fldA&fields%5B%5D=fldB&filterByFormula=%7BA%7D%3D%22x%26y%22&maxRecords=250&offset=itr1%2Frec1&pageSize=50&returnFieldsByFieldId=true&sort%5B0%5D%5Bdirection%5D=desc&sort%5B0%5D%5Bfield%5D=fldA&view=Open", ""}
	if diff := cmp.Diff([]seen{want}, s.calls); diff != "" {
		t.Error(diff)
	}
	got := &airtable.Page{
		Response: airtable.Response{ServerDate: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)},
		Records:  []airtable.Record{{ID: "rec1", CreatedTime: "2022-09-05T07:00:00.000Z", Fields: fields("fldA", "1.50", "fldB", `{"new":["shape"]}`)}},
		Offset:   "itrA/recB",
	}
	if diff := cmp.Diff(got, page); diff != "" {
		t.Error(diff)
	}
}

func TestListGoesByPostWhenTheAddressIsTooLong(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"records":[],"offset":null}`))
	c := connect(t, s.URL, airtable.Options{})
	long := strings.Repeat("x", 15_000)
	page, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{Offset: "itr/rec", FilterByFormula: long, PageSize: 100, ReturnFieldsByFieldID: true})
	if err != nil || page.Offset != "" || len(page.Records) != 0 {
		t.Fatalf("page %+v, error %v", page, err)
	}
	if _, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{Post: true, Fields: []string{"A"}, Sort: []airtable.Sort{{Field: "A"}}}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{FilterByFormula: strings.Repeat("x", 14_000)}); err != nil {
		t.Fatal(err)
	}
	want := []seen{
		{"POST", "/v0/app1/tbl1/listRecords", "", `{"pageSize":100,"offset":"itr/rec","filterByFormula":"` + long + `","returnFieldsByFieldId":true}`},
		{"POST", "/v0/app1/tbl1/listRecords", "", `{"fields":["A"],"sort":[{"field":"A"}]}`},
	}
	if diff := cmp.Diff(want, s.calls[:2]); diff != "" {
		t.Error(diff)
	}
	if s.calls[2].Method != "GET" {
		t.Errorf("an address of 14,000 characters went by %s", s.calls[2].Method)
	}
}

func TestALargePageIsRead(t *testing.T) {
	t.Parallel()
	cell := strings.Repeat("x", 52_000)
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"records":[`)
		for i := range 100 {
			if i > 0 {
				_, _ = io.WriteString(w, ",")
			}
			_, _ = fmt.Fprintf(w, `{"id":"rec%d","fields":{"A":"%s"}}`, i, cell)
		}
		_, _ = io.WriteString(w, `]}`)
	})
	page, err := connect(t, s.URL, airtable.Options{}).List(t.Context(), token, "app1", "tbl1", airtable.ListParams{})
	if err != nil || len(page.Records) != 100 || len(page.Records[99].Fields["A"]) != len(cell)+2 {
		t.Fatalf("a page of 5 MB: %v", err)
	}
	_, err = connect(t, s.URL, airtable.Options{MaxResponseBytes: 1 << 20}).List(t.Context(), token, "app1", "tbl1", airtable.ListParams{})
	if failure.ClassOf(err) != failure.Validation || failure.CodeOf(err) != airtable.CodeResponseTooLarge || !strings.Contains(err.Error(), "1048576 bytes") {
		t.Errorf("a page over the limit: %v", err)
	}
}

func TestStreamPassesTheReceiversErrorOn(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"records":[{"id":"rec1","fields":{}},{"id":"rec2","fields":{}}]}`))
	full := errors.New("disk full")
	n := 0
	_, err := connect(t, s.URL, airtable.Options{}).Stream(t.Context(), token, "app1", "tbl1", airtable.ListParams{}, func(airtable.Record) error {
		n++
		return full
	})
	if err != full || n != 1 {
		t.Errorf("error %v after %d records", err, n)
	}
}

func TestWritesOnTheWire(t *testing.T) {
	t.Parallel()
	two := []airtable.RecordWrite{{ID: "rec1", Fields: fields("A", `"<b>"`)}, {ID: "rec2", Fields: fields("A", "null")}}
	const twoBack = `{"records":[{"id":"rec1","fields":{}},{"id":"rec2","fields":{}}],"createdRecords":["rec2"],"updatedRecords":["rec1"],"details":{"message":"partialSuccess"}}`
	for _, c := range []struct {
		name string
		call func(*airtable.Client) error
		want seen
	}{
		{"create", func(c *airtable.Client) error {
			_, err := c.Create(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: []airtable.RecordWrite{{Fields: fields("A", "1")}, {Fields: fields()}}, Typecast: true})
			return err
		}, seen{"POST", "/v0/app1/tbl1", "", `{"records":[{"fields":{"A":1}},{"fields":{}}],"typecast":true}`}},
		{"update", func(c *airtable.Client) error {
			_, err := c.Update(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: two, ReturnFieldsByFieldID: true})
			return err
		}, seen{"PATCH", "/v0/app1/tbl1", "", `{"records":[{"id":"rec1","fields":{"A":"<b>"}},{"id":"rec2","fields":{"A":null}}],"returnFieldsByFieldId":true}`}},
		{"replace", func(c *airtable.Client) error {
			_, err := c.Replace(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: two})
			return err
		}, seen{"PUT", "/v0/app1/tbl1", "", `{"records":[{"id":"rec1","fields":{"A":"<b>"}},{"id":"rec2","fields":{"A":null}}]}`}},
		{"upsert", func(c *airtable.Client) error {
			got, err := c.Upsert(t.Context(), token, "app1", "tbl1", airtable.UpsertRequest{Records: two, MergeOn: []string{"fldKey"}, Typecast: true})
			if err == nil && (got.Created[0] != "rec2" || got.Updated[0] != "rec1" || got.ServerDate.IsZero()) {
				t.Errorf("upsert gave %+v", got)
			}
			return err
		}, seen{"PATCH", "/v0/app1/tbl1", "", `{"performUpsert":{"fieldsToMergeOn":["fldKey"]},"records":[{"id":"rec1","fields":{"A":"<b>"}},{"id":"rec2","fields":{"A":null}}],"typecast":true}`}},
		{"upsert by replacing", func(c *airtable.Client) error {
			_, err := c.Upsert(t.Context(), token, "app1", "tbl1", airtable.UpsertRequest{Records: two, MergeOn: []string{"K"}, Replace: true})
			return err
		}, seen{"PUT", "/v0/app1/tbl1", "", `{"performUpsert":{"fieldsToMergeOn":["K"]},"records":[{"id":"rec1","fields":{"A":"<b>"}},{"id":"rec2","fields":{"A":null}}]}`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply(200, twoBack))
			if err := c.call(connect(t, s.URL, airtable.Options{})); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]seen{c.want}, s.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeleteNamesWhatIsGone(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"records":[{"id":"rec1","deleted":true},{"id":"rec2","deleted":true}]}`))
	got, err := connect(t, s.URL, airtable.Options{}).Delete(t.Context(), token, "app1", "tbl1", []airtable.RecordID{"rec1", "rec2"})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]airtable.RecordID{"rec1", "rec2"}, got.Deleted); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]seen{{"DELETE", "/v0/app1/tbl1", "records%5B%5D=rec1&records%5B%5D=rec2", ""}}, s.calls); diff != "" {
		t.Error(diff)
	}
}

func TestMetadataOnTheWire(t *testing.T) {
	t.Parallel()
	name := "New"
	for _, c := range []struct {
		name     string
		response string
		call     func(*airtable.Client) (any, error)
		want     seen
		got      any
	}{
		{"schema", `{"tables":[{"id":"tbl1","name":"T","primaryFieldId":"fld1","fields":[{"id":"fld1","name":"N","type":"futureType","options":{"x":1.0}}],"views":[{"id":"viw1","name":"Grid","type":"grid"}],"dateDependencySettings":{}}]}`,
			func(c *airtable.Client) (any, error) { return c.Schema(t.Context(), token, "app1") },
			seen{"GET", "/v0/meta/bases/app1/tables", "", ""},
			&airtable.Base{Response: airtable.Response{ServerDate: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}, ID: "app1", Tables: []airtable.Table{{ID: "tbl1", Name: "T", PrimaryFieldID: "fld1",
				Fields: []airtable.Field{{ID: "fld1", Name: "N", Type: "futureType", Options: json.RawMessage(`{"x":1.0}`)}},
				Views:  []airtable.View{{ID: "viw1", Name: "Grid", Type: "grid"}}}}}},
		{"create base", `{"id":"app2","tables":[]}`,
			func(c *airtable.Client) (any, error) {
				return c.CreateBase(t.Context(), token, airtable.NewBase{Name: "B", WorkspaceID: "wsp1", Tables: []airtable.NewTable{{Name: "T", Fields: []airtable.NewField{{Name: "N", Type: airtable.SingleLineText}}}}})
			},
			seen{"POST", "/v0/meta/bases", "", `{"name":"B","workspaceId":"wsp1","tables":[{"name":"T","fields":[{"name":"N","type":"singleLineText"}]}]}`},
			&airtable.Base{Response: airtable.Response{ServerDate: time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)}, ID: "app2", Name: "B", Tables: []airtable.Table{}}},
		{"create table", `{"id":"tbl2","name":"T","primaryFieldId":"fld1","fields":[]}`,
			func(c *airtable.Client) (any, error) {
				return c.CreateTable(t.Context(), token, "app1", airtable.NewTable{Name: "T", Description: "d", Fields: []airtable.NewField{{Name: "N", Type: airtable.Number, Options: json.RawMessage(`{"precision":0}`)}}})
			},
			seen{"POST", "/v0/meta/bases/app1/tables", "", `{"name":"T","description":"d","fields":[{"name":"N","type":"number","options":{"precision":0}}]}`},
			&airtable.Table{ID: "tbl2", Name: "T", PrimaryFieldID: "fld1", Fields: []airtable.Field{}}},
		{"create field", `{"id":"fld2","name":"F","type":"email"}`,
			func(c *airtable.Client) (any, error) {
				return c.CreateField(t.Context(), token, "app1", "tbl1", airtable.NewField{Name: "F", Type: airtable.Email})
			},
			seen{"POST", "/v0/meta/bases/app1/tables/tbl1/fields", "", `{"name":"F","type":"email"}`},
			&airtable.Field{ID: "fld2", Name: "F", Type: airtable.Email}},
		{"update table", `{"id":"tbl1","name":"New"}`,
			func(c *airtable.Client) (any, error) {
				return c.UpdateTable(t.Context(), token, "app1", "tbl1", airtable.TablePatch{Name: &name})
			},
			seen{"PATCH", "/v0/meta/bases/app1/tables/tbl1", "", `{"name":"New"}`},
			&airtable.Table{ID: "tbl1", Name: "New"}},
		{"update field", `{"id":"fld1","name":"New","type":"url"}`,
			func(c *airtable.Client) (any, error) {
				return c.UpdateField(t.Context(), token, "app1", "tbl1", "fld1", airtable.FieldPatch{Name: &name})
			},
			seen{"PATCH", "/v0/meta/bases/app1/tables/tbl1/fields/fld1", "", `{"name":"New"}`},
			&airtable.Field{ID: "fld1", Name: "New", Type: airtable.URL}},
		{"whoami", `{"id":"usr1","scopes":["data.records:read"]}`,
			func(c *airtable.Client) (any, error) { return c.Whoami(t.Context(), token) },
			seen{"GET", "/v0/meta/whoami", "", ""},
			&airtable.User{ID: "usr1", Scopes: []string{"data.records:read"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, reply(200, c.response))
			got, err := c.call(connect(t, s.URL, airtable.Options{}))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.got, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]seen{c.want}, s.calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatCannotBeSentIsRefusedHere(t *testing.T) {
	t.Parallel()
	s := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("a call was sent") })
	c := connect(t, s.URL, airtable.Options{})
	eleven := make([]airtable.RecordWrite, 11)
	one := []airtable.RecordWrite{{Fields: fields("A", "1")}}
	for name, call := range map[string]func() error{
		"no records": func() error {
			_, err := c.Create(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{})
			return err
		},
		"eleven records": func() error {
			_, err := c.Update(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: eleven})
			return err
		},
		"no key": func() error {
			_, err := c.Upsert(t.Context(), token, "app1", "tbl1", airtable.UpsertRequest{Records: one})
			return err
		},
		"no ids":    func() error { _, err := c.Delete(t.Context(), token, "app1", "tbl1", nil); return err },
		"no table":  func() error { _, err := c.List(t.Context(), token, "app1", "", airtable.ListParams{}); return err },
		"no base":   func() error { _, err := c.Schema(t.Context(), token, ""); return err },
		"no record": func() error { _, err := c.Get(t.Context(), token, "app1", "tbl1", "", false); return err },
		"page of 101": func() error {
			_, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{PageSize: 101})
			return err
		},
		"fewer than no records": func() error {
			_, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{MaxRecords: -1})
			return err
		},
		"cell is not JSON": func() error {
			_, err := c.Create(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: []airtable.RecordWrite{{Fields: fields("A", "{")}}})
			return err
		},
	} {
		if err := call(); failure.ClassOf(err) != failure.Validation {
			t.Errorf("%s: %v, want validation", name, err)
		}
	}
	if _, err := c.Whoami(t.Context(), ""); failure.ClassOf(err) != failure.Auth || !strings.HasSuffix(err.Error(), "give it a personal access token") {
		t.Errorf("no token: %v, want auth", err)
	}
	if _, err := c.Schema(t.Context(), "", "app1"); failure.ClassOf(err) != failure.Auth || !strings.HasSuffix(err.Error(), "a personal access token with the scope schema.bases:read") {
		t.Errorf("no token: %v, want auth", err)
	}
	for _, tok := range []airtable.Token{"patA\n", "patA\x00", "pat A", "\t"} { // net/http refuses them as late as when it sends
		if _, err := c.Whoami(t.Context(), tok); failure.ClassOf(err) != failure.Auth {
			t.Errorf("token %q: %v, want auth", tok, err)
		}
	}
}

// meter remembers what it is told.
type meter struct {
	mu    sync.Mutex
	calls []airtable.Call
	waits map[string]int
}

func (m *meter) Called(c airtable.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
}

func (m *meter) Waited(limiter string, _ time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.waits == nil {
		m.waits = map[string]int{}
	}
	m.waits[limiter]++
}

func TestTheMeterLearnsOfEveryCall(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			reply(200, `{"id":"usr1"}`)(w, r)
			return
		}
		reply(422, `{"error":{"type":"INVALID_RECORDS"}}`)(w, r)
	})
	m := &meter{}
	c := connect(t, s.URL, airtable.Options{Meter: m})
	if _, err := c.Whoami(t.Context(), token); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Create(t.Context(), token, "app1", "tbl1", airtable.WriteRequest{Records: []airtable.RecordWrite{{}}}); err == nil {
		t.Fatal("a 422 is not an error")
	}
	s.Close()
	if _, err := c.Schema(t.Context(), token, "app1"); err == nil {
		t.Fatal("a closed server is not an error")
	}
	type brief struct {
		Operation string
		Base      airtable.BaseID
		Code      int
		Dated     bool
	}
	var got []brief
	for _, c := range m.calls {
		got = append(got, brief{c.Operation, c.Base, c.Code, !c.ServerDate.IsZero()})
		if c.Host != strings.TrimPrefix(s.URL, "http://") || c.Duration <= 0 {
			t.Errorf("call %+v", c)
		}
	}
	want := []brief{{"whoami", "", 200, true}, {"records.create", "app1", 422, true}, {"schema.read", "app1", 0, false}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"airtable_base": 2, "airtable_token": 3}, m.waits); diff != "" {
		t.Error(diff)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	s := serve(t, reply(200, `{"records":[]}`))
	var mu sync.Mutex
	remotes := map[string]bool{}
	inner := s.Config.Handler
	s.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		remotes[r.RemoteAddr] = true
		mu.Unlock()
		inner.ServeHTTP(w, r)
	})
	c := connect(t, s.URL, airtable.Options{})
	for range 5 {
		if _, err := c.List(t.Context(), token, "app1", "tbl1", airtable.ListParams{}); err != nil {
			t.Fatal(err)
		}
	}
	if len(remotes) != 1 {
		t.Errorf("5 calls used %d connections", len(remotes))
	}
}
