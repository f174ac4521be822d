package airtablesync_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// With the mark of production, no generation has more records than a kind may
// have, however many rows change.
func TestThirtyThousandRowsInShortGenerations(t *testing.T) {
	t.Parallel()
	const perTable = 15_100
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name")), table("Tasks", text("Name")))
	for _, table := range []string{"People", "Tasks"} {
		b.insert(sourceID, table, numbered(perTable)...)
	}
	b.emptyTarget()
	if got := b.complete(config(""), ""); got.Calls.Write != 2*perTable/10 {
		t.Errorf("%+v", got)
	}
	b.shortGenerations(2)
	for _, table := range []string{"People", "Tasks"} {
		if n := len(b.rows(targetID, table)); n != perTable {
			t.Errorf("%d rows of %s in the target", n, table)
		}
	}
}

// What is under way at the end of a generation is little, also when there are more
// bases than are worked on at a time, and when much is missing in their schemas.
func TestManyBasesInShortGenerations(t *testing.T) {
	t.Parallel()
	const bases, rows = 52, 300
	fields := []airtable.NewField{text("Name")}
	for i := range 7 {
		fields = append(fields, text("Field "+string(rune('A'+i))))
	}
	b := setup(t, nil)
	b.base(sourceID, table("People", fields...))
	b.insert(sourceID, "People", numbered(rows)...)
	var targets []string
	for i := range bases {
		id := airtable.BaseID(fmt.Sprintf("appTarget000000%02d", i))
		b.base(id, table("People", text("Name")))
		targets = append(targets, fmt.Sprintf(`{"base_id":%q,"api_key":"secret:sec_target"}`, id))
	}
	config := strings.Replace(config(""), `{"base_id":"`+string(targetID)+`","api_key":"secret:sec_target"}`, strings.Join(targets, ","), 1)
	if got := b.complete(config, ""); got.Calls.Write != bases*rows/10 {
		t.Errorf("%+v", got.Calls)
	}
	b.shortGenerations(2)
}

func numbered(n int) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = fmt.Sprintf(`{"Name":"%d"}`, i)
	}
	return rows
}

// shortGenerations checks how long the generations of the last run are: all that
// the store has of them counts.
func (b *testBundle) shortGenerations(atLeast int) {
	b.Helper()
	var generations []int
	records := 0
	for _, e := range b.events(true) {
		if e.Stream.ID != b.execution(b.runs) {
			continue
		}
		if records++; e.Type == engine.EventContinued || e.Type == engine.EventCompleted {
			generations, records = append(generations, records), 0
		}
	}
	b.Logf("generations of %d records", generations)
	if longest := slices.Max(generations); longest > engine.MaxGeneration || len(generations) < atLeast {
		b.Errorf("%d generations, the longest of %d records", len(generations), longest)
	}
}
