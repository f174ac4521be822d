package linkmap

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// bed is a link map in one dialect.
type bed struct {
	*testing.T
	*LinkMap
}

// onBoth runs a test on a link map in each dialect.
func onBoth(t *testing.T, test func(b bed)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		b := bed{t, New(d)}
		k := kind.New[engine.None, engine.None]("airtable_sync", kind.Options{Tables: b.Tables()})
		b.Declare(k)
		if err := errors.Join(k.Registry().Err(), k.Migrate(t.Context(), d)); err != nil {
			t.Fatal(err)
		}
		test(b)
	})
}

// in makes writes that a step of a workflow attaches.
func (b bed) in(s Scope, attach ...func(ctx context.Context, pair string) error) {
	b.Helper()
	a := &engine.Attempt{Info: engine.StepInfo{Info: engine.Info{Workspace: s.Workspace, Definition: s.Workflow}}}
	for _, each := range attach {
		b.ok(each(engine.WithAttempt(b.Context(), a), s.Pair))
	}
	_, attached := a.Left()
	for _, w := range attached {
		b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error {
			return w.Write.Apply(ctx, tx, engine.WriteInfo{Workspace: s.Workspace, Definition: s.Workflow}, w.Data)
		}))
	}
}

type attach = func(ctx context.Context, pair string) error

func (b bed) sweep(sweep string, ids ...airtable.RecordID) attach {
	var rows []Swept
	for _, id := range ids {
		rows = append(rows, Swept{Source: id})
	}
	return b.settle(sweep, rows...)
}

func (b bed) settle(sweep string, rows ...Swept) attach {
	return func(ctx context.Context, pair string) error { return b.Sweep(ctx, pair, sweep, rows) }
}

func (b bed) wrote(rows ...Written) attach {
	return func(ctx context.Context, pair string) error { return b.Wrote(ctx, pair, rows) }
}

func (b bed) list(listing string, rows ...Listed) attach {
	return func(ctx context.Context, pair string) error { return b.List(ctx, pair, listing, rows) }
}

func (b bed) forget(rows ...airtable.RecordID) attach {
	return func(ctx context.Context, pair string) error { return b.Forget(ctx, pair, rows) }
}

func (b bed) complete(mark *Mark, sweep, listing string) attach {
	return func(ctx context.Context, pair string) error {
		return b.Complete(ctx, Completed{Pair: pair, Mark: mark, Sweep: sweep, Listing: listing})
	}
}

func (b bed) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

var here = Scope{Workspace: "ws", Workflow: "wf", Pair: "p"}

type recordIDs = []airtable.RecordID

func TestLinkMapFollowsARow(t *testing.T) {
	onBoth(t, func(b bed) {
		left, right, seen := plan.CellHashes{2, 1}, plan.CellHashes{2, 2}, plan.CellHashes{2, 3}
		step := func(what string, want Known) {
			b.Helper()
			known, err := b.Known(b.Context(), here, recordIDs{"rec1", "rec2"})
			if err != nil {
				b.Fatal(err)
			}
			if diff := cmp.Diff(map[airtable.RecordID]Known{"rec1": want}, known); diff != "" {
				b.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		b.in(here, b.sweep("s1", "rec1"))
		step("intended", Known{Made: true, Swept: "s1"})
		if targets, err := b.Targets(b.Context(), here, recordIDs{"rec1"}); len(targets) != 0 || err != nil {
			b.Errorf("a row that is not written yet has a target: %v, %v", targets, err)
		}
		b.in(here, b.list("l1", Listed{Source: "rec1", Target: "recT", Seen: seen}))
		want := Known{Target: "recT", Made: true, Swept: "s1", Listed: "l1", Seen: seen}
		step("found after a lost response", want)
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT", Left: left, Right: right, Losses: 2}))
		want.Left, want.Right, want.Losses = left, right, 2
		step("written", want)
		b.in(here, b.sweep("s2", "rec1"), b.sweep("s2", "rec1"))
		want.Swept = "s2"
		step("swept twice", want)
		b.in(here, b.settle("s2", Swept{Source: "rec1", Left: seen}))
		want.Left = seen
		step("settled on the left", want)
		b.in(here, b.settle("s2", Swept{Source: "rec1", Left: left, Agreed: true}))
		want.Left, want.Right = left, seen
		step("settled on both sides", want)
		b.in(here, b.list("l2", Listed{Source: "rec1", Target: "recT", Right: right}))
		want.Listed, want.Seen, want.Right = "l2", nil, right
		step("listed, in a newer form and without its ID", want)
		b.in(here, b.forget("rec1"))
		if known, _ := b.Known(b.Context(), here, recordIDs{"rec1"}); len(known) != 0 {
			b.Errorf("forgotten: %+v", known)
		}
	})
}

// Whose a target row is changes only when that is known.
func TestLinkMapKnowsWhoseARowIs(t *testing.T) {
	onBoth(t, func(b bed) {
		is := func(what string, want bool) {
			b.Helper()
			if known, err := b.Known(b.Context(), here, recordIDs{"rec1"}); known["rec1"].Made != want || err != nil {
				b.Errorf("%s: %+v %v", what, known, err)
			}
		}
		b.in(here, b.list("l", Listed{Source: "rec1", Target: "recT"}))
		is("it was there", false)
		b.in(here, b.sweep("s", "rec1"), b.wrote(Written{Source: "rec1", Target: "recT"}))
		is("swept and written", false)
		b.in(here, b.settle("s2", Swept{Source: "rec1", Intended: true}))
		is("gone, and to be made again", true)
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT2", Whose: plan.Theirs}))
		is("someone else was faster", false)
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT3", Whose: plan.Ours}))
		is("made again", true)
	})
}

// A target row belongs to one pair at a time, also if someone exchanges the IDs of
// two rows.
func TestATargetRowBelongsToOnePair(t *testing.T) {
	onBoth(t, func(b bed) {
		known := plan.CellHashes{2}
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT1", Left: known}, Written{Source: "rec2", Target: "recT2", Left: known}))
		b.in(here, b.list("l", Listed{Source: "rec1", Target: "recT2"}, Listed{Source: "rec2", Target: "recT1"}))
		targets, err := b.Targets(b.Context(), here, recordIDs{"rec1", "rec2"})
		if diff := cmp.Diff(map[airtable.RecordID]airtable.RecordID{"rec1": "recT2", "rec2": "recT1"}, targets); diff != "" || err != nil {
			b.Errorf("exchanged: %v (-want +got):\n%s", err, diff)
		}
		b.in(here, b.wrote(Written{Source: "rec3", Target: "recT1", Left: known}))
		all, err := b.Known(b.Context(), here, recordIDs{"rec1", "rec2", "rec3"})
		if err != nil || all["rec2"].Target != "" || all["rec2"].Left != nil || all["rec3"].Target != "recT1" || all["rec1"].Target != "recT2" {
			b.Errorf("taken over: %v %+v", err, all)
		}
	})
}

// An id names one pair for ever: conflicts and undo refer to it.
func TestIDsOfPairsAreNotGivenTwice(t *testing.T) {
	onBoth(t, func(b bed) {
		ids := func() (ids string) {
			b.ok(b.db.Read().QueryRow(b.Context(), "SELECT COALESCE(MIN(id), 0) || '-' || COALESCE(MAX(id), 0) FROM airtable_sync_pairs").Scan(&ids))
			return ids
		}
		b.in(here, b.sweep("s", "rec1", "rec2"), b.list("l", Listed{Source: "rec3", Target: "recT"}), b.sweep("s", "rec3", "rec1"))
		if got := ids(); got != "1-3" {
			b.Errorf("three pairs have the ids %s", got)
		}
		b.in(here, b.forget("rec1", "rec2", "rec3"), b.sweep("s", "rec4"))
		if got := ids(); got != "4-4" {
			b.Errorf("after three were forgotten, the next has the id %s", got)
		}
	})
}

func TestLinkMapKeepsScopesApart(t *testing.T) {
	onBoth(t, func(b bed) {
		for _, other := range []Scope{{"ws2", "wf", "p"}, {"ws", "wf2", "p"}, {"ws", "wf", "p2"}} {
			b.in(other, b.wrote(Written{Source: "rec1", Target: "recO"}))
		}
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT"}))
		targets, err := b.Targets(b.Context(), here, recordIDs{"rec1"})
		if diff := cmp.Diff(map[airtable.RecordID]airtable.RecordID{"rec1": "recT"}, targets); diff != "" || err != nil {
			b.Errorf("%v (-want +got):\n%s", err, diff)
		}
		sources, err := b.Sources(b.Context(), here, recordIDs{"recT", "recO"})
		if diff := cmp.Diff(map[airtable.RecordID]airtable.RecordID{"recT": "rec1"}, sources); diff != "" || err != nil {
			b.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestLinkMapTellsWhatIsGone(t *testing.T) {
	onBoth(t, func(b bed) {
		ids := recordIDs{"recA", "recB", "recC", "recD"}
		b.in(here, b.sweep("old", ids...))
		b.in(here, b.wrote(Written{Source: "recA", Target: "recTA"}, Written{Source: "recB", Target: "recTB"}, Written{Source: "recC", Target: "recTC"}))
		b.in(here, b.sweep("new", "recA"))
		b.in(here, b.list("l", Listed{Source: "recA", Target: "recTA"}, Listed{Source: "recB", Target: "recTB"},
			Listed{Source: "recX", Target: "recTX"})) // recX was not made by this sync, recTC is gone from the target
		gone, err := b.Missing(b.Context(), here, "", "new", "l", false, 10)
		if diff := cmp.Diff([]Gone{{"recB", "recTB", false}}, gone); diff != "" || err != nil {
			b.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if gone, _ = b.Missing(b.Context(), here, "recB", "new", "l", false, 10); len(gone) != 0 {
			b.Errorf("after the last: %v", gone)
		}
		gone, err = b.Missing(b.Context(), here, "recB", "new", "l", true, 10)
		if diff := cmp.Diff([]Gone{{"recX", "recTX", true}}, gone); diff != "" || err != nil {
			b.Errorf("with those that are not ours: %v (-want +got):\n%s", err, diff)
		}
		n, err := b.Count(b.Context(), here, "new", "l")
		if n != (Counts{Rows: 4, Missing: 1, Orphans: 1}) || err != nil {
			b.Errorf("%+v, %v", n, err)
		}
		b.in(here, b.complete(nil, "new", "l"))
		known, err := b.Known(b.Context(), here, append(ids, "recX"))
		if len(known) != 2 || err != nil {
			b.Errorf("after cleaning, with a held delete: %v %+v", err, known)
		}
	})
}

// An incremental run sees neither all source rows nor the target.
func TestAnIncrementalRunDropsNothing(t *testing.T) {
	onBoth(t, func(b bed) {
		b.in(here, b.list("l", Listed{Source: "recX", Target: "recTX"}), b.sweep("s", "recX", "recA"), b.complete(&Mark{At: time.Unix(1, 0)}, "", ""))
		if known, err := b.Known(b.Context(), here, recordIDs{"recX", "recA"}); len(known) != 2 || err != nil {
			b.Errorf("%v %+v", err, known)
		}
	})
}

func TestLinkMapTakesManyIDs(t *testing.T) {
	onBoth(t, func(b bed) {
		var ids recordIDs
		var rows []Written
		for i := range 2000 {
			id := airtable.RecordID("rec" + string(rune('a'+i%26)) + time.Duration(i).String())
			ids = append(ids, id)
			rows = append(rows, Written{Source: id, Target: "T" + id})
		}
		b.in(here, b.wrote(rows...))
		targets, err := b.Targets(b.Context(), here, ids)
		if err != nil || len(targets) != len(ids) || targets[ids[7]] != "T"+ids[7] {
			b.Errorf("%d of %d: %v", len(targets), len(ids), err)
		}
	})
}

func TestMarks(t *testing.T) {
	onBoth(t, func(b bed) {
		if _, ok, err := b.Mark(b.Context(), here); ok || err != nil {
			b.Errorf("a mark before the first: %t %v", ok, err)
		}
		want := Mark{At: time.Date(2026, 11, 24, 10, 0, 0, 1000, time.UTC), Fingerprint: "f"}
		b.in(here, b.complete(&Mark{At: want.At.Add(-time.Hour), Fingerprint: "old"}, "", ""), b.complete(&want, "", ""), b.complete(nil, "", ""))
		got, ok, err := b.Mark(b.Context(), here)
		if diff := cmp.Diff(want, got); diff != "" || !ok || err != nil {
			b.Errorf("%t %v (-want +got):\n%s", ok, err, diff)
		}
	})
}

// A pair is owed something until it is written or found to be equal.
func TestLinkMapTellsWhatIsOwed(t *testing.T) {
	onBoth(t, func(b bed) {
		is := func(want ...airtable.RecordID) {
			b.Helper()
			if got, err := b.Owed(b.Context(), here, "", 10); err != nil || !cmp.Equal(want, got) {
				b.Errorf("owed: %v %v, want %v", got, err, want)
			}
		}
		owe := func(ctx context.Context, pair string) error {
			return b.Owe(ctx, pair, recordIDs{"rec1", "rec2", "rec3", "recUnknown"})
		}
		b.in(here, b.sweep("s", "rec3"), b.wrote(Written{Source: "rec1", Target: "recT1"}, Written{Source: "rec2", Target: "recT2"}, Written{Source: "rec4", Target: "recT4", Owed: true}), owe)
		is("rec1", "rec2", "rec4") // rec3 has no target yet, and is written anyway
		if got, err := b.Owed(b.Context(), here, "rec1", 1); err != nil || len(got) != 1 || got[0] != "rec2" {
			b.Errorf("the next page: %v %v", got, err)
		}
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT1"}), b.settle("s", Swept{Source: "rec2", Left: plan.CellHashes{2}}))
		is("rec4")
		if known, err := b.Known(b.Context(), here, recordIDs{"rec4", "rec1"}); !known["rec4"].Owed || known["rec1"].Owed || err != nil {
			b.Errorf("%+v %v", known, err)
		}
	})
}

// What a run has bound is remembered for its workflow, once it has completed.
func TestMemory(t *testing.T) {
	onBoth(t, func(b bed) {
		bind := func(name string) attach {
			return func(ctx context.Context, pair string) error {
				return b.Complete(ctx, Completed{Pair: pair, Bound: &plan.Bound{SourceTable: "tbl", SourceName: name, Fields: []plan.BoundField{{Source: "fld"}}}})
			}
		}
		b.in(here, bind("old"), bind("new"), b.complete(nil, "", ""), b.sweep("s", "rec1"))
		for _, other := range []Scope{{"ws2", "wf", "p"}, {"ws", "wf2", "p"}} {
			b.in(other, bind("other"))
		}
		got, err := b.Memory(b.Context(), here.Workspace, here.Workflow)
		want := plan.Memory{{SourceTable: "tbl", SourceName: "new", Fields: []plan.BoundField{{Source: "fld"}}}}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			b.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}

func TestLinkMapWalksIndexes(t *testing.T) {
	onBoth(t, func(b bed) {
		b.in(here, b.sweep("s", "rec1"))
		b.in(Scope{"ws", "wf", "p2"}, b.sweep("s", "rec1"))
		dbtest.Fill(b, b.db, 5000, `INSERT INTO airtable_sync_pairs (tables, id, left_record, right_record, origin, right_made)
			SELECT 1 + n % 2, 100 + n, 'src' || n, 'tgt' || n, 1, 1 FROM counter`)
		some := json.RawMessage(`["rec1","rec2"]`)
		tables := []any{int64(1), "wf", "p"}
		dbtest.Walks(b, b.db, "find_tables", b.sql.findTables, tables...)
		dbtest.WalksAndFilters(b, b.db, "load_mark", b.sql.loadMark, tables...)
		dbtest.WalksAndFilters(b, b.db, "list_bound", b.sql.listBound, tables[:2]...)
		dbtest.Walks(b, b.db, "read_pairs", b.sql.readPairs, append(tables, some)...)
		dbtest.WalksAndFilters(b, b.db, "rights_of_lefts", b.sql.rightsOfLefts, append(tables, some)...)
		dbtest.WalksAndFilters(b, b.db, "lefts_of_rights", b.sql.leftsOfRights, append(tables, some)...)
		dbtest.WalksAndFilters(b, b.db, "free_right", b.sql.freeRight, int64(1), "tgt7", "src9")
		for name, sql := range map[string]string{"sweep_pair": b.sql.sweepPair, "intend_pair": b.sql.intendPair, "forget_pair": b.sql.forgetPair} {
			dbtest.Walks(b, b.db, name, sql, []any{int64(1), "src7", "s"}[:strings.Count(sql, "$")]...)
		}
		dbtest.Walks(b, b.db, "list_owed", b.sql.listOwed, append(tables, "rec1", 10)...)
		// These look at every row of the tables, in pages of list_missing.
		dbtest.WalksAndFilters(b, b.db, "list_missing", b.sql.listMissing, append(tables, "rec1", "s", "l", 1, 10)...)
		dbtest.WalksAndFilters(b, b.db, "count_pairs", b.sql.countPairs, append(tables, "s", "l")...)
		dbtest.WalksAndFilters(b, b.db, "clean_pairs", b.sql.cleanPairs, int64(1), "s", "l")
	})
}

func TestAnArchivedWorkflowLeavesNothing(t *testing.T) {
	onBoth(t, func(b bed) {
		others := []Scope{{"ws2", "wf", "p"}, {"ws", "wf2", "p"}}
		for _, s := range append(others, here, Scope{"ws", "wf", "p2"}) {
			b.in(s, b.wrote(Written{Source: "rec1", Target: "recT"}), b.complete(&Mark{At: time.Unix(1, 0), Fingerprint: "f"}, "", ""))
		}
		b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error {
			return b.Tables().Archive(ctx, tx, workflow.WorkspaceID(here.Workspace), workflow.ID(here.Workflow))
		}))
		for s, want := range map[Scope]int64{here: 0, {"ws", "wf", "p2"}: 0, others[0]: 1, others[1]: 1} {
			n, err := b.Count(b.Context(), s, "", "")
			_, marked, markErr := b.Mark(b.Context(), s)
			if n.Rows != want || marked != (want == 1) || err != nil || markErr != nil {
				b.Errorf("%v: %d rows, marked %t, %v %v", s, n.Rows, marked, err, markErr)
			}
		}
		var left int
		b.ok(b.db.Read().QueryRow(b.Context(), "SELECT count(*) FROM airtable_sync_pairs").Scan(&left))
		if left != len(others) {
			b.Errorf("%d rows are left, want %d", left, len(others))
		}
	})
}
