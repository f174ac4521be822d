package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// listing is fromStoT with listed tables; nil means all.
func listing(source, target []string, rules ...Rule) Sync {
	s := fromStoT(rules...)
	s.Sources[0].Tables, s.Targets[0].Tables = source, target
	return s
}

func TestWhichTableGoesWhere(t *testing.T) {
	t.Parallel()
	source := []string{"People: Name", "Deals: Title"}
	target := []string{"People: Name, " + ext, "Deals: Title, " + ext, "Persons: Name, " + ext}
	for name, test := range map[string]struct {
		sync Sync
		want []string
	}{
		"all, under their own names":      {fromStoT(), []string{"People > People", "Deals > Deals"}},
		"the listed ones":                 {listing([]string{"Deals"}, nil), []string{"Deals > Deals"}},
		"listed by ID":                    {listing([]string{"tbl:appS:Deals"}, nil), []string{"Deals > Deals"}},
		"listed twice, by name and by ID": {listing([]string{"Deals", "tbl:appS:Deals"}, nil), []string{"Deals > Deals"}},
		"what the target takes":           {listing(nil, []string{"Deals"}), []string{"Deals > Deals"}},
		"what the target takes, by ID":    {listing(nil, []string{"tbl:appT:Deals"}), []string{"Deals > Deals"}},
		"case does not count":             {listing(nil, []string{"DEALS"}), []string{"Deals > Deals"}},
		"a rule renames":                  {fromStoT(rule("People", "Persons")), []string{"People > Persons", "Deals > Deals"}},
		"a rule by ID":                    {fromStoT(rule("tbl:appS:People", "tbl:appT:Persons")), []string{"People > Persons", "Deals > Deals"}},
		"two rules for one table":         {fromStoT(rule("People", "People"), rule("People", "Persons")), []string{"People > People", "People > Persons", "Deals > Deals"}},
		"a rule that the target refuses":  {listing(nil, []string{"Deals"}, rule("People", "Persons")), []string{"Deals > Deals"}},
		"a rule for an unlisted table":    {listing([]string{"Deals"}, nil, rule("People", "Persons")), []string{"Deals > Deals"}},
	} {
		plan, faults := DetectSchemaChanges(test.sync, schemas{"appS": schemaOf(t, "appS", source...), "appT": schemaOf(t, "appT", target...)})
		var got []string
		for _, p := range plan.Pairs {
			got = append(got, p.Source.Name+" > "+p.Target.Name)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || len(faults) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", name, faults, diff)
		}
	}
}

func TestListedSourceTablesMustExist(t *testing.T) {
	t.Parallel()
	_, faults := DetectSchemaChanges(listing([]string{"People", "Deal"}, nil, rule("Deal", "Deals")),
		schemas{"appS": schemaOf(t, "appS", "People: Name", "Deals: Title"), "appT": schemaOf(t, "appT")})
	if diff := cmp.Diff([]string{"source_table_missing /source_bases/0/tables/1 Deal."}, short(faults)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(faults[0].Detail, `did you mean "Deals"?`) || faults[0].Base != "appS" {
		t.Errorf("%+v", faults[0])
	}
}

func TestARuleNeedsOnlyOneSourceBaseWithItsTable(t *testing.T) {
	t.Parallel()
	s := fromStoT(rule("Deals", "Deals"), rule("Dealz", "Deals"))
	s.Sources = append(s.Sources, SyncedBase{Base: "appU"}, SyncedBase{Base: "appV"})
	_, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "People: Name"), "appU": schemaOf(t, "appU", "Deals: Title"),
		"appV": schemaOf(t, "appV", "Teams: Name"), "appT": schemaOf(t, "appT")})
	if diff := cmp.Diff([]string{"source_table_missing /sync_rules/1/source_table Dealz."}, short(faults)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	if !strings.Contains(faults[0].Detail, `did you mean "Deals"?`) {
		t.Errorf("%+v", faults[0])
	}
}

func TestATableIsNotSyncedIntoItself(t *testing.T) {
	t.Parallel()
	s := fromStoT()
	s.Targets[0].Base = "appS"
	_, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "People: Name")})
	if diff := cmp.Diff([]string{"same_table /source_bases/0 People."}, short(faults)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s = listing([]string{"People"}, nil, rule("People", "Copy"))
	s.Targets[0].Base = "appS"
	if _, faults = DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "People: Name", "Copy: Name, "+ext)}); len(faults) > 0 {
		t.Errorf("another table of the same base is refused: %+v", faults)
	}
	// The copy of a base keeps the IDs of its tables.
	if _, faults = DetectSchemaChanges(fromStoT(), schemas{"appS": schemaOf(t, "appS", "People: Name"), "appT": schemaOf(t, "appS", "People: Name, "+ext)}); len(faults) > 0 {
		t.Errorf("a copy of the base is refused: %+v", faults)
	}
}

// Fields come in the order of the source, so that a new table has it too.
func TestMappedFieldsKeepTheOrderOfTheSource(t *testing.T) {
	t.Parallel()
	plan, faults := detect(t, []Rule{rule("People", "People", "C", "C", "A", "A", "B", "B")}, []string{"People: B, C, A"}, nil)
	want := []string{"create_table People [B singleLineText] [Source Record ID singleLineText] [C singleLineText] [A singleLineText]"}
	if diff := cmp.Diff(want, lines(plan)); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-want +got):\n%s", faults, diff)
	}
}

// A warning about a source field is given once, however many targets there
// are, and a schema full of strange fields gives no more than people read.
func TestWarningsAreFew(t *testing.T) {
	t.Parallel()
	s := fromStoT()
	s.Targets = append(s.Targets, SyncedBase{Base: "appV"})
	line := "People: Name"
	for i := range maxWarnings + 5 {
		line += fmt.Sprintf(", X%d hologram", i)
	}
	for source, want := range map[string]int{"People: Name, X hologram, Y hologram": 2, line: maxWarnings} {
		plan, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", source),
			"appT": schemaOf(t, "appT", "People: Name, "+ext), "appV": schemaOf(t, "appV", "People: Name, "+ext)})
		if len(plan.Warnings) != want || len(faults) > 0 {
			t.Errorf("%d warnings, want %d; %v", len(plan.Warnings), want, faults)
		}
	}
}

func TestPointer(t *testing.T) {
	t.Parallel()
	for got, want := range map[string]string{
		pointer():                                "",
		pointer("source_bases", 0, "tables", 12): "/source_bases/0/tables/12",
		pointer("a/b", "~1", ""):                 "/a~1b/~01/",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
