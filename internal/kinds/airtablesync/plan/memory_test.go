package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// after plans a sync, completes it, renames in both bases and plans again. A
// renaming is "S People>Persons" or "T People.Name>Title"; "+" adds: "S +People: Name".
func after(t *testing.T, s Sync, source, target []string, renamings ...string) (Plan, []Fault) {
	t.Helper()
	bases := schemas{"appS": schemaOf(t, "appS", source...), "appT": schemaOf(t, "appT", target...)}
	first, faults := DetectSchemaChanges(s, bases)
	if len(faults) > 0 || len(first.Changes) > 0 {
		t.Fatalf("the first plan: %v %v", short(faults), lines(first))
	}
	for _, pair := range first.Pairs {
		s.Memory = append(s.Memory, pair.Bound)
	}
	for _, r := range renamings {
		base := bases[airtable.BaseID("app"+r[:1])]
		if spec, added := strings.CutPrefix(r[2:], "+"); added {
			fresh := schemaOf(t, "new"+r[:1], spec)
			base.Tables = append(base.Tables, fresh.Tables...)
			continue
		}
		rename(t, base, r[2:])
	}
	return DetectSchemaChanges(s, bases)
}

func rename(t *testing.T, base *airtable.Base, spec string) {
	t.Helper()
	from, to, _ := strings.Cut(spec, ">")
	name, field, isField := strings.Cut(from, ".")
	for i := range base.Tables {
		table := &base.Tables[i]
		if table.Name != name {
			continue
		}
		if !isField {
			table.Name = to
			return
		}
		if field == "" {
			table.Fields = append(table.Fields, airtable.Field{ID: airtable.FieldID("fldNew" + to), Name: to, Type: airtable.SingleLineText})
			return
		}
		for j := range table.Fields {
			if table.Fields[j].Name == field {
				table.Fields[j].Name = to
				return
			}
		}
	}
	t.Fatalf("nothing to rename: %s", spec)
}

// Whatever is renamed on either side, the same tables and fields are meant.
func TestARenamedThingIsMeantStill(t *testing.T) {
	t.Parallel()
	source := []string{"People: Name, Town, Firm >Firms/People", "Firms: Name, People ~>People/Firm"}
	target := []string{"People: Name, Town, Firm >Firms/People, " + ext, "Firms: Name, People ~>People/Firm, " + ext}
	ruled := fromStoT(rule("People", "People", "Name", "Name", "Town", "Town", "Firm", "Firm"), rule("Firms", "Firms"))
	listed := fromStoT()
	listed.Sources[0].Tables, listed.Targets[0].Tables = []string{"People", "Firms"}, []string{"People", "Firms"}
	for name, renamings := range map[string][]string{
		"source table":       {"S People>Persons"},
		"target table":       {"T People>Folk"},
		"both tables":        {"S People>Persons", "T People>Folk"},
		"source field":       {"S People.Town>City"},
		"target field":       {"T People.Town>Place"},
		"both fields":        {"S People.Town>City", "T People.Town>Place"},
		"source link":        {"S People.Firm>Employer"},
		"target link":        {"T People.Firm>Boss"},
		"other side of it":   {"S Firms.People>Staff"},
		"its target":         {"T Firms.People>Crew"},
		"external ID":        {"T People.Source Record ID>Key"},
		"everything at once": {"S People.Town>City", "S People.Firm>Employer", "S People>Persons", "T People.Town>Place", "T People.Source Record ID>Key", "T People>Folk"},
	} {
		for kind, s := range map[string]Sync{"implicit": fromStoT(), "ruled": ruled, "listed": listed} {
			before, _ := after(t, s, source, target)
			got, faults := after(t, s, source, target, renamings...)
			if len(faults) > 0 || len(got.Changes) > 0 {
				t.Errorf("%s, %s: faults %v, plan %v", name, kind, faults, lines(got))
				continue
			}
			for i, pair := range got.Pairs {
				if pair.Key() != before.Pairs[i].Key() || pair.Fingerprint() != before.Pairs[i].Fingerprint() || pair.ExternalID != before.Pairs[i].ExternalID {
					t.Errorf("%s, %s: other things are synced: %v", name, kind, lines(got))
				}
			}
		}
	}
}

// A name that belongs to something else now is a fault that names both.
func TestANameThatWasTakenIsAFault(t *testing.T) {
	t.Parallel()
	source, target := []string{"People: Name, Town"}, []string{"People: Name, Town, " + ext}
	ruled := fromStoT(rule("People", "People", "Name", "Name", "Town", "Town"))
	for name, test := range map[string]struct {
		sync      Sync
		renamings []string
		want      string
		names     []string
	}{
		"source table of a rule":   {ruled, []string{"S People>Persons", "S +People: Name, Town"}, "name_reused /sync_rules/0/source_table People.", []string{`"People"`, `"Persons"`, "tbl:newS:People"}},
		"target table of a rule":   {ruled, []string{"T People>Folk", "T +People: Name, Town"}, "name_reused /sync_rules/0/target_table People.", []string{`"Folk"`, "tbl:newT:People"}},
		"source field of a rule":   {ruled, []string{"S People.Town>City", "S People.>Town"}, "name_reused /sync_rules/0/field_mapping/Town People.", []string{`"City"`, "fldNewTown"}},
		"target field of a rule":   {ruled, []string{"T People.Town>Place", "T People.>Town"}, "name_reused /sync_rules/0/field_mapping/Town People.", []string{`"Place"`, "fldNewTown"}},
		"a new source table":       {fromStoT(), []string{"S People>Persons", "S +People: Name, Town"}, "name_reused /source_bases/0 People.", []string{`"Persons"`, "tbl:newS:People"}},
		"a new source field":       {fromStoT(), []string{"S People.Town>City", "S People.>Town"}, "name_reused /source_bases/0 People.Town", []string{`"City"`, "fldNewTown"}},
		"target table without one": {fromStoT(), []string{"T People>Folk", "T +People: Name, Town"}, "", nil},
	} {
		_, faults := after(t, test.sync, source, target, test.renamings...)
		if diff := cmp.Diff(test.want, strings.Join(short(faults), "; ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
			continue
		}
		for _, part := range test.names {
			if !strings.Contains(faults[0].Detail, part) {
				t.Errorf("%s: %s is not in %q", name, part, faults[0].Detail)
			}
		}
	}
}

// What is remembered and gone does not count.
func TestMemoryOfWhatIsGone(t *testing.T) {
	t.Parallel()
	s := fromStoT(rule("People", "People", "Name", "Name"))
	s.Memory = Memory{{SourceBase: "appS", SourceTable: "tblGone", SourceName: "People", TargetBase: "appT", TargetTable: "tblGone", TargetName: "People", Ruled: true,
		ExternalID: "fldGone", ExternalName: "Source Record ID", Fields: []BoundField{{Source: "fldGone", SourceName: "Name", Target: "fldGone", TargetName: "Name"}}}}
	got, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "People: Name"), "appT": schemaOf(t, "appT", "People: Name, "+ext)})
	if len(faults) > 0 || len(got.Pairs) != 1 || got.Pairs[0].Target.Table != tableID("appT", "People") {
		t.Errorf("%v %v", short(faults), lines(got))
	}
}
