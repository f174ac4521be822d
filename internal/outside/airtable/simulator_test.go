package airtable_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestSimUpsertIsRepeatable(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	first := s.upsert(s.rows(0, 10))
	if len(first.Created) != 10 || len(first.Updated) != 0 || !first.ServerDate.Equal(s.clock.Now()) {
		t.Errorf("created %d, updated %d at %v", len(first.Created), len(first.Updated), first.ServerDate)
	}
	again := s.upsert(s.rows(5, 10))
	if len(again.Created) != 5 || len(again.Updated) != 5 || again.Records[0].ID != first.Records[5].ID {
		t.Errorf("created %d, updated %d", len(again.Created), len(again.Updated))
	}
	if ids, _ := s.readAll(airtable.StartAll(), airtable.ReadOptions{}); len(ids) != 15 {
		t.Errorf("there are %d records, want 15", len(ids))
	}
}

func TestSimAWriteWithoutAResponseIsUnknownAndRepeatable(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	s.faults(`{"faults":[{"method":"PATCH","fault":"drop"}]}`)
	_, err := s.Upsert(t.Context(), token, s.base, s.deals.ID, s.rows(0, 10))
	if failure.ClassOf(err) != failure.UnknownOutcome {
		t.Fatalf("a dropped response: %v", err)
	}
	if got := s.upsert(s.rows(0, 10)); len(got.Updated) != 10 || len(got.Created) != 0 {
		t.Errorf("the repeat created %d duplicates", len(got.Created))
	}
}

func TestSimPagesInBothForms(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	s.seed(25)
	for _, post := range []bool{false, true} {
		var ids []airtable.RecordID
		var sizes []int
		for p := (airtable.ListParams{PageSize: 10, Post: post, ReturnFieldsByFieldID: true}); ; {
			page, err := s.List(t.Context(), token, s.base, "Deals", p)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.Records {
				ids = append(ids, r.ID)
			}
			sizes = append(sizes, len(page.Records))
			if p.Offset = page.Offset; p.Offset == "" {
				break
			}
		}
		slices.Sort(ids)
		if n := len(slices.Compact(ids)); n != 25 || !slices.Equal(sizes[:3], []int{10, 10, 5}) {
			t.Errorf("post %t: pages of %v, %d different records", post, sizes, n)
		}
	}
}

func TestSimAnExpiredListingRestarts(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	s.seed(25)
	reader, options := airtable.NewReader(s.Client), airtable.ReadOptions{PageSize: 10}
	_, pos, err := reader.Read(t.Context(), token, s.base, s.deals.ID, airtable.StartAll(), options)
	if err != nil || pos.Done {
		t.Fatal(pos, err)
	}
	s.clock.advance(time.Hour)
	_, pos, err = reader.Read(t.Context(), token, s.base, s.deals.ID, pos, options)
	if failure.CodeOf(err) != airtable.CodeOffsetExpired || failure.ClassOf(err) != failure.Validation {
		t.Fatalf("an expired offset: %v", err)
	}
	ids, end := s.readAll(pos.Restart(), options)
	if len(ids) != 25 || end.Mark.After(s.clock.Now().Add(-time.Hour)) {
		t.Errorf("%d records after the restart, mark %v", len(ids), end.Mark)
	}
}

func TestSimAnIncrementalReadSeesWhatChanged(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	s.seed(30)
	s.clock.advance(10 * time.Minute)
	_, end := s.readAll(airtable.StartAll(), airtable.ReadOptions{})
	s.clock.advance(10 * time.Minute)
	name, _ := s.deals.Field("Name")
	changed := s.upsert(s.rows(29, 3, string(name.ID), `"new"`)) // one that is there, two new ones
	got, next := s.readAll(airtable.StartChanged(end.Mark), airtable.ReadOptions{})
	var want []airtable.RecordID
	for _, r := range changed.Records {
		want = append(want, r.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if want := s.clock.Now().Add(-airtable.DefaultOverlap); !next.Mark.Equal(want) {
		t.Errorf("the next mark is %v, want %v", next.Mark, want)
	}
	s.clock.advance(10 * time.Minute)
	_, idle := s.readAll(airtable.StartChanged(next.Mark), airtable.ReadOptions{})
	if got, _ := s.readAll(airtable.StartChanged(idle.Mark), airtable.ReadOptions{}); len(got) != 0 {
		t.Errorf("%d records changed by themselves", len(got))
	}
}

func TestSimALookUpByID(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	s.seed(30)
	name, _ := s.deals.Field("Name")
	one := airtable.ReadOptions{PageSize: 20, Fields: []string{string(name.ID)}}
	ids, _ := s.readAll(airtable.StartAll(), one)
	if len(ids) != 30 {
		t.Fatalf("found %d ids", len(ids))
	}
	ask := append(slices.Clone(ids), "recNotThere000000")
	for len(ask) < 100 {
		ask = append(ask, airtable.RecordID(fmt.Sprintf("recMissing%07d", len(ask))))
	}
	page, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{FilterByFormula: airtable.AnyRecord(ask), Fields: one.Fields})
	if err != nil || len(page.Records) != 30 {
		t.Errorf("the look-up of 100 ids: %v", err)
	}
	none, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{FilterByFormula: airtable.AnyRecord(nil)})
	if err != nil || len(none.Records) != 0 {
		t.Errorf("the look-up of no ids: %v", err)
	}
	long := airtable.ListParams{FilterByFormula: airtable.FieldRef("Name") + "=" + airtable.QuoteText(strings.Repeat(`x"\`, 6000))}
	if page, err := s.List(t.Context(), token, s.base, s.deals.ID, long); err != nil || len(page.Records) != 0 {
		t.Errorf("a formula beyond the length of an address: %v", err)
	}
}

func TestSimDeleteAndGet(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	made := s.upsert(s.rows(0, 10)).Created
	got, err := s.Get(t.Context(), token, s.base, s.deals.ID, made[0], true)
	if err != nil || got.ID != made[0] || string(got.Fields[string(s.key)]) != `"app/rec0"` {
		t.Errorf("Get = %+v, %v", got, err)
	}
	deleted, err := s.Delete(t.Context(), token, s.base, s.deals.ID, made[:4])
	if err != nil || !slices.Equal(deleted.Deleted, made[:4]) {
		t.Fatalf("Delete = %+v, %v", deleted, err)
	}
	if _, err := s.Get(t.Context(), token, s.base, s.deals.ID, made[0], false); failure.CodeOf(err) != airtable.CodeRecordNotFound {
		t.Errorf("Get of a deleted record: %v", err)
	}
	if _, err := s.Update(t.Context(), token, s.base, s.deals.ID, airtable.WriteRequest{Records: []airtable.RecordWrite{{ID: made[0], Fields: fields()}}}); failure.CodeOf(err) != airtable.CodeRowDoesNotExist {
		t.Errorf("Update of a deleted record: %v", err)
	}
	page, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{FilterByFormula: airtable.AnyRecord(made)})
	if err != nil || len(page.Records) != 6 {
		t.Errorf("%d of 10 are left, error %v", len(page.Records), err)
	}
}

// TestSimCellsCompareEqualAfterARoundTrip writes cells of each type and reads
// them back: what Airtable makes of them must not count as a change.
func TestSimCellsCompareEqualAfterARoundTrip(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	cells := map[string]string{
		"Name": `"Ärger & <b>"`, "Notes": `"* one\n* two"`, "Amount": `19.99`, "Share": `0.123`, "Count": `0`, "Length": `5400`, "Stars": `4`, "Won": `true`,
		"Day": `"2026-02-28"`, "Moment": `"2026-02-28T12:30:00.000Z"`, "Stage": `"Open"`, "Tags": `["b","a"]`, "Mail": `"a@x.org"`, "Site": `"https://x.org/?a=1&b=2"`, "Phone": `"+49 30"`, "Text": `"line\nline"`,
	}
	for name, empty := range map[string]bool{"full": false, "cleared": true} {
		t.Run(name, func(t *testing.T) {
			r := s.rows(0, 1)
			for column, cell := range cells {
				f, ok := s.deals.Field(column)
				if !ok {
					t.Fatal(column)
				}
				if empty {
					cell = "null"
				}
				r.Records[0].Fields[string(f.ID)] = airtable.ForWrite(f.Type, json.RawMessage(cell))
			}
			s.upsert(r)
			page, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{ReturnFieldsByFieldID: true})
			if err != nil || len(page.Records) != 1 {
				t.Fatal(err)
			}
			for _, f := range s.deals.Fields {
				got := airtable.Canonical(f, page.Records[0].Fields[string(f.ID)])
				if want := airtable.Canonical(f, r.Records[0].Fields[string(f.ID)]); !bytes.Equal(got, want) {
					t.Errorf("%s: wrote %s, read %s", f.Name, want, got)
				}
			}
		})
	}
}

// TestSimASchemaCanBeCopied creates in a second base what the first one has,
// from the options as they were read.
func TestSimASchemaCanBeCopied(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	link, err := s.CreateField(t.Context(), token, s.base, s.deals.ID, airtable.NewField{Name: "People", Type: airtable.MultipleRecordLinks, Options: airtable.NewLinkOptions(s.names.ID)})
	if err != nil {
		t.Fatal(err)
	}
	read, err := s.Schema(t.Context(), token, s.base)
	if err != nil {
		t.Fatal(err)
	}
	names, _ := read.Table(string(s.names.ID))
	deals, _ := read.Table(string(s.deals.ID))
	options, ok := link.Link()
	inverse, found := names.Field(string(options.InverseLinkFieldID))
	if !ok || !found || inverse.Type != airtable.MultipleRecordLinks {
		t.Errorf("the link %+v has no inverse", link)
	}
	var copies []airtable.NewField
	for _, f := range deals.Fields {
		if f.Type == airtable.MultipleRecordLinks {
			continue
		}
		o, err := airtable.CreateOptions(f)
		if err != nil {
			t.Fatal(err)
		}
		copies = append(copies, airtable.NewField{Name: f.Name, Type: f.Type, Description: f.Description, Options: o})
	}
	second, err := s.CreateBase(t.Context(), token, airtable.NewBase{Name: "Copy", WorkspaceID: workspace, Tables: []airtable.NewTable{{Name: "Deals", Fields: copies}}})
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range second.Tables[0].Fields {
		if f.Name != copies[i].Name || f.Type != copies[i].Type {
			t.Errorf("field %d is %s %s", i, f.Name, f.Type)
		}
	}
	renamed := "zz_old_Deals"
	if got, err := s.UpdateTable(t.Context(), token, s.base, s.deals.ID, airtable.TablePatch{Name: &renamed}); err != nil || got.Name != renamed {
		t.Errorf("UpdateTable = %+v, %v", got, err)
	}
	if got, err := s.UpdateField(t.Context(), token, s.base, s.deals.ID, link.ID, airtable.FieldPatch{Name: &renamed}); err != nil || got.Name != renamed {
		t.Errorf("UpdateField = %+v, %v", got, err)
	}
}

func TestSimRefusals(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	name, _ := s.deals.Field("Name")
	created := func(t airtable.Token, table airtable.TableID, cells ...string) error {
		_, err := s.Create(s.t.Context(), t, s.base, table, airtable.WriteRequest{Records: []airtable.RecordWrite{{Fields: fields(cells...)}}})
		return err
	}
	_, noSchema := s.Schema(t.Context(), readOnly, s.base)
	_, whoami := s.Whoami(t.Context(), "patUnknown")
	_, noTable := s.List(t.Context(), token, s.base, "No such table", airtable.ListParams{})
	_, noField := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{Fields: []string{"Nope"}})
	_, noFormula := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{FilterByFormula: "{Nope}=1"})
	_, twice := s.CreateField(t.Context(), token, s.base, s.deals.ID, airtable.NewField{Name: "source record id", Type: airtable.SingleLineText})
	_, impossible := s.CreateField(t.Context(), token, s.base, s.deals.ID, airtable.NewField{Name: "Made", Type: airtable.CreatedTime})
	for _, c := range []struct {
		name  string
		err   error
		class failure.Class
		code  string
		says  string
	}{
		{"unknown token", whoami, failure.Auth, airtable.CodeUnauthenticated, "give the connection a new one"},
		{"missing scope", noSchema, failure.Auth, airtable.CodeModelNotFound, "the scope schema.bases:read"},
		{"missing scope to write", created(readOnly, s.deals.ID, string(name.ID), `"x"`), failure.Auth, airtable.CodeModelNotFound, "the scope data.records:write"},
		{"unknown table", noTable, failure.Auth, airtable.CodeModelNotFound, "No such table"},
		{"unknown field", noField, failure.Validation, "unknown_field_name", "Nope"},
		{"unknown field in a write", created(token, s.deals.ID, "Nope", `1`), failure.Validation, "unknown_field_name", "Nope"},
		{"wrong cell", created(token, s.deals.ID, "Count", `"many"`), failure.Validation, "invalid_value_for_column", "Count"},
		{"unknown choice", created(token, s.deals.ID, "Stage", `"Jane's secret"`), failure.Validation, "invalid_multiple_choice_options", "select option"},
		{"bad formula", noFormula, failure.Validation, "invalid_filter_by_formula", "formula"},
		{"field name taken", twice, failure.Validation, "duplicate_or_empty_field_name", "422"},
		{"field type impossible", impossible, failure.Validation, "unsupported_field_type_for_create", "createdTime"},
	} {
		if failure.ClassOf(c.err) != c.class || failure.CodeOf(c.err) != c.code || !strings.Contains(fmt.Sprint(c.err), c.says) {
			t.Errorf("%s: %s %s: %v", c.name, failure.ClassOf(c.err), failure.CodeOf(c.err), c.err)
		}
		if strings.Contains(fmt.Sprint(c.err), "secret") || strings.Contains(fmt.Sprint(c.err), canary) {
			t.Errorf("%s shows what it must not: %v", c.name, c.err)
		}
	}
}

func TestSimFaults(t *testing.T) {
	t.Parallel()
	s := setup(t, sim.Config{NoRateLimit: true}, airtable.Options{})
	list := func() error {
		_, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{})
		return err
	}
	for _, c := range []struct {
		plan       string
		class      failure.Class
		code       string
		retryAfter time.Duration
	}{
		{`{"faults":[{"method":"GET","fault":"bad_gateway"}]}`, failure.Transient, "unavailable", 0},
		{`{"faults":[{"method":"GET","fault":"unavailable","retry_after":7}]}`, failure.RateLimited, "retriable_error", 7 * time.Second},
		{`{"faults":[{"method":"GET","fault":"drop","times":-1}]}`, failure.Transient, airtable.CodeCut, 0},
		{`{"revoked_tokens":["` + canary + `"]}`, failure.Auth, airtable.CodeUnauthenticated, 0},
		{`{"quota_remaining":0}`, failure.RateLimited, airtable.CodeQuotaExhausted, 0},
		{`{"quota_remaining":0,"singular_429":true}`, failure.RateLimited, airtable.CodeQuotaExhausted, 0},
	} {
		s.faults(c.plan)
		err := list()
		var f *failure.Error
		if !errors.As(err, &f) || f.Class != c.class || f.Code != c.code || f.RetryAfter != c.retryAfter {
			t.Errorf("%s: %v", c.plan, err)
		}
	}
	s.faults(`{}`)
	if err := list(); err != nil {
		t.Errorf("without faults: %v", err)
	}
}

func TestSimStayingWithinTheLimitIsNeverRefused(t *testing.T) {
	t.Parallel()
	const speed = 20
	s := setup(t, sim.Config{Speed: speed, Clock: clock.System()}, airtable.Options{RequestsPerSecond: 4.9 * speed, TokenRequestsPerSecond: 50 * speed, Penalty: 30 * time.Second / speed})
	var wg sync.WaitGroup
	for range 60 {
		wg.Go(func() {
			if _, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestSimGoingOverTheLimitIsPaused(t *testing.T) {
	t.Parallel()
	const speed = 100
	s := setup(t, sim.Config{Speed: speed, Clock: clock.System()}, airtable.Options{RequestsPerSecond: 1e5, TokenRequestsPerSecond: 1e5, Penalty: 30 * time.Second / speed})
	refused := false
	for !refused {
		_, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{})
		switch failure.ClassOf(err) {
		case failure.RateLimited:
			refused = true
		default:
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := s.List(t.Context(), token, s.base, s.deals.ID, airtable.ListParams{}); err != nil {
		t.Errorf("after the penalty: %v", err)
	}
}
