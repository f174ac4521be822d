package airtablesync

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// text is a row with one text cell.
func text(id airtable.RecordID, field, text string) airtable.Record {
	return airtable.Record{ID: id, Fields: map[string]json.RawMessage{field: json.RawMessage(`"` + text + `"`)}}
}

func TestFetchPage(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, _ := b.attempt(1)
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	now := time.Date(2026, 11, 25, 10, 0, 0, 0, time.UTC)
	var asked airtable.ListParams
	b.fake.page = func(p airtable.ListParams) (*airtable.Page, error) {
		asked = p
		return &airtable.Page{Response: airtable.Response{ServerDate: now}, Offset: "next", Records: []airtable.Record{text("rec1", "fldName", "A")}}, nil
	}
	steps := readSteps{b.tools}
	first, err := steps.fetchPage(ctx, pageRequest{Plan: ref, At: airtable.StartAll(), PageSize: 7})
	b.ok(err)
	if diff := cmp.Diff(airtable.ListParams{PageSize: 7, Fields: []string{"fldName", "fldBoss"}, ReturnFieldsByFieldID: true}, asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	rows, err := kind.Rows[airtable.Record](ctx, b.blobs, first.Page, 0, first.Rows)
	b.ok(err)
	if len(rows) != 1 || rows[0].ID != "rec1" || first.Next.Offset != "next" || first.Next.Mark != now.Add(-airtable.DefaultOverlap) {
		t.Errorf("%+v: %+v", first, rows)
	}

	// An expired offset is a result: the listing starts again and keeps its mark.
	b.fake.page = func(airtable.ListParams) (*airtable.Page, error) {
		return nil, failure.New(failure.Validation, airtable.CodeOffsetExpired, "expired")
	}
	second, err := steps.fetchPage(ctx, pageRequest{Plan: ref, At: first.Next})
	b.ok(err)
	if diff := cmp.Diff(pageFetched{Expired: true, Next: first.Next.Restart()}, second); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	b.fake.exists["rec1"] = true
	byID, err := steps.fetchPage(ctx, pageRequest{Plan: ref, At: airtable.StartAll(), IDs: []airtable.RecordID{"rec1", "rec2"}})
	if err != nil || byID.Rows != 1 || !byID.Next.Done {
		t.Errorf("rows by ID: %+v, %v", byID, err)
	}
}

func TestComparePageNotesWhatItHasSeen(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	in := scope(ctx, people().Key())
	pairs, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	page, err := kind.PutRows(ctx, b.blobs, []airtable.Record{text("rec1", "fldName", "A"), text("rec2", "fldName", "B")})
	b.ok(err)
	hash := plan.Compare(people(), []airtable.Record{text("rec1", "fldName", "A")}, nil, "s", "").Changes[0].Hashes
	b.earlier(func(ctx context.Context, pair string) error {
		return b.links.Wrote(ctx, pair, []linkmap.Written{{Source: "rec1", Target: "recT1", Whose: plan.Ours, Left: hash}})
	})
	got, err := readSteps{b.tools}.comparePage(ctx, compareRequest{Plan: pairs, Page: page, Rows: 2, Sweep: "s"})
	b.ok(err)
	if got.Count != 1 || got.Unchanged != 1 {
		t.Errorf("%+v", got)
	}
	changes, err := kind.Rows[plan.RowChange](ctx, b.blobs, got.Changes, 0, 1)
	b.ok(err)
	if changes[0].Source != "rec2" || !changes[0].New || string(changes[0].Cells["fldN"]) != `"B"` {
		t.Errorf("%+v", changes)
	}
	b.commit(left)
	known, err := b.links.Known(ctx, in, []airtable.RecordID{"rec1", "rec2"})
	b.ok(err)
	want := map[airtable.RecordID]linkmap.Known{
		"rec1": {Target: "recT1", Made: true, Left: hash, Swept: "s"},
		"rec2": {Made: true, Swept: "s"}, // the intention, before the write
	}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestComparePageTellsWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	pair := people()
	pair.Skipped = []plan.SkippedLink{{Source: "fldOut", Name: "Out"}}
	pairs, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{pair}})
	b.ok(err)
	row := text("rec1", "fldName", "A")
	row.Fields["fldOut"] = airtable.LinkCell([]airtable.RecordID{"rec8", "rec9"})
	page, err := kind.PutRows(ctx, b.blobs, []airtable.Record{row})
	b.ok(err)
	_, err = readSteps{b.tools}.comparePage(ctx, compareRequest{Plan: pairs, Page: page, Rows: 1, Sweep: "s"})
	b.ok(err)
	b.commit(left)
	if diff := cmp.Diff([]string{"People rec1.Out reduced links_skipped"}, b.told()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
