package record

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// restored is the records read back from their entries, over the same schema.
func (d *crm) restored() *crm {
	d.t.Helper()
	other := &crm{Data: NewData(d.schema), t: d.t, people: d.people, companies: d.companies}
	for range 2 { // the second time changes nothing
		for _, t := range []*schema.Table{d.companies, d.people} {
			for _, r := range d.Of(t).InCreationOrder() {
				var e Entry
				if err := json.Unmarshal(wire.Encode(r.Entry()), &e); err != nil {
					d.t.Fatal(err)
				}
				if err := other.Restore(e); err != nil {
					d.t.Fatal(err)
				}
			}
			other.RestoreNextSeq(t, d.NextSeq(t))
		}
	}
	return other
}

func TestEntriesRestoreTheRecords(t *testing.T) {
	t.Parallel()
	d := setup(t)
	acme := d.create(d.companies, "Name", "Acme")
	ann := d.create(d.people, "Name", "Ann", "Age", 1.5, "Done", true, "Stage", "New", "Company", []string{acme.ID}, "Files", []map[string]string{{"url": "https://x/a"}})
	gone := d.create(d.people)
	d.update(ann, Mode{}, "Age", 2)
	other := d.restored()
	other.RestoreDeleted(d.people.ID, gone.ID)
	other.RestoreDeleted(d.people.ID, gone.ID)
	other.RestoreDeleted("tblAAAAAAAAAAAAAA", gone.ID)
	d.Begin(noon).Delete(gone)
	if diff := cmp.Diff(d.shown(), other.shown()); diff != "" {
		t.Error(diff)
	}
	if next := d.NextSeq(d.people); next != 3 {
		t.Errorf("the next number is %d", next)
	}
	other.RestoreNextSeq(d.people, 1)
	if next := other.NextSeq(d.people); next != 3 {
		t.Errorf("an old entry set the next number back to %d", next)
	}
	for want, e := range map[string]Entry{
		"unknown table tblX":             {Table: "tblX", ID: "recX"},
		"unknown field fldX":             {Table: d.people.ID, ID: "recX", Cells: map[string]json.RawMessage{"fldX": []byte("1")}},
		"field " + d.people.Primary().ID: {Table: d.people.ID, ID: "recX", Cells: map[string]json.RawMessage{d.people.Primary().ID: []byte("x")}},
	} {
		if err := other.Restore(e); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestOrders(t *testing.T) {
	t.Parallel()
	d := setup(t)
	if got := d.Of(d.people).InIDOrder(); got == nil || len(got) != 0 {
		t.Errorf("an empty table lists %v", got)
	}
	var created []string
	for range 20 {
		created = append(created, d.create(d.people).ID)
	}
	rows := d.Of(d.people)
	handed := rows.InCreationOrder()
	if diff := cmp.Diff(created, ids(handed)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(slices.Sorted(slices.Values(created)), ids(rows.InIDOrder())); diff != "" {
		t.Error(diff)
	}
	c := d.Begin(noon)
	c.Delete(handed[0])
	if got := ids(rows.InCreationOrder()); cmp.Diff(created[1:], got) != "" || len(handed) != 20 || handed[0].ID != created[0] {
		t.Error("a list that was handed out has changed, or a new one has not")
	}
	c.Rollback()
	if diff := cmp.Diff(created, ids(rows.InCreationOrder())); diff != "" {
		t.Error(diff)
	}
	last := d.Begin(noon)
	r, err := last.Create(d.people, nil, Mode{})
	if err != nil {
		t.Fatal(err)
	}
	last.Rollback()
	if next := d.create(d.people); next.seq != r.seq {
		t.Errorf("a record that was taken back used up number %d", r.seq)
	}
}
