package openset

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

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
