package openset

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/enginetest"
	"github.com/pyairtable/pyairtable-workflows/internal/core/eventstore"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// each runs a test on a set without a table and on both databases.
func each(t *testing.T, test func(t *testing.T, d *db.DB)) {
	t.Run("memory", func(t *testing.T) { t.Parallel(); test(t, nil) })
	dbtest.Each(t, func(t *testing.T, url string) { test(t, dbtest.Open(t, url)) })
}

// loaded returns a set over a store, and what it has to recover.
func loaded(t *testing.T, d *db.DB, store eventstore.Store) (*Set, []Row) {
	t.Helper()
	s := New(d)
	rows, err := s.Load(t.Context(), store, "local")
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b Row) int { return a.Key.compare(b.Key) })
	return s, rows
}

func memory(t *testing.T) *enginetest.Memory {
	t.Helper()
	m := enginetest.NewMemory()
	t.Cleanup(func() { m.Close() })
	return m
}

// append writes events of an execution and returns the last position.
func appendTo(t *testing.T, store eventstore.Store, execution string, types ...string) int64 {
	t.Helper()
	a := eventstore.StreamAppend{Stream: eventstore.StreamID{Workspace: "ws", Type: engine.StreamType, ID: execution}, Expected: eventstore.Any,
		Labels: engine.Labels{Kind: "k", Definition: "wf"}.Encode()}
	for _, of := range types {
		e := eventstore.NewEvent{Type: of, Data: json.RawMessage(`{}`)}
		switch of {
		case engine.EventCreated:
			e.Data = (&engine.Created{Function: "k/f", Engine: "local", Version: 1, Priority: 4, Parent: &engine.Parent{Execution: "ex_p"}}).Encode()
		case "foreign":
			e.Type, e.Data = engine.EventCreated, (&engine.Created{Function: "k/f", Engine: "other"}).Encode()
		}
		a.Events = append(a.Events, e)
	}
	done, err := store.Append(t.Context(), eventstore.Batch{Streams: []eventstore.StreamAppend{a}})
	if err != nil {
		t.Fatal(err)
	}
	return done.Position
}

func row(execution string, change ...func(*Row)) Row {
	r := Row{Key: Key{"ws", execution}, Kind: "k", Definition: "wf", State: workflow.Running, Idle: true, From: 1}
	for _, c := range change {
		c(&r)
	}
	return r
}

func wakes(at int64) func(*Row) { return func(r *Row) { r.WakeAt = at } }

func atWork(r *Row) { r.Recover, r.Idle = true, false }

func pending(priority int) func(*Row) {
	return func(r *Row) { r.State, r.Priority = workflow.Pending, priority }
}

func save(t *testing.T, s *Set) {
	t.Helper()
	if err := s.Save(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func find(t *testing.T, s *Set, execution string) (Row, bool) {
	t.Helper()
	r, found, err := s.Find(t.Context(), Key{"ws", execution})
	if err != nil {
		t.Fatal(err)
	}
	return r, found
}

func names(rows []Row) (all []string) {
	for _, r := range rows {
		all = append(all, r.Key.Execution)
	}
	return all
}

func wantNames(t *testing.T, rows []Row, want ...string) {
	t.Helper()
	if got := names(rows); !slices.Equal(got, want) {
		t.Errorf("rows %v, want %v", got, want)
	}
}
