package airtablesync_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/kinds/airtablesync/plan"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// twoTables makes both bases with a table of people, and people in the source.
func (b *testBundle) twoTables(names ...string) []airtable.RecordID {
	b.Helper()
	b.base(sourceID, table("People", text("Name"), text("Town")))
	b.base(targetID, table("People", text("Name"), text("Town"), text(airtablesync.DefaultExternalIDField)))
	var rows []string
	for _, name := range names {
		rows = append(rows, fmt.Sprintf(`{"Name":%q,"Town":"x"}`, name))
	}
	return b.insert(sourceID, "People", rows...)
}

// byHand adds a target row as someone would who copies one by hand.
func (b *testBundle) byHand(name string, source airtable.RecordID) airtable.RecordID {
	b.Helper()
	return b.insert(targetID, "People", fmt.Sprintf(`{"Name":%q,"Town":"x","Source Record ID":"%s/%s"}`, name, sourceID, source))[0]
}

func warned(s airtablesync.Summary, code string) int {
	n := 0
	for _, w := range s.Warnings {
		if w.Code == code {
			n++
		}
	}
	return n
}

const allowDeletes = `{"mode":"full","allow_deletes":true}`

// Rows that were there are not the workflow's, also if an incremental run meets
// them first: it says so, and leaves them.
func TestRowsThatWereThereAreNotDeleted(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.twoTables("A")
	b.complete(config(""), "")
	id := b.insert(sourceID, "People", `{"Name":"B","Town":"x"}`)[0]
	theirs := b.byHand("old name", id)
	got := b.complete(config(""), `{"mode":"incremental"}`)
	if s := got.Tables[0]; s.Created != 0 || s.Updated != 1 {
		t.Errorf("a row that was there: %+v", s)
	}
	b.sameTables("People")
	b.remove(sourceID, "People", id)
	for range 2 { // every run says so
		got = b.complete(config(""), allowDeletes)
		if s := got.Tables[0]; s.Deleted != 0 || s.Orphans != 1 || warned(got, "orphan_rows") != 1 {
			t.Errorf("%+v, warnings %+v", s, got.Warnings)
		}
		if told := strings.Join(b.told(), "\n"); !strings.Contains(told, fmt.Sprintf("People %s skipped orphan_rows: the source row %s is gone", theirs, id)) {
			t.Errorf("told of rows:\n%s", told)
		}
	}
	if n := len(b.rows(targetID, "People")); n != 2 {
		t.Errorf("%d rows are left", n)
	}
}

// A row that was there, was deleted by someone and made again is the workflow's.
func TestARowMadeAgainIsOurs(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{"full", "incremental"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			b := setup(t, nil)
			ids := b.twoTables("A", "B")
			theirs := b.byHand("A", ids[0])
			b.complete(config(""), "")
			b.remove(targetID, "People", theirs)
			b.update(sourceID, "People", ids[0], `{"Name":"A edited"}`)
			if s := b.complete(config(""), `{"mode":"`+mode+`"}`).Tables[0]; s.Created != 1 {
				t.Errorf("made again: %+v", s)
			}
			b.sameTables("People")
			b.remove(sourceID, "People", ids[0])
			if s := b.complete(config(""), allowDeletes).Tables[0]; s.Deleted != 1 || s.Orphans != 0 {
				t.Errorf("%+v", s)
			}
			b.sameTables("People")
		})
	}
}

// A workflow that is made anew knows nothing of the rows of the one before it. It
// lists those whose source is gone.
func TestAWorkflowMadeAnewListsOrphans(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.twoTables("A", "B", "C")
	b.complete(config(""), "")
	for _, table := range []string{"airtable_sync_pairs", "airtable_sync_tables"} {
		b.ok(b.db.Write(t.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM "+table)
			return err
		}))
	}
	b.remove(sourceID, "People", ids[1:]...)
	got := b.complete(config(""), allowDeletes)
	if s := got.Tables[0]; s.Orphans != 2 || s.Deleted != 0 || s.Unchanged != 1 || len(b.told()) != 2 {
		t.Errorf("%+v, rows %q", s, b.told())
	}
}

// A full run notes what it finds to be equal: the next incremental run does not
// write it again.
func TestAFilledTargetIsNotWrittenAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.twoTables("A", "B")
	for i, name := range []string{"A", "B"} {
		b.byHand(name, ids[i])
	}
	if got := b.complete(config(""), ""); got.Tables[0].Unchanged != 2 || got.Calls.Write != 0 {
		t.Errorf("first run: %+v", got)
	}
	b.update(sourceID, "People", ids[0], `{"Town":"y"}`)
	b.update(sourceID, "People", ids[0], `{"Town":"x"}`) // changed, and back
	if got := b.complete(config(""), `{"mode":"incremental"}`); got.Tables[0].Unchanged == 0 || got.Calls.Write != 0 {
		t.Errorf("incremental run: %+v", got)
	}
}

// What people type behind an ID makes no second row.
func TestAnIDWithSomethingBehindIt(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ids := b.twoTables("A", "B")
	b.complete(config(""), "")
	b.update(targetID, "People", b.named(targetID, "People", "A"), fmt.Sprintf(`{"Source Record ID":"%s/%s (copy)"}`, sourceID, ids[0]))
	got := b.complete(config(""), `{"mode":"full"}`)
	if s := got.Tables[0]; s.Created != 0 || s.Updated != 1 {
		t.Errorf("%+v", s)
	}
	b.sameTables("People")
	b.noDuplicates()
}

// A number arrives as it is stored, whatever the target shows of it.
func TestNumbersArriveAsTheyAreStored(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.base(sourceID, table("People", text("Name"), field("Age", airtable.Number, `{"precision":2}`)))
	b.base(targetID, table("People", text("Name"), field("Age", airtable.Number, `{"precision":0}`)))
	ids := b.insert(sourceID, "People", `{"Name":"A","Age":1.6}`, `{"Name":"B","Age":9007199254740991}`)
	got := b.complete(config(""), "")
	if warned(got, "fewer_digits") != 1 {
		t.Errorf("warnings: %+v", got.Warnings)
	}
	for _, mode := range []string{"incremental", "full"} {
		b.update(sourceID, "People", ids[0], map[string]string{"incremental": `{"Age":2.4}`, "full": `{"Age":2.44}`}[mode])
		b.update(sourceID, "People", ids[1], map[string]string{"incremental": `{"Age":9007199254740990}`, "full": `{"Age":9007199254740989}`}[mode])
		if got = b.complete(config(""), `{"mode":"`+mode+`"}`); got.Tables[0].Updated != 2 {
			t.Errorf("%s: %+v", mode, got.Tables[0])
		}
		b.sameTables("People")
	}
}

// dropper is an Airtable that does not fetch files as long as it is told so.
type dropper struct {
	airtablesync.Airtable
	on   *atomic.Bool
	sent *atomic.Int32
}

func (d dropper) Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	r.Records = slices.Clone(r.Records)
	for i, w := range r.Records {
		for field, cell := range w.Fields {
			if strings.Contains(string(cell), `"url"`) {
				d.sent.Add(1)
				if d.on.Load() {
					delete(r.Records[i].Fields, field)
				}
			}
		}
	}
	return d.Airtable.Upsert(ctx, tok, base, table, r)
}

// What Airtable has dropped does not count as written: it is told of, and sent
// again by the full runs that follow, three times in all.
func TestDroppedAttachmentsAreSentAgain(t *testing.T) {
	t.Parallel()
	on, sent := new(atomic.Bool), new(atomic.Int32)
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return dropper{a, on, sent} })
	b.base(sourceID, table("People", text("Name"), field("Files", airtable.MultipleAttachments, "")))
	b.emptyTarget()
	ids := b.insert(sourceID, "People", `{"Name":"A","Files":[{"url":"https://example.com/a.pdf"}]}`, `{"Name":"B"}`)
	on.Store(true)
	for run, want := range []int32{1, 2, 3, 3} {
		got := b.complete(config(""), `{"mode":"full"}`)
		if sent.Load() != want {
			t.Errorf("after run %d, the file was sent %d times, want %d", run+1, sent.Load(), want)
		}
		if s := got.Tables[0]; run < 3 && (s.Dropped != 1 || warned(got, plan.LossDropped) != 1 || !strings.Contains(strings.Join(b.told(), ""), "reduced cells_dropped")) {
			t.Errorf("run %d: %+v %+v %q", run+1, s, got.Warnings, b.told())
		}
	}
	on.Store(false)
	b.update(sourceID, "People", ids[0], `{"Files":[{"url":"https://example.com/b.pdf"}]}`) // another file: from the beginning
	b.complete(config(""), `{"mode":"incremental"}`)
	if files := strings.Join(b.readable(targetID, "People"), " "); !strings.Contains(files, "b.pdf") || sent.Load() != 4 {
		t.Errorf("the new file was sent %d times: %s", sent.Load(), files)
	}
	if got := b.complete(config(""), `{"mode":"full"}`); got.Calls.Write != 0 {
		t.Errorf("what has arrived is sent again: %+v", got)
	}
}

// An incremental run does not see a row whose file was dropped, because it has not
// changed: it reads it all the same, with a fresh address.
func TestAnIncrementalRunSendsDroppedAttachmentsAgain(t *testing.T) {
	t.Parallel()
	on, sent := new(atomic.Bool), new(atomic.Int32)
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return old{dropper{a, on, sent}} })
	b.base(sourceID, table("People", text("Name"), field("Files", airtable.MultipleAttachments, "")))
	b.emptyTarget()
	b.insert(sourceID, "People", `{"Name":"A","Files":[{"url":"https://example.com/a.pdf"}]}`, `{"Name":"B"}`)
	on.Store(true)
	b.complete(config(""), "")
	got := b.complete(config(""), "")
	if sent.Load() != 2 || got.Tables[0].Mode != airtablesync.ModeIncremental || got.Tables[0].Dropped != 1 {
		t.Errorf("the file was sent %d times: %+v", sent.Load(), got)
	}
	on.Store(false)
	if got = b.complete(config(""), ""); sent.Load() != 3 || got.Tables[0].Dropped != 0 {
		t.Errorf("the file was sent %d times: %+v", sent.Load(), got)
	}
	b.complete(config(""), "")
	if files := strings.Join(b.readable(targetID, "People"), " "); sent.Load() != 3 || !strings.Contains(files, "a.pdf") {
		t.Errorf("the file was sent %d times: %s", sent.Load(), files)
	}
}

// old is an Airtable in which nothing was changed lately: a listing of changes finds
// only what comes next.
type old struct{ airtablesync.Airtable }

func (o old) List(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, p airtable.ListParams) (*airtable.Page, error) {
	page, err := o.Airtable.List(ctx, tok, base, table, p)
	if err == nil && strings.Contains(p.FilterByFormula, "LAST_MODIFIED_TIME") {
		page.Records = nil
	}
	return page, err
}

// A row that someone has deleted in the target and that is edited in the source is
// made again with the links that other rows have to it, although those rows have not
// changed. So is a row that is new.
func TestARowMadeAgainGetsTheLinksToIt(t *testing.T) {
	t.Parallel()
	changed := map[airtable.RecordID]bool{} // what Airtable counts as changed
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable {
		return &lister{Airtable: a, list: func(_ int, p airtable.ListParams, page *airtable.Page) (*airtable.Page, error) {
			if strings.Contains(p.FilterByFormula, "LAST_MODIFIED_TIME") {
				page.Records = slices.DeleteFunc(page.Records, func(r airtable.Record) bool { return !changed[r.ID] })
			}
			return page, nil
		}}
	})
	ids := b.crm()
	b.emptyTarget()
	b.complete(config(""), "")
	b.remove(targetID, "Companies", b.named(targetID, "Companies", "C05"))
	b.remove(targetID, "People", b.named(targetID, "People", "P05"))
	b.update(sourceID, "Companies", ids["Companies"][5], `{"Name":"C05 edited"}`)
	b.update(sourceID, "People", ids["People"][5], `{"Name":"P05 edited"}`)
	fresh := b.insert(sourceID, "Companies", `{"Name":"fresh"}`)[0]
	b.update(sourceID, "People", ids["People"][9], fmt.Sprintf(`{"Company":[%q]}`, fresh))
	for _, id := range []airtable.RecordID{ids["Companies"][5], ids["People"][5], fresh} {
		changed[id] = true
	}
	got := b.complete(config(""), `{"mode":"incremental"}`)
	b.sameTables("Companies", "People", "Deals")
	b.noDuplicates()
	if n := find(t, got, "Companies").Created + find(t, got, "People").Created; n != 3 {
		t.Errorf("%d rows were made: %+v", n, got)
	}
	clear(changed)
	if got = b.complete(config(""), `{"mode":"incremental"}`); got.Calls.Write != 0 || got.Calls.Read != 3 {
		t.Errorf("something is owed still: %+v", got)
	}
}

// breaker reads in the future, and refuses writes, as long as it is told to.
type breaker struct {
	airtablesync.Airtable
	on *atomic.Bool
}

func (br breaker) List(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, p airtable.ListParams) (*airtable.Page, error) {
	page, err := br.Airtable.List(ctx, tok, base, table, p)
	if err == nil && br.on.Load() {
		page.ServerDate = page.ServerDate.Add(time.Hour)
	}
	return page, err
}

func (br breaker) Upsert(ctx context.Context, tok airtable.Token, base airtable.BaseID, table airtable.TableID, r airtable.UpsertRequest) (*airtable.UpsertResult, error) {
	if br.on.Load() {
		return nil, failure.New(failure.Fatal, "refused", "no writes today")
	}
	return br.Airtable.Upsert(ctx, tok, base, table, r)
}

// The mark moves only when a run completes: what a failed run has read and not
// written is read again, however long ago it was changed.
func TestAFailedRunLosesNothing(t *testing.T) {
	t.Parallel()
	on := new(atomic.Bool)
	b := setup(t, func(a airtablesync.Airtable) airtablesync.Airtable { return breaker{a, on} })
	ids := b.twoTables("A", "B")
	b.complete(config(""), "")
	b.update(sourceID, "People", ids[0], `{"Name":"A edited"}`)
	b.insert(sourceID, "People", `{"Name":"C","Town":"x"}`)
	on.Store(true)
	if got := b.run(config(""), `{"mode":"incremental"}`); got.event.Type != engine.EventFailed || got.Code != "refused" {
		t.Fatalf("%s %s", got.event.Type, got.event.Data)
	}
	on.Store(false)
	got := b.complete(config(""), `{"mode":"incremental"}`)
	if diff := cmp.Diff([]int64{1, 1}, []int64{got.Tables[0].Created, got.Tables[0].Updated}); diff != "" {
		t.Errorf("created and updated (-want +got):\n%s", diff)
	}
	b.sameTables("People")
}
