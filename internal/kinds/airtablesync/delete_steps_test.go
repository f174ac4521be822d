package airtablesync

import (
	"testing"

	"github.com/google/go-cmp/cmp"

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
			b.ok(b.db.Write(ctx, b.links.Wrote(scope(ctx, people()), []linkmap.Written{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}})))
			ref, err := putJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
			b.ok(err)
			request := deleteRequest{Plan: ref, Gone: []linkmap.Gone{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}}}
			result, err := deleteSteps{b.tools}.deleteBatch(ctx, request)
			if diff := cmp.Diff(test.calls, b.fake.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			b.commit(left)
			known, knownErr := b.links.Known(ctx, scope(ctx, people()), []airtable.RecordID{"rec1", "rec2"})
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
			if diff := cmp.Diff([]string{`airtable_sync.records_deleted {"base":"appT","table":"tblT","count":2}`}, recorded(left)); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

func TestGoneRowsAreCountedAndFound(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	in := scope(ctx, people())
	b.ok(b.db.Write(ctx, b.links.Wrote(in, []linkmap.Written{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}, {Source: "rec3", Target: "recT3"}})))
	b.ok(b.db.Write(ctx, b.links.List(in, "l", []linkmap.Listed{{Source: "rec1", Target: "recT1"}, {Source: "rec2", Target: "recT2"}, {Source: "rec3", Target: "recT3"}})))
	b.ok(b.db.Write(ctx, b.links.Sweep(in, "s", []airtable.RecordID{"rec2"})))
	ref, err := putJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
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

func TestHeldDeletesAreRecorded(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	_, err := deleteSteps{b.tools}.holdDeletes(ctx, holdRequest{Held: DeletesHeld{Base: "appT", Table: "tblT", Name: "People", Missing: 3, Rows: 9}})
	b.ok(err)
	want := []string{`airtable_sync.deletes_held {"base":"appT","table":"tblT","name":"People","missing":3,"rows":9}`}
	if diff := cmp.Diff(want, recorded(left)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
