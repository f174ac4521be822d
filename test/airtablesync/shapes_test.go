package airtablesync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/examples"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// The first example of the product's description runs as it stands.
func TestTheDescriptionsExampleRuns(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	const from, to = airtable.BaseID("appXXXXXXXXXXXXXX"), airtable.BaseID("appYYYYYYYYYYYYYY")
	b.base(from, table("Table1", text("Name"), field("Email", airtable.Email, ""), text("Unmapped")), table("Table2", text("Name"), text("More")))
	b.base(to, table("Table1", text("Name")))
	b.insert(from, "Table1", `{"Name":"Ada","Email":"ada@example.com","Unmapped":"x"}`)
	b.insert(from, "Table2", `{"Name":"N","More":"M"}`)
	example, err := examples.Files.ReadFile("airtable-sync.json")
	b.ok(err)
	got := b.complete(b.vault.keep(string(example), "keyXXXXXXXXXXXXXX", "keyYYYYYYYYYYYYYY"), "")
	if diff := cmp.Diff([]string{`Email="ada@example.com" Name="Ada"`}, b.readable(to, "Table1")); diff != "" {
		t.Errorf("Table1 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{`More="M" Name="N"`}, b.readable(to, "Table2")); diff != "" {
		t.Errorf("Table2 (-want +got):\n%s", diff)
	}
	if len(got.Tables) != 2 || got.Tables[0].Created != 1 {
		t.Errorf("summary: %+v", got)
	}
}

// everyType has a field of each type that a sync copies.
func everyType() airtable.NewTable {
	return table("Things", text("Name"),
		field("Mail", airtable.Email, ""), field("Web", airtable.URL, ""), field("Phone", airtable.PhoneNumber, ""),
		field("Long", airtable.MultilineText, ""), field("Rich", airtable.RichText, ""),
		field("Number", airtable.Number, `{"precision":2}`), field("Percent", airtable.Percent, `{"precision":1}`),
		field("Money", airtable.Currency, `{"precision":2,"symbol":"€"}`), field("Span", airtable.Duration, `{"durationFormat":"h:mm:ss"}`),
		field("Stars", airtable.Rating, `{"icon":"star","max":5,"color":"yellowBright"}`),
		field("Done", airtable.Checkbox, `{"icon":"check","color":"greenBright"}`),
		field("Day", airtable.Date, `{"dateFormat":{"name":"iso"}}`),
		field("At", airtable.DateTime, `{"dateFormat":{"name":"iso"},"timeFormat":{"name":"24hour"},"timeZone":"utc"}`),
		field("One", airtable.SingleSelect, `{"choices":[{"name":"a"},{"name":"b"}]}`),
		field("Many", airtable.MultipleSelects, `{"choices":[{"name":"x"},{"name":"y"}]}`),
		field("Code", airtable.Barcode, ""),
		field("Upper", airtable.Formula, `{"formula":"LOWER({Name})"}`))
}

func TestEveryTypeArrives(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, everyType())
	b.emptyTarget()
	full := `{"Name":"Full","Mail":"a@example.com","Web":"https://example.com","Phone":"+1 2","Long":"two\nlines","Rich":"**bold**\n* item",
		"Number":3.14159,"Percent":0.123,"Money":9.99,"Span":3661,"Stars":4,"Done":true,"Day":"2026-02-28","At":"2026-02-28T12:30:00.000Z",
		"One":"a","Many":["y","x"],"Code":{"text":"4006381333931"}}`
	ids := b.insert(sourceID, "Things", full, `{"Name":"Empty"}`)
	b.complete(config(""), "")
	same := func() {
		t.Helper()
		// The formula is not copied, and a rich text that was emptied reads as a line
		// break.
		drop := strings.NewReplacer(` Upper="full"`, "", ` Upper="empty"`, "", ` Rich="\n"`, "")
		var want, got []string
		for _, line := range b.readable(sourceID, "Things") {
			want = append(want, drop.Replace(line))
		}
		for _, line := range b.readable(targetID, "Things") {
			got = append(got, drop.Replace(line))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-source +target):\n%s", diff)
		}
	}
	same()
	if got := b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("equal rows cost writes: %+v", got)
	}
	// A choice that the target does not have yet, and every cell cleared.
	b.update(sourceID, "Things", ids[1], `{"One":"brand new","Many":["z"]}`)
	var cleared []string
	for _, f := range everyType().Fields {
		if f.Name != "Name" && f.Name != "Upper" {
			cleared = append(cleared, fmt.Sprintf("%q:null", f.Name))
		}
	}
	b.update(sourceID, "Things", ids[0], "{"+strings.Join(cleared, ",")+"}")
	b.complete(config(""), "")
	same()
	if got := b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("cleared rows cost writes: %+v", got)
	}
}

func TestAComputedPrimaryGivesWayToTheExternalID(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("Orders", text("Ref")))
	schema := b.schema(sourceID)
	orders, _ := schema.Table("Orders")
	_, err := b.client.CreateField(b.Context(), sourceToken, sourceID, orders.ID, field("Key", airtable.Formula, `{"formula":"LOWER({Ref})"}`))
	b.ok(err)
	b.emptyTarget()
	b.insert(sourceID, "Orders", `{"Ref":"A1"}`)
	b.complete(config(`"sync_rules":[{"source_table":"Orders","target_table":"Copies","field_mapping":{"Key":"Key as text"}}]`), "")
	copies, _ := b.schema(targetID).Table("Copies")
	if copies.Primary().Name != airtablesync.DefaultExternalIDField {
		t.Errorf("the primary field is %s", copies.Primary().Name)
	}
	if diff := cmp.Diff([]string{`Key as text="a1"`}, b.readable(targetID, "Copies")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLinksOutOfTheSyncAreCounted(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.crm()
	b.emptyTarget()
	c := strings.Replace(config(""), `"api_key":"secret:sec_source"`, `"api_key":"secret:sec_source","tables":["People"]`, 1)
	got := b.complete(c, "")
	if s := find(t, got, "People"); s.SkippedLinks != 25+30 || s.Created != 25 {
		t.Errorf("summary: %+v", s)
	}
	var warned []string
	for _, w := range got.Warnings {
		warned = append(warned, w.Code+" "+w.Table+"."+w.Field)
	}
	slices.Sort(warned)
	if diff := cmp.Diff([]string{"links_skipped People.Company", "links_skipped People.Deals"}, warned); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}

// A page far larger than what a journal takes goes through a blob.
func TestAPageOfAMegabyte(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("Notes", text("Name"), field("Text", airtable.MultilineText, "")))
	b.emptyTarget()
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"Name":"N%02d","Text":%q}`, i, strings.Repeat(fmt.Sprintf("%02d ", i), 3_500)))
	}
	b.insert(sourceID, "Notes", rows...)
	got := b.complete(config(""), "")
	if got.Tables[0].Created != 100 || got.Calls.Read != 1 {
		t.Errorf("summary: %+v", got)
	}
	b.sameTables("Notes")
	for _, e := range b.events(true) {
		if n := len(e.Data) + len(e.Journal); n > 20_000 {
			t.Errorf("%s holds %d bytes", e.Type, n)
		}
	}
}

// Another mapping means other cells: unchanged rows must be read too.
func TestAChangedMappingIsReadInFull(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name"), text("Town")))
	b.emptyTarget()
	b.insert(sourceID, "People", `{"Name":"A","Town":"X"}`, `{"Name":"B","Town":"Y"}`)
	rule := `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"Name":"Name"}}]`
	b.complete(config(rule), "")
	got := b.complete(config(""), `{"mode":"incremental"}`)
	b.sameTables("People")
	if s := got.Tables[0]; s.Mode != "full" || s.Updated != 2 || got.Warnings[0].Code != "read_in_full" {
		t.Errorf("%+v %+v", s, got.Warnings)
	}
	if got = b.complete(config(""), ""); got.Tables[0].Mode != "incremental" {
		t.Errorf("%+v", got.Tables[0])
	}
}

// Rows that carry the right external ID but are unknown to the link map are
// adopted: equal ones cost no write, and none of them is ever deleted.
func TestRowsOfAnEarlierSyncAreAdopted(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.crm()
	b.base(targetID, table("Companies", text("Name"), text(airtablesync.DefaultExternalIDField)))
	for i, id := range ids["Companies"] {
		b.insert(targetID, "Companies", fmt.Sprintf(`{"Name":"C%02d","Source Record ID":"%s/%s"}`, i, sourceID, id))
	}
	got := b.complete(config(""), "")
	b.sameTables("Companies", "People", "Deals")
	if s := find(t, got, "Companies"); s.Created != 0 || s.Unchanged != 12 {
		t.Errorf("summary: %+v", s)
	}
	b.remove(sourceID, "Companies", ids["Companies"][0])
	got = b.complete(config(""), `{"mode":"full","allow_deletes":true}`)
	if s := find(t, got, "Companies"); s.Deleted != 0 || len(b.rows(targetID, "Companies")) != 12 {
		t.Errorf("a row was deleted that the sync has not created: %+v", s)
	}
}

func TestProgressCountsEveryRow(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.progress.Done != 52 || b.progress.Total != 52 || len(b.progress.Items) != 3 {
		t.Errorf("progress: %+v", b.progress)
	}
	for _, item := range b.progress.Items {
		if want := map[string]int64{"Companies": 12, "People": 25, "Deals": 15}[item.Name]; item.Done != want {
			t.Errorf("%+v, want %d", item, want)
		}
	}
}

func TestEventsSayWhatWasCreated(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	got := map[string]int{}
	for _, e := range b.events(false) {
		if strings.HasPrefix(e.Type, "airtable_sync.") {
			got[e.Type]++
		}
	}
	want := map[string]int{"airtable_sync.table_created": 3, "airtable_sync.field_created": 2}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Source and target may be one base, as long as no table is its own target.
func TestOneBaseMayBeBoth(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name")))
	b.insert(sourceID, "People", `{"Name":"A"}`, `{"Name":"B"}`)
	b.complete(`{"source_bases":[{"base_id":"appSource00000001","api_key":"secret:sec_source","tables":["People"]}],
		"target_bases":[{"base_id":"appSource00000001","api_key":"secret:sec_source","tables":["Copy"]}],
		"sync_rules":[{"source_table":"People","target_table":"Copy"}]}`, "")
	if diff := cmp.Diff(b.readable(sourceID, "People"), b.readable(sourceID, "Copy")); diff != "" {
		t.Errorf("(-source +target):\n%s", diff)
	}
}
