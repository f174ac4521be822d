package record

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

// TestRandomChangesKeepLinksAndIndexesInStep makes random changes, takes half of them back, and compares what is left
// with the state before, with the other side of each link, and with indexes that are built afresh.
func TestRandomChangesKeepLinksAndIndexesInStep(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64()
	dice := rand.New(rand.NewPCG(seed, 0))
	d := setup(t)
	for n := range 250 {
		before := d.shown()
		c := d.Begin(noon + int64(n))
		failed := d.roll(c, dice)
		if failed || dice.IntN(2) == 0 {
			c.Rollback()
			if diff := cmp.Diff(before, d.shown()); diff != "" {
				t.Fatalf("seed %d, change %d: the rollback left %s", seed, n, diff)
			}
		}
		if wrong := d.outOfStep(); wrong != "" {
			t.Fatalf("seed %d, change %d: %s", seed, n, wrong)
		}
	}
	if diff := cmp.Diff(d.shown(), d.restored().shown()); diff != "" {
		t.Errorf("seed %d: %s", seed, diff)
	}
}

// roll makes a few random steps and reports whether one was refused.
func (d *crm) roll(c *Change, dice *rand.Rand) (refused bool) {
	some := func(t *schema.Table) []string {
		all := ids(d.Of(t).InIDOrder())
		chosen := []string{}
		for range min(dice.IntN(4), len(all)) {
			chosen = append(chosen, all[dice.IntN(len(all))])
		}
		return chosen
	}
	for range 1 + dice.IntN(3) {
		fields := cells("Name", []any{"a", "b", "c", nil}[dice.IntN(4)], "Age", dice.IntN(3), "Company", some(d.companies), "Boss", some(d.people))
		mode := Mode{Replace: dice.IntN(3) == 0, Typecast: dice.IntN(2) == 0}
		var err *wire.Error
		switch dice.IntN(7) {
		case 0:
			_, err = c.Create(d.people, fields, mode)
		case 1:
			_, err = c.Create(d.companies, cells("Name", "c", "People", some(d.people)), mode)
		case 2:
			_, err = c.Upsert(d.people, []string{"Name"}, []Input{{Fields: fields}, {Fields: cells("Name", "d", "Stage", "maybe new")}}, mode)
		case 3:
			_, err = c.Upsert(d.people, []string{"Name", "Age"}, []Input{{Fields: fields}}, mode)
		case 4:
			for _, id := range some(d.people) {
				if wrong := c.Update(d.Of(d.people).Record(id), fields, mode); wrong != nil {
					err = wrong
				}
			}
		default:
			table := []*schema.Table{d.people, d.companies}[dice.IntN(2)]
			if chosen := some(table); len(chosen) > 0 {
				c.Delete(d.Of(table).Record(chosen[0]))
			}
		}
		refused = refused || err != nil
	}
	return refused
}

// outOfStep is the first thing that does not fit, or "".
func (d *crm) outOfStep() string {
	for _, t := range []*schema.Table{d.people, d.companies} {
		for _, f := range t.Fields {
			for _, r := range d.Of(t).InIDOrder() {
				if wrong := d.oneWay(r, f); wrong != "" {
					return wrong
				}
			}
		}
		rows := d.Of(t)
		for _, index := range rows.indexes {
			if diff := cmp.Diff(entries(newMergeIndex(index.fields, rows.InIDOrder())), entries(index)); diff != "" {
				return fmt.Sprintf("the index over %s: %s", index.fields[0].Name, diff)
			}
		}
	}
	return ""
}

// oneWay is the first link in a cell whose other side is missing, or "".
func (d *crm) oneWay(r *Record, f *schema.Field) string {
	if f.Shape() != schema.Links {
		return ""
	}
	target := d.Of(d.schema.Table(f.Linked))
	linked, _ := r.Cell(f).([]string)
	for _, id := range linked {
		other := target.Record(id)
		if other == nil {
			return fmt.Sprintf("%s of %s links to %s, which is gone", f.Name, r.ID, id)
		}
		if f.Inverse == "" {
			continue
		}
		if back, _ := other.Cell(target.table.FieldByID(f.Inverse)).([]string); !slices.Contains(back, r.ID) {
			return fmt.Sprintf("%s of %s links to %s, which does not link back", f.Name, r.ID, id)
		}
	}
	return ""
}

// entries are those of an index in a form that compares.
func entries(x *mergeIndex) map[string][]string {
	all := map[string][]string{}
	for key, records := range x.byKey {
		all[key] = ids(records)
		slices.Sort(all[key])
	}
	return all
}
