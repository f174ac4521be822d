package airtablesync_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// rename gives a table or, with a field, that field another name.
func (b *testBundle) rename(base airtable.BaseID, table, field, to string) {
	b.Helper()
	t, _ := b.schema(base).Table(table)
	if field == "" {
		_, err := b.client.UpdateTable(b.Context(), sourceToken, base, t.ID, airtable.TablePatch{Name: &to})
		b.ok(err)
		return
	}
	f, _ := t.Field(field)
	_, err := b.client.UpdateField(b.Context(), sourceToken, base, t.ID, f.ID, airtable.FieldPatch{Name: &to})
	b.ok(err)
}

// What is renamed is the same table or field: there is no second copy, and the
// target keeps its name.
func TestRenamesMakeNoSecondCopy(t *testing.T) {
	t.Parallel()
	rules := `"sync_rules":[{"source_table":"People","target_table":"Folk","field_mapping":{"Name":"Name","Company":"Firm"}}]`
	for name, test := range map[string]struct{ config, people string }{"without rules": {config(""), "People"}, "with a rule": {config(rules), "Folk"}} {
		for what, rename := range map[string]func(b *testBundle){
			"source table": func(b *testBundle) { b.rename(sourceID, "People", "", "Persons") },
			"target table": func(b *testBundle) { b.rename(targetID, test.people, "", "Crowd") },
			"source field": func(b *testBundle) { b.rename(sourceID, "People", "Name", "Full name") },
			"target field": func(b *testBundle) { b.rename(targetID, test.people, "Name", "Label") },
			"source link":  func(b *testBundle) { b.rename(sourceID, "People", "Company", "Employer") },
			"external ID":  func(b *testBundle) { b.rename(targetID, test.people, airtablesync.DefaultExternalIDField, "Key") },
		} {
			t.Run(name+" "+what, func(t *testing.T) {
				t.Parallel()
				b := setup(t, nil)
				ids := b.crm()
				b.emptyTarget()
				b.complete(test.config, "")
				before := b.schema(targetID)
				rename(b)
				renamed := b.schema(targetID)
				people := b.schema(sourceID).Tables[1] // whatever it is called
				for _, mode := range []string{"incremental", "full"} {
					b.update(sourceID, string(people.ID), ids["People"][3], fmt.Sprintf(`{%q:"edited %s"}`, people.Fields[0].Name, mode))
					got := b.complete(test.config, `{"mode":"`+mode+`"}`)
					if got.Calls.Write != 1 {
						t.Errorf("%s: %+v", mode, got)
					}
				}
				for i, table := range b.schema(targetID).Tables {
					if len(table.Fields) != len(before.Tables[i].Fields) || table.Name != renamed.Tables[i].Name {
						t.Errorf("table %s has %d fields, had %d", table.Name, len(table.Fields), len(before.Tables[i].Fields))
					}
					if table.Name == test.people || table.Name == "Crowd" {
						if n := strings.Count(fmt.Sprintf("%s", b.rows(targetID, table.Name)), "edited full"); n != 1 || len(b.rows(targetID, table.Name)) != 25 {
							t.Errorf("%d rows have the edit", n)
						}
					}
				}
				if n := len(b.schema(targetID).Tables); n != len(before.Tables) {
					t.Errorf("%d tables, were %d", n, len(before.Tables))
				}
			})
		}
	}
}

// A name that something else has now is not guessed at.
func TestANameThatSomethingElseHasNow(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	b.rename(sourceID, "People", "", "Persons")
	_, err := b.client.CreateTable(t.Context(), sourceToken, sourceID, table("People", text("Name")))
	b.ok(err)
	got := b.run(config(""), "")
	if got.event.Type != engine.EventFailed || got.Code != "name_reused" || !strings.Contains(got.Message, `"Persons"`) || !strings.Contains(got.Message, "nothing was written") {
		t.Errorf("%s: %s", got.event.Type, got.event.Data)
	}
}
