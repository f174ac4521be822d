package openset_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/local/openset"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore/sqlite"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// place is a store in which processes come and go.
type place struct {
	t     *testing.T
	db    *db.DB
	store eventstore.Store
}

func open(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, db: dbtest.Open(t, dbtest.SQLite(t))}
	store, err := sqlite.Open(t.Context(), p.db, sqlite.Options{})
	p.must(err)
	t.Cleanup(func() { _ = store.Close() })
	p.store = store
	return p
}

func (p *place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// process returns the set of a new process, and what it has to look at.
func (p *place) process() (*openset.Set, []string) {
	p.t.Helper()
	s := openset.New(p.db)
	rows, err := s.Load(p.t.Context(), p.store, "test")
	p.must(err)
	return s, names(rows)
}

func names(rows []openset.Row) []string {
	var all []string
	for _, r := range rows {
		all = append(all, r.Key.Execution)
	}
	slices.Sort(all)
	return all
}

// happened appends an event of an execution, and tells s of the commit unless it
// is nil: then the process died first.
func (p *place) happened(s *openset.Set, execution, kind string, toRecover bool) {
	p.t.Helper()
	e := eventstore.NewEvent{Type: kind}
	if kind == engine.EventCreated {
		c := engine.Created{Function: "f", Engine: "test"}
		if execution == "foreign" {
			c.Engine = "another"
		}
		e.Data = c.Encode()
	}
	a, err := p.store.Append(p.t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{{
		Stream: eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: execution}, Expected: eventstore.Any, Events: []eventstore.NewEvent{e}}}})
	p.must(err)
	if s != nil {
		r := openset.Row{Key: openset.Key{Workspace: "ws", Execution: execution}, Kind: "k", Definition: "d", State: workflow.Running, Recover: toRecover}
		s.Saw(a.Position, r, kind == engine.EventCreated, engine.IsEnd(kind))
	}
}

func TestTheNextProcessLooksAtWhatWasAtWork(t *testing.T) {
	t.Parallel()
	p := open(t)
	s, _ := p.process()
	for execution, toRecover := range map[string]bool{"busy": true, "idle": false, "touched": false, "touched late": false, "done": true, "gone": true} {
		p.happened(s, execution, engine.EventCreated, toRecover)
	}
	p.happened(s, "gone", engine.EventCompleted, false)
	p.must(s.Save(t.Context()))
	p.happened(s, "touched", engine.EventWaiting, false)
	p.happened(nil, "touched late", engine.EventWaiting, false)
	p.happened(nil, "done", engine.EventCompleted, false)
	for _, execution := range []string{"new", "brief", "foreign"} {
		p.happened(nil, execution, engine.EventCreated, false)
	}
	p.happened(nil, "brief", engine.EventCompleted, false)

	next, found := p.process()
	if diff := cmp.Diff([]string{"busy", "new", "touched", "touched late"}, found); diff != "" {
		t.Error(diff)
	}
	p.must(next.Save(t.Context()))
	p.page(next, "after a save", "busy", "idle", "new", "touched", "touched late")
}

// page compares the open executions.
func (p *place) page(s *openset.Set, when string, want ...string) {
	p.t.Helper()
	rows, err := s.Page(p.t.Context(), openset.Key{}, 100)
	p.must(err)
	if diff := cmp.Diff(want, names(rows)); diff != "" {
		p.t.Errorf("open %s: %s", when, diff)
	}
}

func TestWhatCouldNotBeSavedIsSavedLater(t *testing.T) {
	t.Parallel()
	p := open(t)
	s, _ := p.process()
	p.happened(s, "old", engine.EventCreated, false)
	p.must(s.Save(t.Context()))
	p.happened(s, "kept", engine.EventCreated, false)
	p.happened(s, "old", engine.EventCompleted, false)
	dbtest.Exec(t, p.db, "ALTER TABLE engine_open RENAME TO away")
	if s.Save(t.Context()) == nil {
		t.Fatal("saved without a table")
	}
	dbtest.Exec(t, p.db, "ALTER TABLE away RENAME TO engine_open")
	p.happened(s, "later", engine.EventCreated, false)
	p.page(s, "before it is saved again", "kept", "later")
	p.must(s.Save(t.Context()))
	next, found := p.process()
	if len(found) != 0 {
		t.Errorf("the next process looks at %v, and all of them wait", found)
	}
	p.page(next, "in the next process", "kept", "later")
}
