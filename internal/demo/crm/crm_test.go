package crm

import (
	"encoding/json"
	"math/rand/v2"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim"
)

// filled is a customer base of n records in a simulated Airtable.
func filled(t *testing.T, n int) (Base, []Table) {
	t.Helper()
	simulator, err := sim.Open(sim.Config{NoRateLimit: true, Tokens: []sim.Token{{Value: "patA"}}})
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
	client := airtable.New(airtable.Options{BaseURL: server.URL, RequestsPerSecond: 1e5, TokenRequestsPerSecond: 1e5})
	t.Cleanup(client.CloseIdleConnections)
	b := Base{Airtable: client, Token: "patA", ID: "appCRM00000000000"}
	tables := New(n)
	if written, err := b.Fill(t.Context(), "CRM", tables); err != nil || written != n {
		t.Fatalf("%d records written, %v", written, err)
	}
	return b, tables
}

func read(t *testing.T, b Base) Contents {
	t.Helper()
	c, err := b.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sizes are the numbers of records by table.
func sizes(c Contents) map[string]int {
	n := map[string]int{}
	for table, records := range c.Records {
		n[table] = len(records)
	}
	return n
}

func TestTheSameNumberGivesTheSameBase(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(New(50), New(50), cmp.AllowUnexported(Table{})); diff != "" {
		t.Error(diff)
	}
	for _, table := range New(1) {
		if len(table.Rows) != 1 {
			t.Errorf("the smallest base has %d %s", len(table.Rows), table.Name)
		}
	}
}

func TestAFilledBaseHoldsEveryRow(t *testing.T) {
	t.Parallel()
	b, tables := filled(t, 120)
	got := read(t, b)
	if diff := cmp.Diff(map[string]int{"Companies": 12, "People": 36, "Deals": 24, "Activities": 48}, sizes(got)); diff != "" {
		t.Error(diff)
	}
	employers := map[string]string{} // by the person's e-mail address
	for _, row := range tables[1].Rows {
		employers[row["Email"].(string)] = tables[0].Rows[row["Company"].(link)[0]]["Name"].(string)
	}
	names := map[string]string{} // of companies by record id
	for _, r := range got.Records["Companies"] {
		names[string(r.ID)] = text(t, r, "Name")
	}
	for _, r := range got.Records["People"] {
		var linked []string
		if err := json.Unmarshal(r.Fields["Company"], &linked); err != nil || len(linked) != 1 {
			t.Fatalf("%s: %v", r.Fields["Company"], err)
		}
		if email := text(t, r, "Email"); names[linked[0]] != employers[email] {
			t.Errorf("%s works for %q, want %q", email, names[linked[0]], employers[email])
		}
	}
}

func text(t *testing.T, r airtable.Record, field string) (s string) {
	t.Helper()
	if err := json.Unmarshal(r.Fields[field], &s); err != nil {
		t.Fatalf("%s: %v", field, err)
	}
	return s
}

func TestAnEditChangesSomeOfEveryTable(t *testing.T) {
	t.Parallel()
	b, _ := filled(t, 100)
	before := read(t, b)
	n, example, err := b.Edit(t.Context(), time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	if err != nil || n != 4*EditsPerTable || !strings.Contains(example, "Subject of rec") {
		t.Errorf("%d edits, %q, %v", n, example, err)
	}
	after := read(t, b)
	changed := map[string]int{}
	for table, records := range after.Records {
		for i, r := range records {
			if !cmp.Equal(before.Records[table][i].Fields, r.Fields) {
				changed[table]++
			}
		}
	}
	if diff := cmp.Diff(map[string]int{"Companies": 5, "People": 5, "Deals": 5, "Activities": 5}, changed); diff != "" {
		t.Error(diff)
	}
}

func TestADisturbanceDeletesOnlyIfAllowed(t *testing.T) {
	t.Parallel()
	b, _ := filled(t, 60)
	before := sizes(read(t, b))
	r := rand.New(rand.NewPCG(1, 1))
	if err := b.Disturb(t.Context(), r, false); err != nil {
		t.Fatal(err)
	}
	between := sizes(read(t, b))
	if between["People"] <= before["People"] || between["Activities"] != before["Activities"] {
		t.Errorf("before %v, after %v", before, between)
	}
	if err := b.Disturb(t.Context(), r, true); err != nil {
		t.Fatal(err)
	}
	if after := sizes(read(t, b)); after["Activities"] >= between["Activities"] {
		t.Errorf("before %v, after %v", between, after)
	}
}

func TestTheSchemaGrows(t *testing.T) {
	t.Parallel()
	b, _ := filled(t, 20)
	r := rand.New(rand.NewPCG(1, 1))
	if err := b.AddTable(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	seen := map[airtable.FieldType]bool{}
	for n := range 6 {
		if err := b.AddField(t.Context(), r, n); err != nil {
			t.Fatal(err)
		}
	}
	got := read(t, b)
	if len(got.Records["Extra 1"]) != 3 {
		t.Errorf("the new table has %d records", len(got.Records["Extra 1"]))
	}
	people, _ := got.Schema.Table("People")
	for _, f := range people.Fields {
		if strings.HasPrefix(f.Name, "Extra") {
			seen[f.Type] = true
		}
	}
	if diff := cmp.Diff(map[airtable.FieldType]bool{"singleLineText": true, "multipleRecordLinks": true}, seen); diff != "" {
		t.Error(diff)
	}
}
