package airtablesync

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// batch is a request to write two rows: one that is known as recT1, and a new
// one that links to rec9, which is known as recT9.
func (b *testBundle) batch() batchRequest {
	b.Helper()
	ctx, _ := b.attempt(1)
	b.earlier(func(ctx context.Context, pair string) error {
		return b.links.Wrote(ctx, pair, []linkmap.Written{{Source: "rec1", Target: "recT1"}, {Source: "rec9", Target: "recT9"}})
	})
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	rows, err := kind.PutRows(ctx, b.blobs, []plan.RowChange{
		{Source: "rec0", Hashes: plan.CellHashes("of another batch")},
		{Source: "rec1", Target: "recT1", Hashes: plan.CellHashes("h1"), Cells: map[airtable.FieldID]json.RawMessage{"fldN": json.RawMessage(`"A"`)}},
		{Source: "rec2", New: true, Hashes: plan.CellHashes("h2"), Cells: map[airtable.FieldID]json.RawMessage{"fldN": json.RawMessage(`"B"`)}, Links: map[airtable.FieldID][]airtable.RecordID{"fldB": {"rec9"}}},
	})
	b.ok(err)
	return batchRequest{Plan: ref, Parts: []part{{Ref: rows, From: 1, To: 3}}, Pass: plan.PassRows}
}

func TestABatchGetsPastRowsThatAreGone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		exists  []airtable.RecordID
		calls   []string
		written []linkmap.Written
		counts  plan.BatchCounts
	}{
		"all are there": {[]airtable.RecordID{"recT1", "recT9"}, []string{"upsert 2"},
			[]linkmap.Written{{Source: "rec1", Target: "recT1", Left: plan.CellHashes("h1")}, {Source: "rec2", Target: "recNew1", Left: plan.CellHashes("h2")}},
			plan.BatchCounts{Created: 1, Updated: 1}},
		"a row of the batch is gone": {[]airtable.RecordID{"recT9"}, []string{"upsert 2", "list", "list", "upsert 2"},
			[]linkmap.Written{{Source: "rec1", Target: "recNew0", Left: plan.CellHashes("h1")}, {Source: "rec2", Target: "recNew1", Left: plan.CellHashes("h2")}},
			plan.BatchCounts{Created: 2}},
		"the linked row is gone": {[]airtable.RecordID{"recT1"}, []string{"upsert 2", "list", "list", "upsert 2"},
			[]linkmap.Written{{Source: "rec1", Target: "recT1", Left: plan.CellHashes("h1")}, {Source: "rec2", Target: "recNew1", Left: plan.CellHashes("h2")}},
			plan.BatchCounts{Created: 1, Updated: 1, Later: []int{1}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for _, id := range test.exists {
				b.fake.exists[id] = true
			}
			request := b.batch()
			ctx, left := b.attempt(1)
			got, err := writeSteps{b.tools}.writeBatch(ctx, request)
			b.ok(err)
			if diff := cmp.Diff(test.calls, b.fake.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(batchWritten{BatchCounts: test.counts, Calls: int64(len(test.calls))}, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			b.commit(left)
			known, err := b.links.Known(ctx, scope(ctx, people().Key()), []airtable.RecordID{"rec1", "rec2"})
			b.ok(err)
			for _, w := range test.written {
				if k := known[w.Source]; k.Target != w.Target || !k.Left.Equal(w.Left) || k.Right == nil {
					t.Errorf("%s: %+v, want %+v", w.Source, k, w)
				}
			}
		})
	}
}

// forgetful answers with one row less than it has written.
type forgetful struct{ *fakeAirtable }

func (f forgetful) Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	result, err := f.fakeAirtable.Upsert(ctx, tok, base, table, r)
	if err == nil {
		result.Records = result.Records[1:]
	}
	return result, err
}

// What a write has led to is read back if the answer does not tell.
func TestAResponseOfAnotherSizeIsReadBack(t *testing.T) {
	t.Parallel()
	there := []airtable.Record{text("recT1", "fldX", "appS/rec1"), text("recCopy", "fldX", "appS/rec1"), text("recNew1", "fldX", "appS/rec2")}
	for name, found := range map[string][]airtable.Record{"all are there": there, "one is missing": there[:2]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			request := b.batch()
			b.tools.airtable.client = forgetful{b.fake}
			b.fake.exists["recT1"], b.fake.exists["recT9"] = true, true
			b.fake.found = found
			ctx, left := b.attempt(1)
			got, err := writeSteps{b.tools}.writeBatch(ctx, request)
			if len(found) < len(there) {
				if _, writes := left.Left(); failure.ClassOf(err) != failure.UnknownOutcome || failure.CodeOf(err) != airtable.CodeBadResponse || len(writes) > 0 {
					t.Errorf("%s %v, %d writes", failure.ClassOf(err), err, len(writes))
				}
				return
			}
			b.ok(err)
			if got.Created != 1 || got.Updated != 1 || got.Calls != 2 { // by the intention
				t.Errorf("%+v", got)
			}
			b.commit(left)
			known, err := b.links.Known(ctx, scope(ctx, people().Key()), []airtable.RecordID{"rec1", "rec2"})
			if err != nil || known["rec1"].Target != "recT1" || known["rec2"].Target != "recNew1" || !known["rec2"].Made {
				t.Errorf("%v %+v", err, known)
			}
		})
	}
}
