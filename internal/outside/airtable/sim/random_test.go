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

// links are the ids of all records of a table, each with those in one of its link cells.
func (d *dice) links(table, field string) map[string][]string {
	all := map[string][]string{}
	for _, r := range d.records(table) {
		id := r["id"].(string)
		all[id] = nil
		linked, _ := r["fields"].(obj)[field].(list)
		for _, other := range linked {
			all[id] = append(all[id], other.(string))
		}
	}
	return all
}

// some is a random choice of the records of a table.
func (d *dice) some(table string, most int) list {
	var ids []string
	for id := range d.links(table, "") {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	chosen := list{}
	for _, at := range d.Perm(len(ids))[:min(len(ids), d.IntN(most+1))] {
		chosen = append(chosen, ids[at])
	}
	return chosen
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
		d.call("POST", d.at(d.people), obj{"records": batch})
	case 1:
		d.call(method, d.at(d.people), obj{"records": withIDs})
	case 2:
		d.call(method, d.at(d.people), obj{"records": batch, "performUpsert": obj{"fieldsToMergeOn": list{"Name"}}})
	case 3:
		d.call(method, d.at(d.people), obj{"records": batch, "performUpsert": obj{"fieldsToMergeOn": list{"Name", "Age"}}})
	case 4:
		d.call("POST", d.at(d.companies), obj{"fields": obj{"Name": "c", "People": d.some(d.people, 3)}})
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
	d.call("DELETE", d.at(table)+query, nil)
}

// checkLinks compares both sides of every link.
func (d *dice) checkLinks() {
	d.t.Helper()
	people, companies := d.links(d.people, "Company"), d.links(d.companies, "People")
	for _, side := range []struct{ from, to map[string][]string }{{people, companies}, {companies, people}} {
		for id, linked := range side.from {
			for _, other := range linked {
				if !slices.Contains(side.to[other], id) {
					d.t.Fatalf("%s links to %s, which does not link back", id, other)
				}
			}
		}
	}
}

func TestRandomCallsKeepLinksAndFileInStep(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	path := filepath.Join(t.TempDir(), "data")
	d := &dice{airtable: setup(t, onFile(path)), Rand: rand.New(rand.NewPCG(seed, 0))}
	d.people, d.companies = d.crm()
	for range 150 {
		d.roll()
		d.checkLinks()
	}
	after := setup(t, onFile(copyOf(t, path, "torn")))
	after.base = d.base
	if diff := cmp.Diff(d.everything(), after.everything()); diff != "" {
		t.Error(diff)
	}
}
