package plan

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// schemaOf builds a base from lines such as "People: Name, Age number, Company
// >Companies/People". The first field is the primary one; >Table/Inverse is a
// link; a leading ~ marks a reversed link. An underscore stands for a space.
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
	name, typ, _ := strings.Cut(spec, " ")
	name = strings.ReplaceAll(name, "_", " ")
	f := airtable.Field{ID: fieldID(base, table, name), Name: name, Type: airtable.SingleLineText}
	switch {
	case strings.Contains(typ, ">"):
		reversed := strings.HasPrefix(typ, "~")
		to, inverse, _ := strings.Cut(typ[strings.Index(typ, ">")+1:], "/")
		o := airtable.LinkOptions{LinkedTableID: tableID(base, to), IsReversed: reversed}
		if inverse != "" {
			o.InverseLinkFieldID = fieldID(base, to, inverse)
		}
		f.Type, f.Options = airtable.MultipleRecordLinks, marshal(t, o)
	case typ == "number":
		f.Type, f.Options = airtable.Number, json.RawMessage(`{"precision":0}`)
	case typ != "":
		f.Type = airtable.FieldType(typ)
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

// fromStoT is a sync of all tables of base appS into base appT.
func fromStoT(rules ...Rule) Sync {
	return Sync{
		Sources: []SyncedBase{{Base: "appS"}}, Targets: []SyncedBase{{Base: "appT"}},
		Rules: rules, ExternalIDField: "Source Record ID",
	}
}

// rule maps pairs of field names, or all fields if there are none.
func rule(source, target string, fields ...string) Rule {
	r := Rule{SourceTable: source, TargetTable: target}
	for pair := range slices.Chunk(fields, 2) {
		if r.FieldMapping == nil {
			r.FieldMapping = map[string]string{}
		}
		r.FieldMapping[pair[0]] = pair[1]
	}
	return r
}

type schemas = map[airtable.BaseID]*airtable.Base

// detect plans fromStoT.
func detect(t *testing.T, rules []Rule, source, target []string) (Plan, []Fault) {
	t.Helper()
	return DetectSchemaChanges(fromStoT(rules...), schemas{"appS": schemaOf(t, "appS", source...), "appT": schemaOf(t, "appT", target...)})
}

// short writes faults down in short lines.
func short(faults []Fault) []string {
	var lines []string
	for _, f := range faults {
		lines = append(lines, fmt.Sprintf("%s %s %s.%s", f.Code, f.Pointer, f.Table, f.Field))
	}
	return lines
}

// lines writes a plan down in short lines.
func lines(p Plan) []string {
	var lines []string
	for _, c := range p.Changes {
		line := fmt.Sprintf("%s %s", c.Type, c.Name)
		for _, f := range c.Fields {
			line += fmt.Sprintf(" [%s %s]", f.Name, f.Type)
		}
		if c.Rename != "" {
			line += fmt.Sprintf(" %s to %s", c.Field, c.Rename)
		}
		lines = append(lines, line)
	}
	for _, pair := range p.Pairs {
		line := pair.Target.Name + ":"
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

// ext is the external ID in a line of schemaOf.
const ext = "Source_Record_ID"

// people is a pair with a field of every sort that matters to a comparison.
func people() Pair {
	return Pair{
		Source: Side{Base: "appS", Table: "tblS", Name: "People"}, Target: Side{Base: "appT", Table: "tblT", Name: "People"},
		ExternalID: "fldX",
		Fields: []FieldPair{
			{Source: "fldName", Target: airtable.Field{ID: "fldN", Name: "Name", Type: airtable.SingleLineText}},
			{Source: "fldDone", Target: airtable.Field{ID: "fldD", Name: "Done", Type: airtable.Checkbox}},
			{Source: "fldSum", Target: airtable.Field{ID: "fldS", Name: "Sum", Type: airtable.MultilineText}, AsText: true},
			{Source: "fldNote", Target: airtable.Field{ID: "fldR", Name: "Note", Type: airtable.RichText}},
		},
		Links:   []LinkPair{{Source: "fldBoss", Target: "fldB", Name: "Boss", To: "people", Later: true}, {Source: "fldFirm", Target: "fldF", Name: "Firm", To: "firms"}},
		Skipped: []SkippedLink{{Source: "fldOut", Name: "Out"}},
	}
}

// row is a record with the fields of a JSON object.
func row(t *testing.T, id, fields string) airtable.Record {
	t.Helper()
	r := airtable.Record{ID: airtable.RecordID(id)}
	if err := json.Unmarshal([]byte(fields), &r.Fields); err != nil {
		t.Fatal(err)
	}
	return r
}
