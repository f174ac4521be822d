package airtablesync_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// sameTables compares source and target tables of one name.
func (b *testBundle) sameTables(names ...string) {
	b.Helper()
	for _, name := range names {
		if diff := cmp.Diff(b.readable(sourceID, name), b.readable(targetID, name)); diff != "" {
			b.Errorf("table %s (-source +target):\n%s", name, diff)
		}
	}
}

func TestFullThenEditThenDelete(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name"), field("Age", airtable.Number, `{"precision":0}`)))
	b.emptyTarget()
	var rows []string
	for i := range 25 {
		rows = append(rows, fmt.Sprintf(`{"Name":"P%02d","Age":%d}`, i, i))
	}
	ids := b.insert(sourceID, "People", rows...)
	c := config(`"batch_size":7`)

	got := b.complete(c, `{"mode":"full"}`)
	b.sameTables("People")
	if s := got.Tables[0]; s.Created != 25 || s.Updated != 0 || s.Unchanged != 0 || s.Read != 25 {
		t.Errorf("first run: %+v", s)
	}
	if got.Calls.Write != 3 {
		t.Errorf("25 rows cost %d writes", got.Calls.Write)
	}

	got = b.complete(c, `{"mode":"full"}`)
	if s := got.Tables[0]; s.Unchanged != 25 || got.Calls.Write != 0 || s.Mode != "full" {
		t.Errorf("equal rows cost writes: %+v %+v", s, got.Calls)
	}

	b.update(sourceID, "People", ids[3], `{"Name":"edited","Age":null}`)
	b.insert(sourceID, "People", `{"Name":"new"}`)
	got = b.complete(c, "")
	b.sameTables("People")
	if s := got.Tables[0]; s.Mode != "incremental" || s.Created != 1 || s.Updated != 1 || got.Calls.Write != 1 {
		t.Errorf("incremental run: %+v %+v", s, got.Calls)
	}

	b.remove(sourceID, "People", ids[5])
	if got = b.complete(c, `{"mode":"incremental"}`); got.Tables[0].Deleted != 0 || len(b.rows(targetID, "People")) != 26 {
		t.Errorf("an incremental run deleted: %+v", got.Tables[0])
	}
	got = b.complete(c, `{"mode":"full"}`)
	b.sameTables("People")
	if s := got.Tables[0]; s.Deleted != 1 || s.Held != 0 || got.Calls.Write != 0 {
		t.Errorf("full run after a delete: %+v", s)
	}
}

// crm fills the source with tables that link to each other. Their order does
// not help.
func (b *testBundle) crm() map[string][]airtable.RecordID {
	b.Helper()
	b.base(sourceID, table("Deals", text("Title")), table("People", text("Name")), table("Companies", text("Name")))
	b.link(sourceID, "People", "Company", "Companies")
	b.link(sourceID, "Deals", "Contacts", "People")
	ids := map[string][]airtable.RecordID{}
	var rows []string
	for i := range 12 {
		rows = append(rows, fmt.Sprintf(`{"Name":"C%02d"}`, i))
	}
	ids["Companies"] = b.insert(sourceID, "Companies", rows...)
	rows = nil
	for i := range 25 {
		rows = append(rows, fmt.Sprintf(`{"Name":"P%02d","Company":[%q]}`, i, ids["Companies"][i%12]))
	}
	ids["People"] = b.insert(sourceID, "People", rows...)
	rows = nil
	for i := range 15 {
		rows = append(rows, fmt.Sprintf(`{"Title":"D%02d","Contacts":[%q,%q]}`, i, ids["People"][i], ids["People"][i+10]))
	}
	ids["Deals"] = b.insert(sourceID, "Deals", rows...)
	return ids
}

func TestLinksAreFollowedWithoutASecondWrite(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.crm()
	b.emptyTarget()
	b.calls()
	got := b.complete(config(""), "")
	calls := b.calls()
	b.sameTables("Companies", "People", "Deals")
	if want := int64(2 + 3 + 2); got.Calls.Write != want {
		t.Errorf("%d writes, want %d", got.Calls.Write, want)
	}
	if got.Calls.Read != 3 {
		t.Errorf("%d pages, want one for each source table and none of the new target tables", got.Calls.Read)
	}
	total := 0
	for _, n := range calls {
		total += n
	}
	if int64(total) != got.Calls.Total {
		t.Errorf("the summary counts %+v, the simulator %v", got.Calls, calls)
	}
	for _, table := range b.schema(targetID).Tables {
		want := map[string]int{"Unused": 0, "Companies": 1, "People": 2, "Deals": 1}[table.Name]
		links := 0
		for _, f := range table.Fields {
			if _, ok := f.Link(); ok {
				links++
			}
		}
		if links != want {
			t.Errorf("%s has %d link fields, want %d", table.Name, links, want)
		}
	}
	if got = b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("equal rows cost writes: %+v", got)
	}
	b.update(sourceID, "People", ids["People"][0], fmt.Sprintf(`{"Company":[%q]}`, ids["Companies"][7]))
	b.complete(config(""), "")
	b.sameTables("Companies", "People", "Deals")
}

func TestDriftIsRepairedInAFullRunOnly(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	people := b.rows(targetID, "People")
	b.update(targetID, "People", people[0].ID, `{"Name":"vandal"}`)
	b.update(targetID, "People", people[1].ID, `{"Company":[]}`)
	b.update(targetID, "People", people[2].ID, `{"Source Record ID":null}`)
	b.remove(targetID, "People", people[3].ID)
	b.remove(targetID, "Companies", b.rows(targetID, "Companies")[0].ID)
	b.insert(targetID, "People", `{"Name":"added by hand"}`)

	if got := b.complete(config(""), `{"mode":"incremental"}`); got.Calls.Write != 0 {
		t.Errorf("an incremental run wrote: %+v", got)
	}
	got := b.complete(config(""), `{"mode":"full"}`)
	byHand := 0
	for _, r := range b.rows(targetID, "People") {
		if string(r.Fields["Name"]) == `"added by hand"` {
			b.remove(targetID, "People", r.ID)
			byHand++
		}
	}
	if byHand != 1 {
		t.Error("the row that someone added by hand is gone")
	}
	b.sameTables("Companies", "People", "Deals")
	if n := len(b.rows(targetID, "People")); n != len(ids["People"]) {
		t.Errorf("%d people, want %d", n, len(ids["People"]))
	}
	if got = b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("the repair is not stable: %+v", got)
	}
}

func TestRowsThatLinkToTheirOwnTable(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name")))
	b.link(sourceID, "People", "Boss", "People")
	var rows []string
	for i := range 30 {
		rows = append(rows, fmt.Sprintf(`{"Name":"P%02d"}`, i))
	}
	ids := b.insert(sourceID, "People", rows...)
	for i := range 29 { // each reports to the next, so no order helps
		b.update(sourceID, "People", ids[i], fmt.Sprintf(`{"Boss":[%q]}`, ids[i+1]))
	}
	b.update(sourceID, "People", ids[29], fmt.Sprintf(`{"Boss":[%q]}`, ids[0]))
	b.emptyTarget()
	got := b.complete(config(""), "")
	b.sameTables("People")
	if got.Tables[0].Created != 30 || got.Tables[0].Updated != 0 || got.Tables[0].OpenLinks != 0 {
		t.Errorf("summary: %+v", got.Tables[0])
	}
	if got = b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("equal rows cost writes: %+v", got)
	}
}

func TestTablesThatLinkInACircle(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("A", text("Name")), table("B", text("Name")), table("C", text("Name")))
	b.link(sourceID, "A", "ToB", "B")
	b.link(sourceID, "B", "ToC", "C")
	b.link(sourceID, "C", "ToA", "A")
	as := b.insert(sourceID, "A", `{"Name":"a"}`)
	bs := b.insert(sourceID, "B", `{"Name":"b"}`)
	cs := b.insert(sourceID, "C", `{"Name":"c"}`)
	b.update(sourceID, "A", as[0], fmt.Sprintf(`{"ToB":[%q]}`, bs[0]))
	b.update(sourceID, "B", bs[0], fmt.Sprintf(`{"ToC":[%q]}`, cs[0]))
	b.update(sourceID, "C", cs[0], fmt.Sprintf(`{"ToA":[%q]}`, as[0]))
	b.emptyTarget()
	b.complete(config(""), "")
	b.sameTables("A", "B", "C")

	// If only one side of each link is mapped, a second write must close the circle.
	b.base("appTarget00000002", table("Unused", text("Name")))
	rules := `"sync_rules":[{"source_table":"A","target_table":"A","field_mapping":{"Name":"Name","ToB":"ToB"}},` +
		`{"source_table":"B","target_table":"B","field_mapping":{"Name":"Name","ToC":"ToC"}},` +
		`{"source_table":"C","target_table":"C","field_mapping":{"Name":"Name","ToA":"ToA"}}]`
	c := `{"source_bases":[{"base_id":"appSource00000001","api_key":"secret:sec_source"}],` +
		`"target_bases":[{"base_id":"appTarget00000002","api_key":"secret:sec_target"}],` + rules + `}`
	got := b.complete(c, "")
	if got.Calls.Write != 4 {
		t.Errorf("%d writes, want three rows and one link", got.Calls.Write)
	}
	for table, link := range map[string]string{"A": "ToB", "B": "ToC", "C": "ToA"} {
		for _, r := range b.rows("appTarget00000002", table) {
			if len(airtable.Links(r.Fields[link])) != 1 {
				t.Errorf("%s.%s is %s", table, link, r.Fields[link])
			}
		}
	}
}

func TestTwoSourcesIntoOneTarget(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	for id, prefix := range map[airtable.BaseID]string{sourceID: "S", secondID: "U"} {
		b.base(id, table("People", text("Name"), text("Only in "+prefix)), table("Teams", text("Name")))
		b.link(id, "People", "Team", "Teams")
		team := b.insert(id, "Teams", fmt.Sprintf(`{"Name":"team of %s"}`, prefix))
		for i := range 12 {
			b.insert(id, "People", fmt.Sprintf(`{"Name":"%s%02d","Team":[%q],"Only in %s":"x"}`, prefix, i, team[0], prefix))
		}
	}
	b.emptyTarget()
	c := `{"source_bases":[{"base_id":"appSource00000001","api_key":"secret:sec_source"},{"base_id":"appSource00000002","api_key":"secret:sec_source"}],` +
		`"target_bases":[{"base_id":"appTarget00000001","api_key":"secret:sec_target"}]}`
	got := b.complete(c, "")
	if len(got.Tables) != 4 {
		t.Errorf("tables: %+v", got.Tables)
	}
	rows := b.readable(targetID, "People")
	if len(rows) != 24 || rows[0] != `Name="S00" Only in S="x" Team=["team of S"]` {
		t.Errorf("%d people: %s", len(rows), rows[0])
	}
	if got = b.complete(c, `{"mode":"full"}`); got.Calls.Write != 0 || got.Tables[0].Deleted != 0 {
		t.Errorf("second run: %+v", got)
	}
	b.remove(secondID, "People", b.rows(secondID, "People")[0].ID)
	if got = b.complete(c, `{"mode":"full"}`); len(b.rows(targetID, "People")) != 23 {
		t.Errorf("after a delete in one source %d people: %+v", len(b.rows(targetID, "People")), got)
	}
}
