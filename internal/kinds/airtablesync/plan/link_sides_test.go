package plan

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// twoSides are two tables that link to each other, on equal terms.
func twoSides() (people, firms *pairDraft) {
	person := func(name string) airtable.Field {
		return airtable.Field{ID: airtable.FieldID("fld" + name), Name: name, Type: airtable.MultipleRecordLinks}
	}
	people = &pairDraft{from: &airtable.Table{ID: "tblP", Name: "People", Fields: []airtable.Field{person("Employer")}}}
	firms = &pairDraft{from: &airtable.Table{ID: "tblF", Name: "Firms", Fields: []airtable.Field{person("Staff")}}}
	employer := &linkDraft{fieldDraft: fieldDraft{from: &people.from.Fields[0]}, to: firms}
	staff := &linkDraft{fieldDraft: fieldDraft{from: &firms.from.Fields[0]}, to: people, partner: employer}
	employer.partner = staff
	people.links, firms.links = []*linkDraft{employer}, []*linkDraft{staff}
	return people, firms
}

func TestWhichSideOfALinkIsPreferred(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(employer, staff *linkDraft)
		first  bool // the earlier table's side
	}{
		"equal: the later table's":    {func(_, _ *linkDraft) {}, false},
		"named after the other table": {func(_, staff *linkDraft) { staff.from.Name = "People 2" }, true},
		"holds one record":            {func(employer, _ *linkDraft) { employer.options.PrefersSingleRecordLink = true }, true},
		"one record goes before a name": {func(employer, _ *linkDraft) {
			employer.from.Name, employer.options.PrefersSingleRecordLink = "Firms", true
		}, true},
		"reversed": {func(_, staff *linkDraft) { staff.options.IsReversed = true }, true},
		"reversed goes before all else": {func(employer, staff *linkDraft) {
			staff.options = airtable.LinkOptions{IsReversed: true, PrefersSingleRecordLink: true}
			employer.from.Name = "Firms"
		}, true},
		"both hold one record": {func(employer, staff *linkDraft) {
			employer.options.PrefersSingleRecordLink, staff.options.PrefersSingleRecordLink = true, true
		}, false},
		"both are named after the other": {func(employer, staff *linkDraft) { employer.from.Name, staff.from.Name = "Firms", "People" }, false},
	} {
		people, firms := twoSides()
		test.change(people.links[0], firms.links[0])
		given := indexOf([]*pairDraft{people, firms})
		if got := prefers(people, people.links[0], given); got != test.first {
			t.Errorf("%s: the earlier table's side is preferred: %t", name, got)
		}
		if prefers(firms, firms.links[0], given) == test.first {
			t.Errorf("%s: both sides are preferred, or none", name)
		}
	}
}

// In one table, the side that comes first is written.
func TestALinkWithinOneTableIsWrittenOnce(t *testing.T) {
	t.Parallel()
	target := []string{"People: Name, " + ext + ", Lead >People/Team, Team >People/Lead"}
	for source, want := range map[string]string{
		"People: Name, Lead >People/Team, Team >People/Lead":  "People: Name link(Lead)later",
		"People: Name, Team >People/Lead, Lead >People/Team":  "People: Name link(Team)later",
		"People: Name, Lead ~>People/Team, Team >People/Lead": "People: Name link(Team)later",
		"People: Name, Lead >People/Team":                     "People: Name link(Lead)later",
	} {
		plan, faults := detect(t, nil, []string{source}, target)
		if diff := cmp.Diff([]string{want}, lines(plan)); diff != "" || len(faults) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", source, faults, diff)
		}
	}
}

// If a table goes into two target tables, a link follows the one that its
// target field already leads to.
func TestALinkFollowsItsTargetField(t *testing.T) {
	t.Parallel()
	rules := []Rule{rule("Companies", "Firms"), rule("Companies", "Clients"), rule("People", "People")}
	source := []string{"Companies: Name", "People: Name, Company >Companies"}
	for target, want := range map[string]string{
		"Firms": "appS/tbl:appS:Companies>appT/tbl:appT:Firms", "Clients": "appS/tbl:appS:Companies>appT/tbl:appT:Clients",
	} {
		plan, faults := detect(t, rules, source, []string{"Firms: Name, " + ext, "Clients: Name, " + ext, "People: Name, " + ext + ", Company >" + target})
		if len(faults) > 0 || len(plan.Pairs) != 3 {
			t.Fatalf("%s: %v %v", target, faults, lines(plan))
		}
		if people := plan.Pairs[2]; people.Source.Name != "People" || people.Links[0].To != want || people.Links[0].Later {
			t.Errorf("%s: %+v", target, people)
		}
	}
}

// If a table goes into two target tables, only one of them is the other side of
// a link. The rows of the second one have a link of their own.
func TestTheOtherSideOfALinkIsOnePair(t *testing.T) {
	t.Parallel()
	rules := []Rule{rule("Companies", "Firms"), rule("Companies", "Clients"), rule("People", "People")}
	plan, faults := detect(t, rules, []string{"Companies: Name, Staff ~>People/Company", "People: Name, Company >Companies/Staff"},
		[]string{"Firms: Name, " + ext + ", Staff >People/Company", "Clients: Name, " + ext, "People: Name, " + ext + ", Company >Firms/Staff"})
	want := []string{"create_field Clients [Staff multipleRecordLinks]", "Firms: Name", "People: Name link(Company)", "Clients: Name"}
	if diff := cmp.Diff(want, lines(plan)); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-want +got):\n%s", faults, diff)
	}
}

// Two targets may even be copies of each other, with equal IDs.
func TestLinksStayWithinTheirTarget(t *testing.T) {
	t.Parallel()
	s := fromStoT()
	s.Targets = append(s.Targets, SyncedBase{Base: "appV"})
	target := []string{"Teams: Name, " + ext, "People: Name, " + ext + ", Team >Teams"}
	plan, faults := DetectSchemaChanges(s, schemas{"appS": schemaOf(t, "appS", "Teams: Name", "People: Name, Team >Teams"),
		"appT": schemaOf(t, "appT", target...), "appV": schemaOf(t, "appT", target...)})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, p := range plan.Pairs {
		for _, l := range p.Links {
			if want := "appS/tbl:appS:Teams>" + string(p.Target.Base) + "/tbl:appT:Teams"; l.To != want {
				t.Errorf("%s in %s links to %s, want %s", p.Target.Name, p.Target.Base, l.To, want)
			}
		}
	}
}

// A link does not cross bases: each pair of bases has its own rows.
func TestLinksStayWithinTheirBases(t *testing.T) {
	t.Parallel()
	s := twoIntoOne()
	plan, faults := DetectSchemaChanges(s, schemas{
		"appS": schemaOf(t, "appS", "Teams: Name", "People: Name, Team >Teams"),
		"appU": schemaOf(t, "appU", "Teams: Name", "People: Name, Team >Teams"),
		"appT": schemaOf(t, "appT", "Teams: Name, "+ext, "People: Name, "+ext+", Team >Teams")})
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	for _, p := range plan.Pairs {
		for _, l := range p.Links {
			if want := string(p.Source.Base) + "/tbl:" + string(p.Source.Base) + ":Teams>appT/tbl:appT:Teams"; l.To != want {
				t.Errorf("%s of %s links to %s, want %s", p.Source.Name, p.Source.Base, l.To, want)
			}
		}
	}
}

// The linked table is read with the field that shows who links to it, whether that
// field is mapped or not.
func TestTheOtherSideOfALinkIsRead(t *testing.T) {
	t.Parallel()
	source := []string{"People: Name, Firm >Firms/People", "Firms: Name, People ~>People/Firm"}
	target := []string{"People: Name, Firm >Firms/People, " + ext, "Firms: Name, People ~>People/Firm, " + ext}
	for name, rules := range map[string][]Rule{"both mapped": nil, "one mapped": {rule("People", "People"), rule("Firms", "Firms", "Name", "Name")}} {
		got, faults := detect(t, rules, source, target)
		if len(faults) > 0 || len(got.Pairs) != 2 {
			t.Fatalf("%s: %v %v", name, short(faults), lines(got))
		}
		firms, people := got.Pairs[0], got.Pairs[1]
		if len(people.Inverse) != 0 || len(firms.Inverse) != 1 || firms.Inverse[0] != (InverseLink{Source: fieldID("appS", "Firms", "People"), To: people.Key()}) {
			t.Errorf("%s: %+v and %+v", name, firms.Inverse, people.Inverse)
		}
	}
}
