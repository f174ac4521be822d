package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// tagged is people with a select, a list of selects and a person.
func tagged() Pair {
	p := people()
	p.Fields = []FieldPair{
		{Source: "fldName", Target: airtable.Field{ID: "fldN", Type: airtable.SingleLineText}},
		{Source: "fldOne", Target: airtable.Field{ID: "fldO", Type: airtable.SingleSelect, Options: []byte(`{"choices":[{"name":"a"},{"name":"b"}]}`)}},
		{Source: "fldMany", Target: airtable.Field{ID: "fldM", Type: airtable.MultipleSelects, Options: []byte(`{"choices":[{"name":"x"}]}`)}},
		{Source: "fldWho", Target: airtable.Field{ID: "fldW", Type: airtable.SingleCollaborator}},
	}
	return p
}

// told writes calls down: the rows with their fields that are not empty.
func told(calls []Call) []string {
	var lines []string
	for _, c := range calls {
		line := fmt.Sprintf("typecast %t:", c.Request.Typecast)
		for i, row := range c.Rows {
			line += fmt.Sprintf(" %d", row)
			for _, f := range []string{"fldN", "fldO", "fldM", "fldW", "fldF"} {
				if cell := string(c.Request.Records[i].Fields[f]); cell != "" && cell != "null" {
					line += f[3:]
				}
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func changesOf(t *testing.T, p Pair, rows ...string) []RowChange {
	t.Helper()
	var changes []RowChange
	for i, fields := range rows {
		changes = append(changes, desired(p, row(t, fmt.Sprintf("rec%d", i), fields)))
	}
	return changes
}

// Only a new choice takes typecast, and a link is never written with it.
func TestTypecastIsForNewChoicesOnly(t *testing.T) {
	t.Parallel()
	p, targets := tagged(), Counterparts{"firms": {"recF": "recTF"}}
	const known, new1, link = `"fldOne":"a","fldMany":["x"]`, `"fldOne":"new"`, `"fldFirm":["recF"]`
	for name, test := range map[string]struct {
		rows []string
		want []string
	}{
		"nothing special":           {[]string{`{"fldName":"A",` + link + `}`, `{` + known + `}`}, []string{"typecast false: 0NF 1OM"}},
		"a new choice":              {[]string{`{` + new1 + `}`, `{"fldName":"A",` + link + `}`}, []string{"typecast true: 0O", "typecast false: 1NF"}},
		"a new one of many":         {[]string{`{"fldMany":["x","y"]}`}, []string{"typecast true: 0M"}},
		"a new choice with links":   {[]string{`{"fldName":"A",` + new1 + `,` + link + `}`, `{` + link + `}`}, []string{"typecast true: 0NO", "typecast false: 0F 1F"}},
		"a choice in another case":  {[]string{`{"fldOne":"A"}`}, []string{"typecast true: 0O"}},
		"a person takes none":       {[]string{`{"fldWho":{"id":"usr1","email":"a@b.c"}}`}, []string{"typecast false: 0W"}},
		"a cell that must be empty": {[]string{`{"fldOne":"new","fldFirm":[]}`}, []string{"typecast true: 0O"}},
	} {
		calls, _ := Calls(p, changesOf(t, p, test.rows...), targets, PassRows)
		if diff := cmp.Diff(test.want, told(calls)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	calls, _ := Calls(p, changesOf(t, p, `{`+new1+`,`+link+`}`), targets, PassLinks)
	if diff := cmp.Diff([]string{"typecast false: 0F"}, told(calls)); diff != "" {
		t.Errorf("the second pass (-want +got):\n%s", diff)
	}
}

// A person whom the target does not know costs one row the person, and no other.
func TestACallIsTakenApart(t *testing.T) {
	t.Parallel()
	p := tagged()
	calls, _ := Calls(p, changesOf(t, p, `{"fldName":"A"}`, `{"fldName":"B","fldWho":{"email":"a@b.c"}}`, `{"fldName":"C"}`, `{"fldWho":{"email":"d@b.c"}}`), nil, PassRows)
	apart := calls[0].Apart(p)
	if diff := cmp.Diff("typecast false: 1NW|typecast false: 3W|typecast false: 0N 2N", strings.Join(told(apart), "|")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	without, had := apart[0].WithoutPeople(p)
	if diff := cmp.Diff([]string{"typecast false: 1N"}, told([]Call{without})); diff != "" || !had || string(without.Request.Records[0].Fields["fldW"]) != "null" {
		t.Errorf("without people: %t (-want +got):\n%s", had, diff)
	}
	if _, had = apart[2].WithoutPeople(p); had || apart[2].Apart(p) != nil {
		t.Error("a call without people is taken apart")
	}
}
