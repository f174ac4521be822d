package linkmap

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
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

func (b bed) sweep(sweep string, rows ...airtable.RecordID) attach {
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
		step("intended", Known{Created: true, Swept: "s1"})
		if targets, err := b.Targets(b.Context(), here, recordIDs{"rec1"}); len(targets) != 0 || err != nil {
			b.Errorf("a row that is not written yet has a target: %v, %v", targets, err)
		}
		b.in(here, b.list("l1", Listed{Source: "rec1", Target: "recT", Hash: "h", Response: "a"}))
		step("found after a lost response", Known{Target: "recT", Created: true, Swept: "s1", Listed: "l1", ListedHash: "h", ListedResponse: "a"})
		b.in(here, b.wrote(Written{Source: "rec1", Target: "recT", Hash: "h2", Response: "a2"}))
		want := Known{Target: "recT", Created: true, Hash: "h2", Response: "a2", Swept: "s1", Listed: "l1", ListedHash: "h", ListedResponse: "a"}
		step("written", want)
		b.in(here, b.sweep("s2", "rec1"), b.sweep("s2", "rec1"))
		want.Swept = "s2"
		step("swept twice", want)
		b.in(here, b.forget("rec1"))
		if known, _ := b.Known(b.Context(), here, recordIDs{"rec1"}); len(known) != 0 {
			b.Errorf("forgotten: %+v", known)
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
		gone, err := b.Missing(b.Context(), here, "", "new", "l", 10)
		if diff := cmp.Diff([]Gone{{"recB", "recTB"}}, gone); diff != "" || err != nil {
			b.Errorf("%v (-want +got):\n%s", err, diff)
		}
		if gone, _ = b.Missing(b.Context(), here, "recB", "new", "l", 10); len(gone) != 0 {
			b.Errorf("after the last: %v", gone)
		}
		rows, missing, err := b.Count(b.Context(), here, "new", "l")
		if rows != 4 || missing != 1 || err != nil {
			b.Errorf("%d rows, %d missing, %v", rows, missing, err)
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

func TestLinkMapWalksIndexes(t *testing.T) {
	onBoth(t, func(b bed) {
		b.in(here, b.sweep("s", "rec1"))
		b.in(Scope{"ws", "wf", "p2"}, b.sweep("s", "rec1"))
		dbtest.Fill(b, b.db, 5000, `INSERT INTO airtable_sync_links (pair, source_record, target_record, created)
			SELECT 1 + n % 2, 'src' || n, 'tgt' || n, 1 FROM counter`)
		some := json.RawMessage(`["rec1","rec2"]`)
		pair := []any{int64(1), "wf", "p"}
		dbtest.Walks(b, b.db, "find_pair", b.sql.findPair, pair...)
		dbtest.WalksAndFilters(b, b.db, "load_mark", b.sql.loadMark, pair...)
		dbtest.Walks(b, b.db, "read_links", b.sql.readLinks, append(pair, some)...)
		dbtest.WalksAndFilters(b, b.db, "targets_of_sources", b.sql.targetsOfSources, append(pair, some)...)
		dbtest.Walks(b, b.db, "sources_of_targets", b.sql.sourcesOfTargets, append(pair, some)...)
		// These look at every row of the pair, in pages of list_missing.
		dbtest.WalksAndFilters(b, b.db, "list_missing", b.sql.listMissing, append(pair, "rec1", "s", "l", 10)...)
		dbtest.WalksAndFilters(b, b.db, "count_links", b.sql.countLinks, append(pair, "s", "l")...)
		dbtest.WalksAndFilters(b, b.db, "clean_links", b.sql.cleanLinks, int64(1), "s", "l")
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
			rows, _, err := b.Count(b.Context(), s, "", "")
			_, marked, markErr := b.Mark(b.Context(), s)
			if rows != want || marked != (want == 1) || err != nil || markErr != nil {
				b.Errorf("%v: %d rows, marked %t, %v %v", s, rows, marked, err, markErr)
			}
		}
		var left int
		b.ok(b.db.Read().QueryRow(b.Context(), "SELECT count(*) FROM airtable_sync_links").Scan(&left))
		if left != len(others) {
			b.Errorf("%d rows are left, want %d", left, len(others))
		}
	})
}
