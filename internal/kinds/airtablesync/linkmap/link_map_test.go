package linkmap

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// onBoth runs a test on a link map in each dialect.
func onBoth(t *testing.T, test func(t *testing.T, m *LinkMap)) {
	t.Helper()
	urls := map[db.Dialect]func(*testing.T) string{
		db.SQLite:   func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/store.db" },
		db.Postgres: func(t *testing.T) string { return pgtest.URL(t) },
	}
	for dialect, url := range urls {
		t.Run(string(dialect), func(t *testing.T) {
			d, err := db.Open(t.Context(), db.Options{URL: url(t)})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			m, err := Open(t.Context(), d)
			if err != nil {
				t.Fatal(err)
			}
			test(t, m)
		})
	}
}

func (m *LinkMap) must(t *testing.T, writes ...db.Write) {
	t.Helper()
	for _, w := range writes {
		if err := m.db.Write(context.Background(), w); err != nil {
			t.Fatal(err)
		}
	}
}

var here = Scope{Workspace: "ws", Workflow: "wf", Pair: "p"}

type recordIDs = []airtable.RecordID

func TestLinkMapFollowsARow(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		ctx := t.Context()
		step := func(what string, want Known) {
			t.Helper()
			known, err := m.Known(ctx, here, recordIDs{"rec1", "rec2"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(map[airtable.RecordID]Known{"rec1": want}, known); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		m.must(t, m.Sweep(here, "s1", recordIDs{"rec1"}))
		step("intended", Known{Created: true, Swept: "s1"})
		m.must(t, m.List(here, "l1", []Listed{{Source: "rec1", Target: "recT", Hash: "h", Answer: "a"}}))
		step("found after a lost answer", Known{Target: "recT", Created: true, Swept: "s1", Listed: "l1", ListedHash: "h", ListedAnswer: "a"})
		m.must(t, m.Wrote(here, []Written{{Source: "rec1", Target: "recT", Hash: "h2", Answer: "a2"}}))
		want := Known{Target: "recT", Created: true, Hash: "h2", Answer: "a2", Swept: "s1", Listed: "l1", ListedHash: "h", ListedAnswer: "a"}
		step("written", want)
		m.must(t, m.Sweep(here, "s2", recordIDs{"rec1"}), m.Sweep(here, "s2", recordIDs{"rec1"}))
		want.Swept = "s2"
		step("swept twice", want)
		m.must(t, m.Forget(here, recordIDs{"rec1"}))
		if known, _ := m.Known(ctx, here, recordIDs{"rec1"}); len(known) != 0 {
			t.Errorf("forgotten: %+v", known)
		}
	})
}

func TestLinkMapKeepsScopesApart(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		for _, other := range []Scope{{"ws2", "wf", "p"}, {"ws", "wf2", "p"}, {"ws", "wf", "p2"}} {
			m.must(t, m.Wrote(other, []Written{{Source: "rec1", Target: "recO"}}))
		}
		m.must(t, m.Wrote(here, []Written{{Source: "rec1", Target: "recT"}}))
		targets, err := m.Targets(t.Context(), here, recordIDs{"rec1"})
		if diff := cmp.Diff(map[airtable.RecordID]airtable.RecordID{"rec1": "recT"}, targets); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		sources, err := m.Sources(t.Context(), here, recordIDs{"recT", "recO"})
		if diff := cmp.Diff(map[airtable.RecordID]airtable.RecordID{"recT": "rec1"}, sources); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestLinkMapTellsWhatIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		ids := recordIDs{"recA", "recB", "recC", "recD"}
		m.must(t, m.Sweep(here, "old", ids))
		m.must(t, m.Wrote(here, []Written{{Source: "recA", Target: "recTA"}, {Source: "recB", Target: "recTB"}, {Source: "recC", Target: "recTC"}}))
		m.must(t, m.Sweep(here, "new", recordIDs{"recA"}))
		m.must(t, m.List(here, "l", []Listed{{Source: "recA", Target: "recTA"}, {Source: "recB", Target: "recTB"},
			{Source: "recX", Target: "recTX"}})) // recX was not made by this sync, recTC is gone from the target
		gone, err := m.Missing(t.Context(), here, "", "new", "l", 10)
		if diff := cmp.Diff([]Gone{{"recB", "recTB"}}, gone); diff != "" || err != nil {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if gone, _ = m.Missing(t.Context(), here, "recB", "new", "l", 10); len(gone) != 0 {
			t.Errorf("after the last: %v", gone)
		}
		rows, missing, err := m.Count(t.Context(), here, "new", "l")
		if rows != 4 || missing != 1 || err != nil {
			t.Errorf("%d rows, %d missing, %v", rows, missing, err)
		}
		m.must(t, m.Clean(here, "new", "l"))
		known, err := m.Known(t.Context(), here, append(ids, "recX"))
		if len(known) != 2 || err != nil {
			t.Errorf("after cleaning, with a held delete: %v %+v", err, known)
		}
	})
}

func TestLinkMapTakesManyIDs(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		var ids recordIDs
		var rows []Written
		for i := range 3*idsPerQuery + 1 {
			id := airtable.RecordID("rec" + string(rune('a'+i%26)) + time.Duration(i).String())
			ids = append(ids, id)
			rows = append(rows, Written{Source: id, Target: "T" + id})
		}
		m.must(t, m.Wrote(here, rows))
		targets, err := m.Targets(t.Context(), here, ids)
		if err != nil || len(targets) != len(ids) || targets[ids[7]] != "T"+ids[7] {
			t.Errorf("%d of %d: %v", len(targets), len(ids), err)
		}
	})
}

func TestMarks(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		if _, ok, err := m.Mark(t.Context(), here); ok || err != nil {
			t.Errorf("a mark before the first: %t %v", ok, err)
		}
		want := Mark{At: time.Date(2026, 11, 24, 10, 0, 0, 1000, time.UTC), Fingerprint: "f"}
		m.must(t, m.SaveMark(here, Mark{At: want.At.Add(-time.Hour), Fingerprint: "old"}), m.SaveMark(here, want))
		got, ok, err := m.Mark(t.Context(), here)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%t %v (-want +got):\n%s", ok, err, diff)
		}
	})
}
