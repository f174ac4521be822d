package plan

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// twoIntoOne is a sync of bases appS and appU into base appT.
func twoIntoOne() Sync {
	s := fromStoT()
	s.Sources = append(s.Sources, SyncedBase{Base: "appU"})
	return s
}

func TestTwoSourcesShareWhatIsCreated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first, second string
		target        []string
		want          []string // a plan, or faults
	}{
		"a new table": {
			first: "People: Name, Age number", second: "People: name, Town",
			want: []string{"create_table People [Name singleLineText] [Source Record ID singleLineText] [Age number] [Town singleLineText]"},
		},
		"names of tables that differ by case": {
			first: "People: Name", second: "PEOPLE: Name",
			want: []string{"create_table People [Name singleLineText] [Source Record ID singleLineText]"},
		},
		"new fields": {
			first: "People: Name, Age number", second: "People: Name, age number, Town", target: []string{"People: Name"},
			want: []string{"create_field People [Source Record ID singleLineText]", "create_field People [Age number]",
				"create_field People [Town singleLineText]", "People: Name", "People: Name"},
		},
		"two types of a new field": {
			first: "People: Name, Age number", second: "People: Name, Age", target: []string{"People: Name"},
			want: []string{"type_mismatch /source_bases/1 People.Age"},
		},
		"two types of a field of a new table": {
			first: "People: Name, Age number", second: "People: Name, Age",
			want: []string{"type_mismatch /source_bases/1 People.Age"},
		},
		"the same field of two tables": {
			first: "People: Name, Age number", second: "Deals: Name, Age number", target: []string{"People: Name, " + ext, "Deals: Name, " + ext},
			want: []string{"create_field People [Age number]", "create_field Deals [Age number]", "People: Name", "Deals: Name"},
		},
	} {
		plan, faults := DetectSchemaChanges(twoIntoOne(), schemas{
			"appS": schemaOf(t, "appS", test.first), "appU": schemaOf(t, "appU", test.second), "appT": schemaOf(t, "appT", test.target...)})
		got := lines(plan)
		if len(faults) > 0 {
			got = short(faults)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestTwoTargetsAreChangedBoth(t *testing.T) {
	t.Parallel()
	s := fromStoT()
	s.Targets = append(s.Targets, SyncedBase{Base: "appV"})
	plan, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "People: Name", "Deals: Title, Sum number"),
		"appT": schemaOf(t, "appT", "Deals: Title, "+ext), "appV": schemaOf(t, "appT", "Deals: Title, "+ext)}) // a copy of appT, with its IDs
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	var got []string
	for _, c := range plan.Changes {
		got = append(got, fmt.Sprintf("%s %s", c.Base, c.Text()))
	}
	want := []string{
		`appT create table "People" in target base appT`,
		`appT create field "Sum" in table "Deals" of target base appT`,
		`appV create table "People" in target base appV`,
		`appV create field "Sum" in table "Deals" of target base appV`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A table that lacks the external ID cannot hold a row of ours.
func TestTheExternalFieldIsMarked(t *testing.T) {
	t.Parallel()
	plan, _ := detect(t, nil, []string{"People: Name, Age number"}, []string{"People: Name"})
	var marked []bool
	for _, c := range plan.Changes {
		marked = append(marked, c.External)
	}
	if diff := cmp.Diff([]bool{true, false}, marked); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAPlanHoldsABoundedNumberOfChanges(t *testing.T) {
	t.Parallel()
	line := "People: Name"
	for i := range maxChanges {
		line += fmt.Sprintf(", F%d number", i)
	}
	plan, faults := detect(t, nil, []string{line}, []string{"People: Name"})
	if len(plan.Changes) != maxChanges || len(faults) > 0 {
		t.Errorf("%d changes, want %d of %d; %v", len(plan.Changes), maxChanges, maxChanges+1, faults)
	}
}

func TestAComputedFieldGetsATextType(t *testing.T) {
	t.Parallel()
	for source, want := range map[airtable.FieldType]airtable.FieldType{
		airtable.Formula: airtable.MultilineText, airtable.Rollup: airtable.MultilineText,
		airtable.MultipleLookupValues: airtable.MultilineText, airtable.AIText: airtable.MultilineText,
		airtable.AutoNumber: airtable.SingleLineText, airtable.CreatedTime: airtable.SingleLineText, airtable.Count: airtable.SingleLineText,
	} {
		f := fieldDraft{from: &airtable.Field{Type: source}, asText: true}
		if got := f.targetType(); got != want {
			t.Errorf("%s becomes %s, want %s", source, got, want)
		}
	}
}

func TestAPairCarriesItsCredentials(t *testing.T) {
	t.Parallel()
	plan, faults := detect(t, []Rule{rule("People", "Persons", "Name", "Title", "Total", "Sum", "Boss", "Boss")},
		[]string{"People: Name, Total formula, Boss >Bosses"}, []string{"Persons: Title, Sum multilineText, " + ext})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	want := Pair{
		Source:     Side{Role: Source, Base: "appS", Table: "tbl:appS:People", Name: "People"},
		Target:     Side{Role: Target, Base: "appT", Table: "tbl:appT:Persons", Name: "Persons"},
		ExternalID: "fld:appT:Persons:Source Record ID", ExternalName: "Source Record ID",
		Fields: []FieldPair{
			{Source: "fld:appS:People:Name", Target: airtable.Field{ID: "fld:appT:Persons:Title", Name: "Title", Type: airtable.SingleLineText}},
			{Source: "fld:appS:People:Total", Target: airtable.Field{ID: "fld:appT:Persons:Sum", Name: "Sum", Type: airtable.MultilineText}, AsText: true},
		},
		Skipped: []SkippedLink{{Source: "fld:appS:People:Boss", Name: "Boss"}},
		Bound: Bound{SourceBase: "appS", SourceTable: "tbl:appS:People", SourceName: "People", TargetBase: "appT", TargetTable: "tbl:appT:Persons", TargetName: "Persons",
			Ruled: true, ExternalID: "fld:appT:Persons:Source Record ID", ExternalName: "Source Record ID", Fields: []BoundField{
				{Source: "fld:appS:People:Name", SourceName: "Name", Target: "fld:appT:Persons:Title", TargetName: "Title"},
				{Source: "fld:appS:People:Total", SourceName: "Total", Target: "fld:appT:Persons:Sum", TargetName: "Sum"}}},
	}
	if diff := cmp.Diff(want, plan.Pairs[0]); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
