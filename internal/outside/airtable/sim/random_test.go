package sim

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// dice makes random calls against two linked tables.
type dice struct {
	*airtable
	*rand.Rand
	people, companies string
}

// some is a random choice of the records of a table.
func (d *dice) some(table string, most int) list {
	ids := list{}
	for _, r := range d.sim.world.tables[table].inIDOrder() {
		ids = append(ids, r.id)
	}
	d.Shuffle(len(ids), func(i, k int) { ids[i], ids[k] = ids[k], ids[i] })
	return ids[:min(len(ids), d.IntN(most+1))]
}

// cells are random cells for a person; now and then one that is refused.
func (d *dice) cells() obj {
	cells := obj{"Name": fmt.Sprint("n", d.IntN(12)), "Age": d.IntN(3), "Company": d.some(d.companies, 3)}
	switch d.IntN(8) {
	case 0:
		cells["Stage"] = "not a choice"
	case 1:
		delete(cells, "Company")
	case 2:
		cells["Name"] = nil
	}
	return cells
}

// roll makes one random call.
func (d *dice) roll() {
	batch := list{}
	for range 1 + d.IntN(4) {
		batch = append(batch, obj{"fields": d.cells()})
	}
	withIDs := list{}
	for _, id := range d.some(d.people, 4) {
		withIDs = append(withIDs, obj{"id": id, "fields": d.cells()})
	}
	method := []string{"PATCH", "PUT"}[d.IntN(2)]
	switch d.IntN(7) {
	case 0:
		d.airtable.call("POST", d.at(d.people), obj{"records": batch})
	case 1:
		d.airtable.call(method, d.at(d.people), obj{"records": withIDs})
	case 2:
		d.airtable.call(method, d.at(d.people), obj{"records": batch, "performUpsert": obj{"fieldsToMergeOn": list{"Name"}}})
	case 3:
		d.airtable.call(method, d.at(d.people), obj{"records": batch, "performUpsert": obj{"fieldsToMergeOn": list{"Name", "Age"}}})
	case 4:
		d.airtable.call("POST", d.at(d.companies), obj{"fields": obj{"Name": "c", "People": d.some(d.people, 3)}})
	case 5:
		d.deleteSome(d.people)
	case 6:
		d.deleteSome(d.companies)
	}
}

// deleteSome deletes up to two records, now and then with one that is missing.
func (d *dice) deleteSome(table string) {
	query := "?"
	for _, id := range d.some(table, 2) {
		query += fmt.Sprint("records[]=", id, "&")
	}
	if d.IntN(3) == 0 {
		query += "records[]=recAAAAAAAAAAAAAA"
	}
	d.airtable.call("DELETE", d.at(table)+query, nil)
}

// checkLinks compares both sides of every link.
func (d *dice) checkLinks() {
	d.t.Helper()
	for _, table := range d.sim.world.tables {
		for _, f := range table.fields {
			if f.kind.shape() != shapeLinks {
				continue
			}
			other := d.sim.world.tables[f.linked]
			for _, r := range table.records {
				ids, _ := r.cells[f.id].([]string)
				for _, id := range ids {
					back, _ := other.records[id].cells[f.inverse].([]string)
					if !slices.Contains(back, r.id) {
						d.t.Fatalf("%s links to %s, which does not link back", r.id, id)
					}
				}
			}
		}
	}
}

// checkIndexes compares every merge index with one that is built afresh.
func (d *dice) checkIndexes() {
	d.t.Helper()
	table := d.sim.world.tables[d.people]
	kept := table.indexes
	for _, index := range kept {
		table.indexes = nil
		fresh := table.index(index.fields)
		if diff := cmp.Diff(fresh.ids(), index.ids()); diff != "" {
			d.t.Fatalf("the index over %s is out of step: %s", index.fields[0].name, diff)
		}
	}
	table.indexes = kept
}

// ids are the index's entries in a form that compares.
func (x *mergeIndex) ids() map[string][]string {
	out := map[string][]string{}
	for key, records := range x.byKey {
		for _, r := range records {
			out[key] = append(out[key], r.id)
		}
		slices.Sort(out[key])
	}
	return out
}

func TestRandomCallsKeepLinksIndexesAndFileInStep(t *testing.T) {
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	path := filepath.Join(t.TempDir(), "data")
	d := &dice{airtable: stored(t, path), Rand: rand.New(rand.NewPCG(seed, 0))}
	d.people, d.companies = d.crm()
	for range 400 {
		d.roll()
		d.checkLinks()
		d.checkIndexes()
	}
	after := stored(t, copyOf(t, path, "torn"))
	after.base = d.base
	if diff := cmp.Diff(d.everything(), after.everything()); diff != "" {
		t.Error(diff)
	}
}
