package openset

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

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
