package airtablesync

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind/outcome"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestADeleteCanBeRepeated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		attempt int
		exists  []airtable.RecordID
		fail    error
		calls   []string
		code    string
	}{
		"the first attempt":             {1, []airtable.RecordID{"recT1", "recT2"}, nil, []string{"delete [recT1 recT2]"}, ""},
		"one of them is gone":           {1, []airtable.RecordID{"recT2"}, nil, []string{"delete [recT1 recT2]", "list", "delete [recT2]"}, ""},
		"repeated, nothing was deleted": {2, []airtable.RecordID{"recT1", "recT2"}, nil, []string{"list", "list", "delete [recT1 recT2]"}, ""},
		"repeated, all is deleted":      {2, nil, nil, []string{"list"}, ""},
		"a failure that may pass":       {1, []airtable.RecordID{"recT1", "recT2"}, failure.New(failure.Transient, "busy", "busy"), []string{"delete [recT1 recT2]"}, "busy"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.fake.fail = test.fail
			for _, id := range test.exists {
				b.fake.exists[id] = true
			}
			ctx, left := b.attempt(test.attempt)
			b.earlier(func(ctx context.Context, pair string) error {
				return b.links.Wrote(ctx, pair, []linkmap.Written{ours("rec1", "recT1"), ours("rec2", "recT2")})
			})
			ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
			b.ok(err)
			request := deleteRequest{Plan: ref, Gone: []linkmap.Gone{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}}}
			result, err := deleteSteps{b.tools}.deleteBatch(ctx, request)
			if diff := cmp.Diff(test.calls, b.fake.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			b.commit(left)
			known, knownErr := b.links.Known(ctx, scope(ctx, people().Key()), []airtable.RecordID{"rec1", "rec2"})
			b.ok(knownErr)
			if test.code != "" {
				if failure.CodeOf(err) != test.code || len(known) != 2 || recorded(left) != nil {
					t.Errorf("%v, %v, %v", err, known, recorded(left))
				}
				return
			}
			b.ok(err)
			if result != (batchDeleted{Deleted: 2, Calls: int64(len(test.calls))}) || len(known) != 0 {
				t.Errorf("%+v, %v", result, known)
			}
			if diff := cmp.Diff([]string{"People recT1. deleted source_row_gone", "People recT2. deleted source_row_gone"}, b.told()); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff([]string{`airtable_sync.records_deleted {"base":"appT","table":"tblT","count":2}`}, recorded(left)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// threeRows are in the target; the sweep s has seen the second one.
func (b *testBundle) threeRows() {
	b.Helper()
	b.earlier(func(ctx context.Context, pair string) error {
		return errors.Join(
			b.links.Wrote(ctx, pair, []linkmap.Written{ours("rec1", "recT1"), ours("rec2", "recT2"), ours("rec3", "recT3")}),
			b.links.List(ctx, pair, "l", []linkmap.Listed{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}, {Source: "rec3", Target: "recT3"}}),
			b.links.Sweep(ctx, pair, "s", swept("rec2")))
	})
}

func TestGoneRowsAreCountedAndFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	b.threeRows()
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	steps := deleteSteps{b.tools}
	count, err := steps.countGone(ctx, goneRequest{Plan: ref, Sweep: "s", Listing: "l"})
	if count != (goneCounted{Rows: 3, Missing: 2}) || err != nil {
		t.Errorf("%+v, %v", count, err)
	}
	found, err := steps.findGone(ctx, goneRequest{Plan: ref, Sweep: "s", Listing: "l", After: "rec1"})
	if diff := cmp.Diff([]linkmap.Gone{{Source: "rec3", Target: "recT3"}}, found.Gone); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func TestHeldDeletesAreToldRowByRow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.threeRows()
	ctx, left := b.attempt(1)
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	_, err = deleteSteps{b.tools}.holdDeletes(ctx, holdRequest{goneRequest{Plan: ref, Sweep: "s", Listing: "l"}, goneCounted{Rows: 9, Missing: 7}})
	b.ok(err)
	b.commit(left)
	if diff := cmp.Diff([]string{`airtable_sync.deletes_held {"base":"appT","table":"tblT","name":"People","missing":7,"rows":9}`}, recorded(left)); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"People recT1. held deletes_held", "People recT3. held deletes_held"}, b.told()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	counts, err := b.rows.Counts(ctx, "ws", "ex_1")
	if diff := cmp.Diff([]outcome.Count{{Table: "People", What: outcome.Held, Code: "deletes_held", Rows: 7}}, counts); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
