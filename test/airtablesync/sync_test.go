package airtablesync_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
)

// sameTables compares source and target tables of one name.
func (b *bed) sameTables(names ...string) {
	b.Helper()
	for _, name := range names {
		if diff := cmp.Diff(b.readable(sourceID, name), b.readable(targetID, name)); diff != "" {
			b.Errorf("table %s (-source +target):\n%s", name, diff)
		}
	}
}

func TestFullThenEditThenDelete(t *testing.T) {
	b := newBed(t, options{})
	b.base(sourceID, table("People", text("Name"), field("Age", airtable.Number, `{"precision":0}`)))
	b.emptyTarget()
	var rows []string
	for i := range 25 {
		rows = append(rows, fmt.Sprintf(`{"Name":"P%02d","Age":%d}`, i, i))
	}
	ids := b.insert(sourceID, "People", rows...)
	c := config(`"batch_size":7`)

	got := b.complete(c, `{"mode":"full"}`)
	b.sameTables("People")
	if s := got.Tables[0]; s.Created != 25 || s.Updated != 0 || s.Unchanged != 0 || s.Read != 25 {
		t.Errorf("first run: %+v", s)
	}
	if got.Calls.Write != 3 {
		t.Errorf("25 rows cost %d writes", got.Calls.Write)
	}

	got = b.complete(c, `{"mode":"full"}`)
	if s := got.Tables[0]; s.Unchanged != 25 || got.Calls.Write != 0 || s.Mode != "full" {
		t.Errorf("equal rows cost writes: %+v %+v", s, got.Calls)
	}

	b.update(sourceID, "People", ids[3], `{"Name":"edited","Age":null}`)
	b.insert(sourceID, "People", `{"Name":"new"}`)
	got = b.complete(c, "")
	b.sameTables("People")
	if s := got.Tables[0]; s.Mode != "incremental" || s.Created != 1 || s.Updated != 1 || got.Calls.Write != 1 {
		t.Errorf("incremental run: %+v %+v", s, got.Calls)
	}

	b.remove(sourceID, "People", ids[5])
	if got = b.complete(c, `{"mode":"incremental"}`); got.Tables[0].Deleted != 0 || len(b.rows(targetID, "People")) != 26 {
		t.Errorf("an incremental run deleted: %+v", got.Tables[0])
	}
	got = b.complete(c, `{"mode":"full"}`)
	b.sameTables("People")
	if s := got.Tables[0]; s.Deleted != 1 || s.Held != 0 || got.Calls.Write != 0 {
		t.Errorf("full run after a delete: %+v", s)
	}
}
