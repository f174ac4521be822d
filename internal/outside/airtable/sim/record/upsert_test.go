package record

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/cell"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/schema"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable/sim/wire"
)

func TestUpsert(t *testing.T) {
	t.Parallel()
	d := setup(t)
	ann, bob := d.create(d.people, "Name", "Ann", "Age", 1), d.create(d.people, "Name", "Bob")
	twin := d.create(d.people, "Name", "Twin", "Age", 1)
	d.create(d.people, "Name", "Twin", "Age", 2)
	upsert := func(on []string, mode Mode, batch ...Input) (Upserted, *wire.Error) {
		c := d.Begin(noon)
		done, err := c.Upsert(d.people, on, batch, mode)
		if err != nil {
			c.Rollback()
		}
		return done, err
	}
	done, err := upsert([]string{"Name"}, Mode{}, Input{Fields: cells("Name", "New")}, Input{Fields: cells("Name", "Ann", "Age", 2)},
		Input{ID: bob.ID, Fields: cells("Name", "Rob")}, Input{Fields: cells("Name", "Ann", "Done", true)}, Input{Fields: cells("Name", "New")})
	if err != nil {
		t.Fatal(err)
	}
	if len(done.Records) != 5 || done.Records[0] == done.Records[4] || done.Records[1] != ann || done.Records[3] != ann {
		t.Errorf("the records are %v", ids(done.Records))
	}
	if diff := cmp.Diff([]string{done.Records[0].ID, done.Records[4].ID}, done.Created); diff != "" {
		t.Errorf("created: %s", diff)
	}
	if diff := cmp.Diff([]string{ann.ID, bob.ID}, done.Updated); diff != "" {
		t.Errorf("updated: %s", diff)
	}
	if got := d.fields(ann, Style{}); got["Age"] != 2.0 || got["Done"] != true {
		t.Errorf("Ann is %v", got)
	}
	if done, err := upsert([]string{"Name", "Age"}, Mode{Replace: true}, Input{Fields: cells("Name", "Twin", "Age", 1)}); err != nil || done.Records[0] != twin {
		t.Errorf("two keys: %v, %v", ids(done.Records), err)
	}
	if done, err := upsert([]string{"Name"}, Mode{}, Input{Fields: cells("Name", nil)}, Input{Fields: cells("Name", "")}); err != nil || len(done.Created) != 2 {
		t.Errorf("empty keys: %v, %v", done, err)
	}
	if done, err := upsert([]string{"Age"}, Mode{}, Input{Fields: cells("Age", 0)}); err != nil || len(done.Created) != 1 {
		t.Errorf("0 matches an empty cell: %v, %v", done, err)
	}
}

func TestRefusedUpserts(t *testing.T) {
	t.Parallel()
	d := setup(t)
	d.create(d.people, "Name", "Twin", "Age", 1)
	d.create(d.people, "Name", "Twin", "Age", 1)
	before := d.shown()
	for _, c := range []struct {
		name  string
		on    []string
		input Input
		want  *wire.Error
	}{
		{"no key", nil, Input{Fields: cells("Name", "x")}, wire.InvalidParameters()},
		{"four keys", []string{"Name", "Age", "Stage", "Done"}, Input{Fields: cells("Name", "x")}, wire.InvalidParameters()},
		{"a key twice", []string{"Name", d.people.Primary().ID}, Input{Fields: cells("Name", "x")}, wire.InvalidParameters()},
		{"a key that does not merge", []string{"Company"}, Input{Fields: cells("Company", []string{})}, wire.InvalidParameters()},
		{"a computed key", []string{"Label"}, Input{Fields: cells("Name", "x")}, cell.ErrComputed(d.people.Field("Label"))},
		{"an unknown key", []string{"Nope"}, Input{Fields: cells("Name", "x")}, wire.UnknownField("Nope")},
		{"a record without the key", []string{"Name"}, Input{Fields: cells("Age", 1)}, errUpdateShape()},
		{"an unknown id", []string{"Name"}, Input{ID: "recAAAAAAAAAAAAAA", Fields: cells("Name", "x")}, wire.RowDoesNotExist("recAAAAAAAAAAAAAA")},
		{"two matches", []string{"Name", "Age"}, Input{Fields: cells("Name", "Twin", "Age", 1)},
			wire.Invalid("INVALID_VALUE_FOR_COLUMN", `Cannot update more than one record: several have the given values in "Name", "Age"`)},
	} {
		change := d.Begin(noon)
		_, err := change.Upsert(d.people, c.on, []Input{{Fields: cells("Name", "good", "Age", 9, "Stage", "New", "Company", []string{})}, c.input}, Mode{})
		change.Rollback()
		if diff := cmp.Diff(c.want, err); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	if diff := cmp.Diff(before, d.shown()); diff != "" {
		t.Error(diff)
	}
}

func TestDifferentValuesHaveDifferentKeys(t *testing.T) {
	t.Parallel()
	seen := map[string][]cell.Value{}
	for _, values := range [][]cell.Value{{1.0, 23.0}, {12.0, 3.0}, {123.0}, {"1", 23.0}, {1.0, "23"}, {"a", "b"}, {"a\";\"b"}, {"ab"}, {true}, {"true"}, {[]string{"a"}}, {[]string{"a", "b"}}, {`["a"]`}} {
		key := mergeKey(values)
		if other := seen[key]; other != nil {
			t.Errorf("%v and %v have the same key", other, values)
		}
		seen[key] = values
	}
}

func TestATableRemembersAFewIndexes(t *testing.T) {
	t.Parallel()
	d := setup(t)
	rows := d.stored(d.people)
	age, name, stage := d.people.Field("Age"), d.people.Field("Name"), d.people.Field("Stage")
	first := rows.index([]*schema.Field{age})
	for _, fields := range [][]*schema.Field{{name}, {stage}, {age, name}, {name, age}, {age, stage}, {stage, age}, {name, stage}} {
		if built := rows.index(fields); rows.index(fields) != built {
			t.Error("an index is built twice")
		}
	}
	if rows.index([]*schema.Field{age}) != first || len(rows.indexes) != maxIndexes {
		t.Errorf("%d indexes are kept", len(rows.indexes))
	}
	rows.index([]*schema.Field{stage, name})
	if len(rows.indexes) != maxIndexes || rows.index([]*schema.Field{age}) == first {
		t.Error("the oldest index stays")
	}
}
