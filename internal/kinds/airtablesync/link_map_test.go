package airtablesync

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// onBoth runs a test on a link map in each dialect.
func onBoth(t *testing.T, test func(t *testing.T, m *LinkMap)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		m, err := openLinkMap(t.Context(), dbtest.Open(t, url))
		if err != nil {
			t.Fatal(err)
		}
		test(t, m)
	})
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
		if targets, err := m.Targets(ctx, here, recordIDs{"rec1"}); len(targets) != 0 || err != nil {
			t.Errorf("a row that is not written yet has a target: %v, %v", targets, err)
		}
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
		for i := range 2000 {
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
		m.must(t, m.Sweep(here, "s", recordIDs{"rec1"}))
		if _, ok, err := m.Mark(t.Context(), here); ok || err != nil {
			t.Errorf("a mark of a pair that has only rows: %t %v", ok, err)
		}
		want := Mark{At: time.Date(2026, 11, 24, 10, 0, 0, 1000, time.UTC), Fingerprint: "f"}
		m.must(t, m.SaveMark(here, Mark{At: want.At.Add(-time.Hour), Fingerprint: "old"}), m.SaveMark(here, want))
		got, ok, err := m.Mark(t.Context(), here)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			t.Errorf("%t %v (-want +got):\n%s", ok, err, diff)
		}
	})
}

func TestLinkMapWalksIndexes(t *testing.T) {
	onBoth(t, func(t *testing.T, m *LinkMap) {
		m.must(t, m.Sweep(here, "s", recordIDs{"rec1"}), m.Sweep(Scope{"ws", "wf", "p2"}, "s", recordIDs{"rec1"}))
		dbtest.Fill(t, m.db, 5000, `INSERT INTO airtablesync_links (pair, source_record, target_record, created)
			SELECT 1 + n % 2, 'src' || n, 'tgt' || n, 1 FROM counter`)
		some := json.RawMessage(`["rec1","rec2"]`)
		pair := []any{int64(1), "wf", "p"}
		dbtest.Walks(t, m.db, "find_pair", m.sql.findPair, pair...)
		dbtest.WalksAndFilters(t, m.db, "load_mark", m.sql.loadMark, pair...)
		dbtest.Walks(t, m.db, "read_links", m.sql.readLinks, append(pair, some)...)
		dbtest.WalksAndFilters(t, m.db, "targets_of_sources", m.sql.targetsOfSources, append(pair, some)...)
		dbtest.Walks(t, m.db, "sources_of_targets", m.sql.sourcesOfTargets, append(pair, some)...)
		// These look at every row of the pair, in pages of list_missing.
		dbtest.WalksAndFilters(t, m.db, "list_missing", m.sql.listMissing, append(pair, "rec1", "s", "l", 10)...)
		dbtest.WalksAndFilters(t, m.db, "count_links", m.sql.countLinks, append(pair, "s", "l")...)
		dbtest.WalksAndFilters(t, m.db, "clean_links", m.sql.cleanLinks, int64(1), "s", "l")
	})
}
