package definition

import (
	"fmt"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// cache is a fresh one that holds at most so many.
func cache(t *testing.T, most int) *Cache {
	t.Helper()
	store, err := sqlite.Open(t.Context(), dbtest.Open(t, dbtest.SQLite(t)), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	c := NewCache(store)
	c.most = most
	return c
}

// version records the next version of a workflow.
func (c *Cache) version(t *testing.T, d *Definition, number int) {
	t.Helper()
	event := workflow.EventUpdated
	if number == 1 {
		event = workflow.EventCreated
	}
	if err := c.Record(t.Context(), d, eventstore.Meta{}, event, workflow.VersionData{Version: number, Name: fmt.Sprint("v", number)}, nil); err != nil {
		t.Fatal(err)
	}
}

func (c *Cache) create(t *testing.T, id workflow.ID, versions int) {
	t.Helper()
	err := c.Create("ws_a", id, func(d *Definition) error {
		for n := range versions {
			c.version(t, d, n+1)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A stream is read to its end, however long it is.
func TestAWorkflowOfManyVersions(t *testing.T) {
	t.Parallel()
	const many = 450
	written := cache(t, maxHeld)
	written.create(t, "wf_1", many)
	c := NewCache(written.store)
	all, err := c.Versions(t.Context(), "ws_a", "wf_1")
	if err != nil || len(all) != many || all[many-1].Number != many {
		t.Errorf("%d versions, %v", len(all), err)
	}
	err = c.Read(t.Context(), "ws_a", "wf_1", func(d *Definition) error {
		if d.Newest.Version != many || d.stream != many {
			t.Errorf("the newest is %d, of %d events", d.Newest.Version, d.stream)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for _, n := range []int{1, 200, 201, many} {
		if v, err := c.Version(t.Context(), "ws_a", "wf_1", n); err != nil || v.Name != fmt.Sprint("v", n) {
			t.Errorf("version %d is %q, %v", n, v.Name, err)
		}
	}
}

// Whoever holds a workflow holds the one that everybody else gets, however many
// others come by: two of them would be two locks.
func TestWhatIsHeldIsNotForgotten(t *testing.T) {
	t.Parallel()
	c := cache(t, 2)
	c.create(t, "wf_held", 1)
	err := c.Read(t.Context(), "ws_a", "wf_held", func(held *Definition) error {
		for n := range 20 {
			c.create(t, workflow.ID(fmt.Sprint("wf_", n)), 1)
			_ = c.Read(t.Context(), "ws_a", workflow.ID(fmt.Sprint("wf_none", n)), func(*Definition) error { return nil })
		}
		return c.Read(t.Context(), "ws_a", "wf_held", func(d *Definition) error {
			if d != held {
				t.Error("a second one is handed out")
			}
			return nil
		})
	})
	if err != nil {
		t.Error(err)
	}
	if len(c.held) != c.most {
		t.Errorf("%d are kept, at most %d may be", len(c.held), c.most)
	}
}
