package openset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		s, rows := loaded(t, d, memory(t))
		if len(rows) != 0 {
			t.Errorf("an empty store has %v", rows)
		}
		full := Row{Key: Key{"ws", "ex_1"}, Kind: "k", Definition: "wf", Priority: 7, Child: true, State: workflow.Parked, Recover: true, WakeAt: 9, From: 5}
		s.Saw(1, full, true, false)
		s.Saw(2, row("ex_2", wakes(4)), true, false)
		for range 2 {
			got, found := find(t, s, "ex_1")
			if diff := cmp.Diff(full, got); !found || diff != "" {
				t.Error(diff)
			}
			save(t, s)
		}
		s.Saw(3, row("ex_2", wakes(6), func(r *Row) { r.From = 30 }), false, false)
		save(t, s)
		if got, _ := find(t, s, "ex_2"); got.WakeAt != 6 || got.From != 30 || !got.Idle || got.Recover {
			t.Errorf("changed to %+v", got)
		}
		s.Saw(4, full, false, true)
		for range 2 {
			if _, found := find(t, s, "ex_1"); found {
				t.Error("one that has ended is found")
			}
			save(t, s)
		}
	})
}

func TestTheNextProcess(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d, store := dbtest.Open(t, url), memory(t)
		s, _ := loaded(t, d, store)
		for _, c := range []struct {
			id string
			r  Row
		}{{"ex_busy", row("ex_busy", atWork)}, {"ex_idle", row("ex_idle")}, {"ex_touched", row("ex_touched")}, {"ex_ends", row("ex_ends", atWork)}} {
			s.Saw(appendTo(t, store, c.id, engine.EventCreated, engine.EventStarted), c.r, true, false)
		}
		save(t, s)
		// The process dies before it saves what comes now.
		appendTo(t, store, "ex_touched", "journal.signal_received")
		appendTo(t, store, "ex_ends", engine.EventCompleted)
		appendTo(t, store, "ex_young", engine.EventCreated)
		appendTo(t, store, "ex_short", engine.EventCreated, engine.EventCompleted)
		appendTo(t, store, "ex_foreign", "foreign", engine.EventStarted)
		s, rows := loaded(t, d, store)
		wantNames(t, rows, "ex_busy", "ex_touched", "ex_young")
		want := Row{Key: Key{"ws", "ex_young"}, Kind: "k", Definition: "wf", Priority: 4, Child: true, State: workflow.Running, Recover: true}
		if diff := cmp.Diff(want, rows[2]); diff != "" {
			t.Error(diff)
		}
		page, err := s.Page(t.Context(), Key{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		wantNames(t, page, "ex_busy", "ex_idle", "ex_touched", "ex_young")
		// Everything is saved now: a third process reads no event.
		head, _ := store.Head(t.Context())
		if s.saved != head {
			t.Errorf("saved up to %d of %d", s.saved, head)
		}
		if s, _ = loaded(t, d, store); s.position != head {
			t.Errorf("the next process begins at %d of %d", s.position, head)
		}
	})
}

func TestWithoutATableTheStoreSaysAll(t *testing.T) {
	t.Parallel()
	store := memory(t)
	appendTo(t, store, "ex_1", engine.EventCreated, engine.EventStarted, "journal.timer_set")
	appendTo(t, store, "ex_2", engine.EventCreated, engine.EventFailed)
	appendTo(t, store, "ex_3", "foreign", engine.EventStarted)
	for i := range pageOf { // more than one page of events
		appendTo(t, store, fmt.Sprintf("ex_short%d", i), engine.EventCreated, engine.EventCompleted)
	}
	appendTo(t, store, "ex_4", engine.EventCreated)
	s, rows := loaded(t, nil, store)
	wantNames(t, rows, "ex_1", "ex_4")
	s.Gone(Key{"ws", "ex_1"})
	if _, found := find(t, s, "ex_1"); found || len(s.changed) != 1 {
		t.Errorf("one that is gone is found; %d rows are left", len(s.changed))
	}
}

// blocked keeps the writer of a database busy until the result is called.
func blocked(t *testing.T, d *db.DB) func() {
	t.Helper()
	began, open, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_ = d.Write(context.Background(), func(context.Context, db.Tx) error {
			close(began)
			<-open
			return nil
		})
	}()
	<-began
	return sync.OnceFunc(func() { close(open); <-done })
}

// saving saves in the background and returns once the changes are on their way.
func saving(ctx context.Context, s *Set) <-chan error {
	done := make(chan error, 1)
	go func() { done <- s.Save(ctx) }()
	for {
		s.mu.Lock()
		moving := s.moving != nil
		s.mu.Unlock()
		if moving {
			return done
		}
	}
}

// What changes while rows are being saved is neither lost nor overtaken.
func TestChangesDuringASave(t *testing.T) {
	t.Parallel()
	for name, fails := range map[string]bool{"succeeds": false, "fails": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, url string) {
				d := dbtest.Open(t, url)
				s, _ := loaded(t, d, memory(t))
				s.Saw(1, row("ex_old"), true, false)
				save(t, s)
				for i, id := range []string{"ex_same", "ex_again", "ex_ends"} {
					s.Saw(int64(i+2), row(id, wakes(10)), true, false)
				}
				s.Saw(5, row("ex_old", wakes(20)), false, false)
				ctx, cancel := context.WithCancel(t.Context())
				unblock := blocked(t, d)
				defer unblock()
				done := saving(ctx, s)
				due, err := s.Due(t.Context(), 15, 10) // they stand in no table yet
				if err != nil || len(due) != 3 {
					t.Errorf("due while they are saved: %v (%v)", names(due), err)
				}
				s.Saw(6, row("ex_again", wakes(40)), false, false)
				s.Saw(7, row("ex_ends"), false, true)
				s.Saw(8, row("ex_old"), false, true)
				if r, found := find(t, s, "ex_same"); !found || r.WakeAt != 10 {
					t.Errorf("while it is saved: %+v", r)
				}
				if _, found := find(t, s, "ex_old"); found {
					t.Error("one that ended while it was saved is found")
				}
				if fails {
					cancel()
				} else {
					unblock()
				}
				if err := <-done; (err != nil) != fails {
					t.Fatalf("Save: %v", err)
				}
				unblock()
				cancel()
				page, err := s.Page(t.Context(), Key{}, 10)
				if err != nil {
					t.Fatal(err)
				}
				wantNames(t, page, "ex_again", "ex_same")
				if r, _ := find(t, s, "ex_again"); r.WakeAt != 40 {
					t.Errorf("the newer one is lost: %+v", r)
				}
				if s.saved != 8 || len(s.changed) != 0 {
					t.Errorf("saved up to %d, %d changes are left", s.saved, len(s.changed))
				}
			})
		})
	}
}

// A row that begins and ends between two saves never reaches the table, also
// when the save in between failed.
func TestShortLivesNeverTouchTheTable(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		s, _ := loaded(t, d, memory(t))
		s.Saw(1, row("ex_1"), true, false)
		s.Saw(2, row("ex_1", wakes(5)), false, false)
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Save(cancelled); !errors.Is(err, context.Canceled) {
			t.Fatalf("Save: %v", err)
		}
		s.Saw(3, row("ex_1"), false, true)
		if len(s.changed) != 0 {
			t.Errorf("changes: %+v", s.changed)
		}
	})
}

func TestDue(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		s, _ := loaded(t, d, memory(t))
		for i, at := range []int64{30, 10, 20, 0, 50} {
			s.Saw(int64(i+1), row(fmt.Sprintf("ex_%d", at), wakes(at)), true, false)
		}
		save(t, s)
		due := func(before int64, limit int) []Row {
			t.Helper()
			rows, err := s.Due(t.Context(), before, limit)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		wantNames(t, due(30, 10), "ex_10", "ex_20", "ex_30")
		wantNames(t, due(29, 10), "ex_10", "ex_20")
		wantNames(t, due(50, 2), "ex_10", "ex_20")
		s.Changed(row("ex_10", wakes(60))) // later
		s.Changed(row("ex_50", wakes(5)))  // sooner
		s.Changed(row("ex_20"))            // never
		wantNames(t, due(30, 10), "ex_50", "ex_30")
		wantNames(t, due(60, 2), "ex_50", "ex_30")
		wantNames(t, due(60, 3), "ex_50", "ex_30", "ex_10")
		s.Gone(Key{"ws", "ex_30"})
		wantNames(t, due(30, 10), "ex_50")
	})
}

func TestPendingInTheOrderOfPriority(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		s, _ := loaded(t, d, memory(t))
		for i, r := range []Row{row("ex_b", pending(0)), row("ex_a", pending(0)), row("ex_c", pending(5)), row("ex_d", pending(-3)), row("ex_running"),
			row("ex_other", pending(9), func(r *Row) { r.Definition = "wf_other" }), row("ex_elsewhere", pending(9), func(r *Row) { r.Key.Workspace = "ws_other" })} {
			s.Saw(int64(i+1), r, true, false)
		}
		list := func(limit int) []Row {
			t.Helper()
			rows, err := s.Pending(t.Context(), "ws", "wf", limit)
			if err != nil {
				t.Fatal(err)
			}
			return rows
		}
		wantNames(t, list(10), "ex_c", "ex_a", "ex_b", "ex_d")
		wantNames(t, list(2), "ex_c", "ex_a")
		s.Saw(9, row("ex_c"), false, false)
		wantNames(t, list(10), "ex_a", "ex_b", "ex_d")
		if rows, err := s.Pending(t.Context(), "ws_unknown", "wf", 10); err != nil || len(rows) != 0 {
			t.Errorf("of an unknown workspace: %v (%v)", rows, err)
		}
	})
}

func TestPages(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, d *db.DB) {
		s, _ := loaded(t, d, memory(t))
		want := map[Key]bool{}
		for i := range 10 {
			r := row(fmt.Sprintf("ex_%d", i), func(r *Row) { r.Key.Workspace = fmt.Sprintf("ws_%d", i%3) })
			want[r.Key] = true
			s.Saw(int64(i+1), r, true, false)
		}
		for _, size := range []int{1, 3, 10, 100} {
			got := map[Key]bool{}
			for after := (Key{}); ; {
				rows, err := s.Page(t.Context(), after, size)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range rows {
					if got[r.Key] {
						t.Fatalf("%v comes twice", r.Key)
					}
					got[r.Key], after = true, r.Key
				}
				if len(rows) < size {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("pages of %d: %s", size, diff)
			}
		}
	})
}

func TestBehindSaysWhenToSave(t *testing.T) {
	t.Parallel()
	behind := func(s *Set) bool {
		select {
		case <-s.Behind():
			return true
		default:
			return false
		}
	}
	d := dbtest.Open(t, dbtest.SQLite(t))
	s, _ := loaded(t, d, memory(t))
	s.Saw(saveEvery-1, row("ex_1"), true, false)
	if behind(s) {
		t.Error("it should be saved too early")
	}
	s.Saw(saveEvery, row("ex_1"), false, false)
	s.Saw(saveEvery+1, row("ex_1"), false, false)
	if !behind(s) || behind(s) {
		t.Error("it should be saved, and it is said once")
	}
	save(t, s)
	s.Saw(2*saveEvery, row("ex_1"), false, false)
	if behind(s) {
		t.Error("it should be saved too early after a save")
	}
}

// Many commits, saves and looks at a time end where a simple list ends.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		s, _ := loaded(t, d, memory(t))
		var commits, looks sync.WaitGroup
		var position sync.Mutex
		next := int64(0)
		stop := make(chan struct{})
		looks.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.Save(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := s.Due(t.Context(), 1000, 5); err != nil {
					t.Error(err)
				}
			}
		})
		for w := range 4 {
			commits.Go(func() {
				for i := range 50 {
					id := fmt.Sprintf("ex_%d_%02d", w, i)
					for wake := range int64(3) {
						position.Lock()
						next++
						s.Saw(next, row(id, wakes(wake)), wake == 0, wake == 2 && i%2 == 0)
						position.Unlock()
						if _, _, err := s.Find(t.Context(), Key{"ws", id}); err != nil {
							t.Error(err)
						}
					}
				}
			})
		}
		commits.Wait()
		close(stop)
		looks.Wait()
		rows, err := s.Page(t.Context(), Key{}, 1000)
		if err != nil || len(rows) != 100 {
			t.Fatalf("%d rows are left (%v)", len(rows), err)
		}
		for _, r := range rows {
			if r.WakeAt != 2 {
				t.Errorf("%+v is not the newest", r)
			}
		}
	})
}
