package airtablesync

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/linkmap"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestListTargetNotesWhatIsThere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	in := scope(ctx, people().Key())
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	b.earlier(func(ctx context.Context, pair string) error {
		return b.links.Wrote(ctx, pair, []linkmap.Written{ours("rec1", "recT1"), ours("rec2", "recT2")})
	})
	boss := text("recT1", "fldX", "appS/rec1")
	boss.Fields["fldB"] = airtable.LinkCell([]airtable.RecordID{"recT2"})
	rows := []airtable.Record{text("recT3", "fldX", "appS/rec1"), boss, text("recT2", "fldN", "its ID was cleared"), text("recT4", "fldN", "by hand"), text("recT5", "fldX", "appS/rec5")}
	var asked airtable.ListParams
	b.fake.page = func(p airtable.ListParams) (*airtable.Page, error) {
		asked = p
		return &airtable.Page{Records: rows}, nil
	}
	got, err := listSteps{b.tools}.listTarget(ctx, listRequest{Plan: ref, At: airtable.StartAll(), Listing: "l"})
	b.ok(err)
	if got.Ours != 3 || got.Duplicates != 1 || !got.Next.Done {
		t.Errorf("%+v", got)
	}
	if diff := cmp.Diff([]string{"fldX", "fldN", "fldB"}, asked.Fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	b.commit(left)
	known, err := b.links.Known(ctx, in, []airtable.RecordID{"rec1", "rec2", "rec5"})
	b.ok(err)
	linked, _ := plan.Recognise(people(), rows[1:2], plan.Listing{Name: "l", Linked: plan.Counterparts{people().Key(): {"recT2": "rec2"}}})
	want := map[airtable.RecordID]linkmap.Known{
		"rec1": {Target: "recT1", Made: true, Listed: "l", Seen: linked[0].Seen},
		"rec2": {Target: "recT2", Made: true, Listed: "l"},
		"rec5": {Target: "recT5", Listed: "l", Seen: known["rec5"].Seen}, // it was there
	}
	if diff := cmp.Diff(want, known); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"People recT3. skipped doubled_rows"}, b.told()); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestAnExpiredListingIsAResult(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ctx, left := b.attempt(1)
	ref, err := kind.PutJSON(ctx, b.blobs, plan.Plan{Pairs: []plan.Pair{people()}})
	b.ok(err)
	b.fake.page = func(airtable.ListParams) (*airtable.Page, error) {
		return nil, failure.New(failure.Validation, airtable.CodeOffsetExpired, "expired")
	}
	at := airtable.Position{Reading: airtable.ReadAll, Offset: "old"}
	got, err := listSteps{b.tools}.listTarget(ctx, listRequest{Plan: ref, At: at, Listing: "l"})
	if diff := cmp.Diff(pageListed{Expired: true, Next: airtable.StartAll()}, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, writes := left.Left(); len(writes) > 0 {
		t.Errorf("%d writes for a page that did not come", len(writes))
	}
}
