package airtablesync

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// schemaOf builds a base from lines such as "People: Name, Age number, Company
// >Companies/People". The first field is the primary one; >Table/Inverse is a
// link; a leading ~ marks a reversed link.
func schemaOf(t *testing.T, id string, lines ...string) *airtable.Base {
	t.Helper()
	b := &airtable.Base{ID: airtable.BaseID(id)}
	for _, line := range lines {
		name, fields, _ := strings.Cut(line, ": ")
		table := airtable.Table{ID: tableID(id, name), Name: name}
		for _, spec := range strings.Split(fields, ", ") {
			table.Fields = append(table.Fields, fieldOf(t, id, name, spec))
		}
		table.PrimaryFieldID = table.Fields[0].ID
		b.Tables = append(b.Tables, table)
	}
	return b
}

func fieldOf(t *testing.T, base, table, spec string) airtable.Field {
	t.Helper()
	name, kind, _ := strings.Cut(spec, " ")
	name = strings.ReplaceAll(name, "_", " ")
	f := airtable.Field{ID: fieldID(base, table, name), Name: name, Type: airtable.SingleLineText}
	switch {
	case strings.Contains(kind, ">"):
		reversed := strings.HasPrefix(kind, "~")
		to, inverse, _ := strings.Cut(kind[strings.Index(kind, ">")+1:], "/")
		o := airtable.LinkOptions{LinkedTableID: tableID(base, to), IsReversed: reversed}
		if inverse != "" {
			o.InverseLinkFieldID = fieldID(base, to, inverse)
		}
		f.Type, f.Options = airtable.MultipleRecordLinks, marshal(t, o)
	case kind == "number":
		f.Type, f.Options = airtable.Number, json.RawMessage(`{"precision":0}`)
	case kind != "":
		f.Type = airtable.FieldType(kind)
	}
	return f
}

func tableID(base, name string) airtable.TableID { return airtable.TableID("tbl:" + base + ":" + name) }
func fieldID(base, table, name string) airtable.FieldID {
	return airtable.FieldID("fld:" + base + ":" + table + ":" + name)
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// detect plans with bases appS and appT, all tables unless the configuration
// says otherwise.
func detect(t *testing.T, rules string, source, target []string) (Plan, []Fault) {
	t.Helper()
	config := `{"source_bases":[{"base_id":"appS","api_key":"secret:s"}],"target_bases":[{"base_id":"appT","api_key":"secret:t"}]`
	if rules != "" {
		config += "," + rules
	}
	c, problems := parseConfig(json.RawMessage(config + "}"))
	if len(problems.Errors) > 0 {
		t.Fatal(problems.Errors)
	}
	return DetectSchemaChanges(c, map[airtable.BaseID]*airtable.Base{
		"appS": schemaOf(t, "appS", source...), "appT": schemaOf(t, "appT", target...),
	})
}

// told writes a plan down in short lines.
func told(p Plan) []string {
	var lines []string
	for _, c := range p.Changes {
		line := fmt.Sprintf("%s %s", c.Kind, c.Name)
		for _, f := range c.Fields {
			line += fmt.Sprintf(" [%s %s]", f.Name, f.Type)
		}
		if c.Rename != "" {
			line += fmt.Sprintf(" %s to %s", c.Field, c.Rename)
		}
		lines = append(lines, line)
	}
	for _, pair := range p.Pairs {
		line := pair.Label() + ":"
		for _, f := range pair.Fields {
			line += " " + string(f.Target.Name)
		}
		for _, l := range pair.Links {
			line += fmt.Sprintf(" link(%s)", l.Target[strings.LastIndex(string(l.Target), ":")+1:])
			if l.Later {
				line += "later"
			}
		}
		lines = append(lines, line)
	}
	for _, w := range p.Warnings {
		lines = append(lines, fmt.Sprintf("warning %s %s.%s", w.Code, w.Table, w.Field))
	}
	return lines
}

const ext = "Source_Record_ID"

func TestDetectSchemaChanges(t *testing.T) {
	tests := map[string]struct {
		rules          string
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
		"names that differ by case are one name": {
			source: []string{"people: name"}, target: []string{"People: Name, source_record_id"},
			want: []string{"people → People: Name"},
		},
		"a computed primary: the external id is the primary": {
			source: []string{"People: Key formula, Name"},
			want:   []string{"create_table People [Source Record ID singleLineText] [Name singleLineText]"},
		},
		"a primary that is not mapped": {
			rules:  `"sync_rules":[{"source_table":"People","target_table":"Persons","field_mapping":{"Age":"Years"}}]`,
			source: []string{"People: Name, Age number"},
			want:   []string{"create_table Persons [Source Record ID singleLineText] [Years number]"},
		},
		"computed fields only by name, as text": {
			rules:  `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"Total":"Sum","No":"Number"}}]`,
			source: []string{"People: No autoNumber, Total formula"},
			want:   []string{"create_table People [Number singleLineText] [Source Record ID singleLineText] [Sum multilineText]"},
		},
		"a computed field into an existing text": {
			rules:  `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"Total":"Sum"}}]`,
			source: []string{"People: Name, Total formula"}, target: []string{"People: Name, Sum, " + ext},
			want: []string{"People: Sum"},
		},
		"unknown types are left out unless named": {
			source: []string{"People: Name, X hologram"}, target: []string{"People: Name, X hologram, " + ext},
			want: []string{"People: Name", "warning field_skipped People.X"},
		},
		"an unknown type by name passes through": {
			rules:  `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"X":"X"}}]`,
			source: []string{"People: Name, X hologram"}, target: []string{"People: Name, X hologram, " + ext},
			want: []string{"People: X"},
		},
		"the source's own external id is not copied": {
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
		"the inverse field is bound, never made a third time": {
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
		"a cycle of both-sided links needs no second write": {
			source: []string{"A: N, B >B/A", "B: N, C >C/B, A ~>A/B", "C: N, A >A/C, B ~>B/C"},
			target: []string{"A: N, " + ext + ", B >B/A, C >C/A", "B: N, " + ext + ", C >C/B, A >A/B", "C: N, " + ext + ", A >A/C, B >B/C"},
			want:   []string{"A: N", "C: N link(A)", "B: N link(C) link(A)"},
		},
		"links to themselves are written later": {
			source: []string{"People: Name, Boss >People/Reports, Reports ~>People/Boss"},
			target: []string{"People: Name, " + ext + ", Boss >People/Reports, Reports >People/Boss"},
			want:   []string{"People: Name link(Boss)later"},
		},
		"links to tables outside are skipped": {
			rules:  `"sync_rules":[]`,
			source: []string{"People: Name, Company >Companies"},
			target: []string{"People: Name, " + ext},
			want:   []string{"People: Name", "warning links_skipped People.Company"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			plan, faults := detect(t, test.rules, test.source, test.target)
			if len(faults) > 0 {
				t.Fatalf("faults: %+v", faults)
			}
			if diff := cmp.Diff(test.want, told(plan)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	tests := map[string]struct {
		rules          string
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
			rules:  `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"Nam":"Name"}}]`,
			source: []string{"People: Name"},
			want:   []string{"source_field_missing /sync_rules/0/field_mapping/Nam People.Nam"}, says: `did you mean "Name"?`,
		},
		"a missing source table": {
			rules:  `"sync_rules":[{"source_table":"Peple","target_table":"People"}]`,
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
			rules:  `"sync_rules":[{"source_table":"People","target_table":"People","field_mapping":{"X":"X"}}]`,
			source: []string{"People: Name, X hologram"},
			want:   []string{"not_creatable /sync_rules/0/field_mapping/X People.X"}, says: "by hand",
		},
		"an empty source": {want: []string{"nothing_to_sync /source_bases ."}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, faults := detect(t, test.rules, test.source, test.target)
			var got []string
			for _, f := range faults {
				got = append(got, fmt.Sprintf("%s %s %s.%s", f.Code, f.Pointer, f.Table, f.Field))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Fatalf("(-want +got):\n%s", diff)
			}
			if !strings.Contains(faults[0].Detail, test.says) {
				t.Errorf("%q does not say %q", faults[0].Detail, test.says)
			}
		})
	}
}

func TestListedSourceTablesMustExist(t *testing.T) {
	c, _ := parseConfig(json.RawMessage(`{"source_bases":[{"base_id":"appS","api_key":"k","tables":["People","Deal"]}],"target_bases":[{"base_id":"appT","api_key":"k"}]}`))
	_, faults := DetectSchemaChanges(c, map[airtable.BaseID]*airtable.Base{
		"appS": schemaOf(t, "appS", "People: Name", "Deals: Title"), "appT": schemaOf(t, "appT")})
	if len(faults) != 1 || faults[0].Pointer != "/source_bases/0/tables/1" || !strings.Contains(faults[0].Detail, `did you mean "Deals"?`) {
		t.Errorf("faults: %+v", faults)
	}
}

func TestTwoSourcesShareWhatIsCreated(t *testing.T) {
	c, _ := parseConfig(json.RawMessage(`{"source_bases":[{"base_id":"appS","api_key":"k"},{"base_id":"appU","api_key":"k"}],"target_bases":[{"base_id":"appT","api_key":"k"}]}`))
	schemas := map[airtable.BaseID]*airtable.Base{
		"appS": schemaOf(t, "appS", "People: Name, Age number"), "appU": schemaOf(t, "appU", "People: Name, Town"), "appT": schemaOf(t, "appT")}
	plan, faults := DetectSchemaChanges(c, schemas)
	want := []string{"create_table People [Name singleLineText] [Source Record ID singleLineText] [Age number] [Town singleLineText]"}
	if diff := cmp.Diff(want, told(plan)); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-want +got):\n%s", faults, diff)
	}
	schemas["appT"] = schemaOf(t, "appT", "People: Name")
	plan, faults = DetectSchemaChanges(c, schemas)
	want = []string{"create_field People [Source Record ID singleLineText]", "create_field People [Age number]",
		"create_field People [Town singleLineText]", "People: Name", "People: Name"}
	if diff := cmp.Diff(want, told(plan)); diff != "" || len(faults) > 0 {
		t.Errorf("%v (-want +got):\n%s", faults, diff)
	}
	schemas["appU"] = schemaOf(t, "appU", "People: Name, Age")
	if _, faults = DetectSchemaChanges(c, schemas); len(faults) != 1 || faults[0].Code != "type_mismatch" {
		t.Errorf("two types under one name: %+v", faults)
	}
}

func TestATableIsNotSyncedIntoItself(t *testing.T) {
	c, _ := parseConfig(json.RawMessage(`{"source_bases":[{"base_id":"appS","api_key":"k"}],"target_bases":[{"base_id":"appS","api_key":"k"}]}`))
	_, faults := DetectSchemaChanges(c, map[airtable.BaseID]*airtable.Base{"appS": schemaOf(t, "appS", "People: Name")})
	if len(faults) != 1 || faults[0].Code != "same_table" {
		t.Errorf("faults: %+v", faults)
	}
}

func TestOrderTables(t *testing.T) {
	tests := map[string]struct {
		n          int
		hard, soft []dependency
		want       []int
	}{
		"free":                            {n: 3, want: []int{0, 1, 2}},
		"a chain backwards":               {n: 3, hard: []dependency{{0, 1}, {1, 2}}, want: []int{2, 1, 0}},
		"soft ones count":                 {n: 2, soft: []dependency{{0, 1}}, want: []int{1, 0}},
		"soft ones give way":              {n: 2, hard: []dependency{{1, 0}}, soft: []dependency{{0, 1}}, want: []int{0, 1}},
		"a hard cycle starts at the best": {n: 3, hard: []dependency{{0, 1}, {0, 2}, {1, 0}, {2, 1}}, want: []int{1, 2, 0}},
		"itself":                          {n: 1, hard: []dependency{{0, 0}}, want: []int{0}},
	}
	for name, test := range tests {
		if diff := cmp.Diff(test.want, orderTables(test.n, test.hard, test.soft)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
