package plan

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDetectSchemaChanges(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules          []Rule
		source, target []string
		want           []string
	}{
		"equal bases": {
			source: []string{"People: Name, Age number"}, target: []string{"People: Name, Age number, " + ext},
			want: []string{"People: Name Age"},
		},
		"a missing table": {
			source: []string{"People: Name, Age number, Total formula"},
			want:   []string{"create_table People [Name singleLineText] [Source Record ID singleLineText] [Age number]"},
		},
		"missing fields": {
			source: []string{"People: Name, Age number"}, target: []string{"People: Name"},
			want: []string{"create_field People [Source Record ID singleLineText]", "create_field People [Age number]", "People: Name"},
		},
		"case does not count in names": {
			source: []string{"people: name"}, target: []string{"People: Name, source_record_id"},
			want: []string{"People: Name"},
		},
		"a computed primary: the external ID is the primary": {
			source: []string{"People: Key formula, Name"},
			want:   []string{"create_table People [Source Record ID singleLineText] [Name singleLineText]"},
		},
		"a primary that is not mapped": {
			rules:  []Rule{rule("People", "Persons", "Age", "Years")},
			source: []string{"People: Name, Age number"},
			want:   []string{"create_table Persons [Source Record ID singleLineText] [Years number]"},
		},
		"computed fields only by name, as text": {
			rules:  []Rule{rule("People", "People", "Total", "Sum", "No", "Number")},
			source: []string{"People: No autoNumber, Total formula"},
			want:   []string{"create_table People [Number singleLineText] [Source Record ID singleLineText] [Sum multilineText]"},
		},
		"a computed field into an existing text": {
			rules:  []Rule{rule("People", "People", "Total", "Sum")},
			source: []string{"People: Name, Total formula"}, target: []string{"People: Name, Sum, " + ext},
			want: []string{"People: Sum"},
		},
		"unknown types are left out unless named": {
			source: []string{"People: Name, X hologram"}, target: []string{"People: Name, X hologram, " + ext},
			want: []string{"People: Name", "warning field_skipped People.X"},
		},
		"an unknown type by name passes through": {
			rules:  []Rule{rule("People", "People", "X", "X")},
			source: []string{"People: Name, X hologram"}, target: []string{"People: Name, X hologram, " + ext},
			want: []string{"People: X"},
		},
		"the source's own external ID is not copied": {
			source: []string{"People: Name, " + ext}, target: []string{"People: Name, " + ext},
			want: []string{"People: Name", "warning field_skipped People.Source Record ID"},
		},
		"links wait for their tables": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			want: []string{"create_table Companies [Name singleLineText] [Source Record ID singleLineText]",
				"create_table People [Name singleLineText] [Source Record ID singleLineText]"},
		},
		"one side of a link is created": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext, "People: Name, " + ext},
			want:   []string{"create_field People [Company multipleRecordLinks]", "Companies: Name", "People: Name"},
		},
		"the inverse field is bound, never created a third time": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext + ", People >People/Company", "People: Name, " + ext + ", Company >Companies/People"},
			want:   []string{"Companies: Name", "People: Name link(Company)"},
		},
		"the inverse field gets its name from the source": {
			source: []string{"Companies: Name, Staff ~>People/Company", "People: Name, Company >Companies/Staff"},
			target: []string{"Companies: Name, " + ext + ", People >People/Company", "People: Name, " + ext + ", Company >Companies/People"},
			want:   []string{"rename_field Companies fld:appT:Companies:People to Staff", "Companies: Name", "People: Name link(Company)"},
		},
		"an inverse field with a name of the user's own keeps it": {
			source: []string{"Companies: Name, Staff ~>People/Company", "People: Name, Company >Companies/Staff"},
			target: []string{"Companies: Name, " + ext + ", Team >People/Company", "People: Name, " + ext + ", Company >Companies/Team"},
			want:   []string{"Companies: Name", "People: Name link(Company)"},
		},
		"only the other side exists in the target": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext + ", People >People/Companies", "People: Name, " + ext + ", Companies >Companies/People"},
			want: []string{"rename_field People fld:appT:People:Companies to Company",
				"Companies: Name", "People: Name link(Companies)"},
		},
		"two separate links in the target are both written": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext + ", People >People/X, Y >People/Company", "People: Name, " + ext + ", Company >Companies/Y, X >Companies/People"},
			want:   []string{"Companies: Name link(People)later", "People: Name link(Company)"},
		},
		"tables that link go after those they link to": {
			source: []string{"Activities: Subject, Deal >Deals/Activities", "Deals: Title, Company >Companies/Deals, Activities ~>Activities/Deal", "Companies: Name, Deals ~>Deals/Company"},
			target: []string{"Activities: Subject, " + ext + ", Deal >Deals/Activities", "Deals: Title, " + ext + ", Company >Companies/Deals, Activities >Activities/Deal", "Companies: Name, " + ext + ", Deals >Deals/Company"},
			want:   []string{"Companies: Name", "Deals: Title link(Company)", "Activities: Subject link(Deal)"},
		},
		"a circle of two-sided links needs no second write": {
			source: []string{"A: N, B >B/A", "B: N, C >C/B, A ~>A/B", "C: N, A >A/C, B ~>B/C"},
			target: []string{"A: N, " + ext + ", B >B/A, C >C/A", "B: N, " + ext + ", C >C/B, A >A/B", "C: N, " + ext + ", A >A/C, B >B/C"},
			want:   []string{"A: N", "C: N link(A)", "B: N link(C) link(A)"},
		},
		"links to themselves are written later": {
			source: []string{"People: Name, Boss >People/Reports, Reports ~>People/Boss"},
			target: []string{"People: Name, " + ext + ", Boss >People/Reports, Reports >People/Boss"},
			want:   []string{"People: Name link(Boss)later"},
		},
		"an external ID of several lines will do": {
			source: []string{"People: Name"}, target: []string{"People: Name, Source_Record_ID multilineText"},
			want: []string{"People: Name"},
		},
		"a name that only looks like an ID is created": {
			rules:  []Rule{rule("People", "tblShort", "Name", "fldShort")},
			source: []string{"People: Name"},
			want:   []string{"create_table tblShort [fldShort singleLineText] [Source Record ID singleLineText]"},
		},
		"a primary of a type that cannot be primary": {
			source: []string{"People: Done checkbox, Name"},
			want:   []string{"create_table People [Source Record ID singleLineText] [Done checkbox] [Name singleLineText]"},
		},
		"a link waits for the table that it leads to": {
			source: []string{"Companies: Name", "People: Name, Company >Companies"},
			target: []string{"People: Name, " + ext},
			want:   []string{"create_table Companies [Name singleLineText] [Source Record ID singleLineText]", "People: Name"},
		},
		"an inverse field is not renamed to change its case": {
			source: []string{"Companies: Name, PEOPLE ~>People/Company", "People: Name, Company >Companies/PEOPLE"},
			target: []string{"Companies: Name, " + ext + ", People >People/Company", "People: Name, " + ext + ", Company >Companies/People"},
			want:   []string{"Companies: Name", "People: Name link(Company)"},
		},
		"two links between two tables": {
			source: []string{"Companies: Name, People ~>People/Company, Alumni ~>People/Former", "People: Name, Former >Companies/Alumni, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext + ", People >People/Company, Alumni >People/Former", "People: Name, " + ext + ", Former >Companies/Alumni, Company >Companies/People"},
			want:   []string{"Companies: Name", "People: Name link(Former) link(Company)"},
		},
		"a link that calls itself its other side": {
			source: []string{"People: Name, Friends >People/Friends"},
			target: []string{"People: Name, " + ext + ", Friends >People/Friends"},
			want:   []string{"People: Name link(Friends)later"},
		},
		"an inverse field that only one side names": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext + ", People >People/Company", "People: Name, " + ext + ", Company >Companies"},
			want:   []string{"Companies: Name", "People: Name link(Company)"},
		},
		"a primary that is mapped twice, by name and by ID": {
			rules:  []Rule{rule("People", "People", "Name", "A", "fld:appS:People:Name", "B")},
			source: []string{"People: Name"},
			want:   []string{"create_table People [A singleLineText] [Source Record ID singleLineText] [B singleLineText]"},
		},
		"a mapped link is created under its new name": {
			rules:  []Rule{rule("Companies", "Companies", "Name", "Name"), rule("People", "People", "Company", "Employer", "Name", "Name")},
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, " + ext, "People: Name, " + ext},
			want:   []string{"create_field People [Employer multipleRecordLinks]", "Companies: Name", "People: Name"},
		},
		"a link under two other names is another link": {
			source: []string{"Companies: Name, Staff ~>People/Firm", "People: Name, Firm >Companies/Staff"},
			target: []string{"Companies: Name, " + ext + ", People >People/Companies", "People: Name, " + ext + ", Companies >Companies/People"},
			want:   []string{"create_field People [Firm multipleRecordLinks]", "Companies: Name", "People: Name"},
		},
		"links to tables outside are skipped": {
			source: []string{"People: Name, Company >Companies"},
			target: []string{"People: Name, " + ext},
			want:   []string{"People: Name", "warning links_skipped People.Company"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			plan, faults := detect(t, test.rules, test.source, test.target)
			if len(faults) > 0 {
				t.Fatalf("faults: %+v", faults)
			}
			if diff := cmp.Diff(test.want, lines(plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		rules          []Rule
		source, target []string
		want           []string // code pointer table.field
		says           string
	}{
		"another type": {
			source: []string{"People: Name, Age number"}, target: []string{"People: Name, Age, " + ext},
			want: []string{"type_mismatch /source_bases/0 People.Age"}, says: "rename or delete it",
		},
		"a computed target": {
			source: []string{"People: Name, Age number"}, target: []string{"People: Name, Age formula, " + ext},
			want: []string{"computed_target /source_bases/0 People.Age"}, says: "is computed",
		},
		"a missing source field": {
			rules:  []Rule{rule("People", "People", "Nam", "Name")},
			source: []string{"People: Name"},
			want:   []string{"source_field_missing /sync_rules/0/field_mapping/Nam People.Nam"}, says: `did you mean "Name"?`,
		},
		"a missing source table": {
			rules:  []Rule{rule("Peple", "People")},
			source: []string{"People: Name"},
			want:   []string{"source_table_missing /sync_rules/0/source_table Peple."}, says: `did you mean "People"?`,
		},
		"all faults at once": {
			source: []string{"People: Name, Age number, Total number"}, target: []string{"People: Name, Age, Total formula, Source_Record_ID number"},
			want: []string{"type_mismatch /source_bases/0 People.Age", "computed_target /source_bases/0 People.Total",
				"external_id_type /source_bases/0 People.Source Record ID"},
		},
		"a link under a taken name": {
			source: []string{"Companies: Name, People ~>People/Company", "People: Name, Company >Companies/People"},
			target: []string{"Companies: Name, People, " + ext, "People: Name, " + ext},
			want:   []string{"type_mismatch /source_bases/0 Companies.People"},
		},
		"a link to another table": {
			source: []string{"Companies: Name", "People: Name, Company >Companies"},
			target: []string{"Companies: Name, " + ext, "People: Name, " + ext + ", Company >People"},
			want:   []string{"type_mismatch /source_bases/0 People.Company"},
		},
		"a type that nobody can create": {
			rules:  []Rule{rule("People", "People", "X", "X")},
			source: []string{"People: Name, X hologram"},
			want:   []string{"not_creatable /sync_rules/0/field_mapping/X People.X"}, says: "by hand",
		},
		"a computed source into a number": {
			rules:  []Rule{rule("People", "People", "Total", "Sum")},
			source: []string{"People: Name, Total formula"}, target: []string{"People: Name, Sum number, " + ext},
			want: []string{"type_mismatch /sync_rules/0/field_mapping/Total People.Sum"}, says: "is number, but the source needs multilineText",
		},
		"a target field by an ID that does not exist": {
			rules:  []Rule{rule("People", "People", "Name", "fldABCDEFGHIJKLMN")},
			source: []string{"People: Name"}, target: []string{"People: Name, " + ext},
			want: []string{"target_field_missing /sync_rules/0/field_mapping/Name People.fldABCDEFGHIJKLMN"}, says: "name the field instead",
		},
		"a target table by an ID that does not exist": {
			rules:  []Rule{rule("People", "tblABCDEFGHIJKLMN")},
			source: []string{"People: Name"},
			want:   []string{"target_table_missing /sync_rules/0/target_table tblABCDEFGHIJKLMN."}, says: "name the table instead",
		},
		"a name that a pointer must escape": {
			rules:  []Rule{rule("People", "People", "a/b~c", "X")},
			source: []string{"People: Name"},
			want:   []string{"source_field_missing /sync_rules/0/field_mapping/a~1b~0c People.a/b~c"},
		},
		"an empty source": {want: []string{"nothing_to_sync /source_bases ."}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, faults := detect(t, test.rules, test.source, test.target)
			if diff := cmp.Diff(test.want, short(faults)); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(faults[0].Detail, test.says) {
				t.Errorf("%q does not say %q", faults[0].Detail, test.says)
			}
		})
	}
}
