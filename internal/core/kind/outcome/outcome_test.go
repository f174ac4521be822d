package outcome

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// bed is a store in one dialect.
type bed struct {
	*testing.T
	Store
}

func onBoth(t *testing.T, test func(b *bed)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		b := &bed{T: t}
		b.ok(b.Open(t.Context(), dbtest.Open(t, url)))
		test(b)
	})
}

func (b *bed) ok(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func (b *bed) write(by By, batches ...Batch) {
	b.Helper()
	b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error {
		for _, batch := range batches {
			if err := b.Write(ctx, tx, by, batch); err != nil {
				return err
			}
		}
		return nil
	}))
}

// Execution makes a bed the executions of its reader: ws_1 and ws_2 have all but
// ex_foreign.
func (b *bed) Execution(_ context.Context, c workflow.Caller, id workflow.ExecutionID) (workflow.Execution, error) {
	if err := c.Require(workflow.ExecutionRead); err != nil {
		return workflow.Execution{}, err
	}
	if id == "ex_foreign" {
		return workflow.Execution{}, workflow.NotFound("execution_not_found", "no")
	}
	return workflow.Execution{ID: id}, nil
}

// reading may read executions of a workspace.
func reading(ws workflow.WorkspaceID) workflow.Caller {
	return workflow.Caller{Workspace: ws, Scopes: []workflow.Permission{workflow.ExecutionRead}}
}

func (b *bed) page(ws workflow.WorkspaceID, q RowsRequest) workflow.Page[workflow.RowOutcome] {
	b.Helper()
	page, err := NewReader(&b.Store, b).Rows(b.Context(), reading(ws), q)
	b.ok(err)
	return page
}

// records lists number and record of an execution's rows after a number.
func (b *bed) records(ws workflow.WorkspaceID, execution workflow.ExecutionID, after int64, limit int) []string {
	b.Helper()
	var all []string
	for _, r := range b.page(ws, RowsRequest{Execution: execution, After: after, Limit: limit}).Items {
		all = append(all, fmt.Sprintf("%d %s", r.Number, r.Record))
	}
	return all
}

func (b *bed) counted(ws workflow.WorkspaceID, execution workflow.ExecutionID) workflow.RowCounts {
	b.Helper()
	counts, err := NewReader(&b.Store, b).Counts(b.Context(), reading(ws), execution)
	b.ok(err)
	return counts
}

func (b *bed) same(what string, want, got any) {
	b.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		b.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// rows are so many rows of one table.
func rows(from, to int) Batch {
	var batch Batch
	for i := from; i < to; i++ {
		batch.Rows = append(batch.Rows, Row{Table: "People", Record: fmt.Sprint("rec", i), What: Skipped, Code: "x"})
	}
	return batch
}

var first = By{Workspace: "ws_1", Execution: "ex_1", Definition: "wf_1", Key: "ex_1/1/1"}

func TestRowsAreKeptInOrder(t *testing.T) {
	onBoth(t, func(b *bed) {
		whole := Row{Table: "People", Record: "rec0", Field: "Boss", What: Reduced, Code: "open_links", Message: "1 link"}
		b.write(first, Batch{Rows: []Row{whole}})
		b.write(By{"ws_1", "ex_1", "wf_1", "ex_1/1/2"}, rows(1, 5))
		b.same("a row", workflow.Page[workflow.RowOutcome]{Next: "1", Items: []workflow.RowOutcome{
			{Number: 1, Table: "People", Record: "rec0", Field: "Boss", What: "reduced", Code: "open_links", Message: "1 link"}}}, b.page("ws_1", RowsRequest{Execution: "ex_1", Limit: 1}))
		b.same("a page", []string{"2 rec1", "3 rec2"}, b.records("ws_1", "ex_1", 1, 2))
		b.same("the next", []string{"4 rec3", "5 rec4"}, b.records("ws_1", "ex_1", 3, 2))
		b.same("the end", []string(nil), b.records("ws_1", "ex_1", 5, 2))
	})
}

// The engine may apply one write twice; a step may attach several.
func TestABatchIsAddedOnce(t *testing.T) {
	onBoth(t, func(b *bed) {
		b.write(first, rows(0, 2), rows(0, 2), rows(2, 3), Batch{More: []Count{{Table: "People", What: Skipped, Code: "x", Rows: 5}}})
		b.write(first, rows(0, 2), Batch{More: []Count{{Table: "People", What: Skipped, Code: "x", Rows: 5}}})
		b.write(By{"ws_1", "ex_1", "wf_1", "ex_1/1/2"}, rows(2, 3))
		b.same("rows", []string{"1 rec0", "2 rec1", "3 rec2", "4 rec2"}, b.records("ws_1", "ex_1", 0, 100))
		b.same("counts", workflow.RowCounts{Items: []workflow.RowCount{{Table: "People", What: "skipped", Code: "x", Rows: 9}}, Rows: 9, Listed: 4}, b.counted("ws_1", "ex_1"))
	})
}

func TestExecutionsAreKeptApart(t *testing.T) {
	onBoth(t, func(b *bed) {
		for _, x := range []string{"ex_7", "ex_8"} { // the same execution has another number in each workspace
			b.write(By{"ws_2", x, "wf_1", x + "/1/1"}, rows(0, 3))
		}
		b.write(first, rows(0, 1))
		b.write(By{"ws_2", "ex_1", "wf_1", "ex_1/1/1"}, rows(1, 2))
		b.write(By{"ws_1", "ex_2", "wf_1", "ex_2/1/1"}, rows(2, 3))
		for _, c := range []struct {
			ws        workflow.WorkspaceID
			execution workflow.ExecutionID
			want      []string
		}{{"ws_1", "ex_1", []string{"1 rec0"}}, {"ws_2", "ex_1", []string{"1 rec1"}}, {"ws_1", "ex_2", []string{"1 rec2"}}, {"ws_2", "ex_2", nil}, {"ws_3", "ex_1", nil}} {
			b.same(string(c.ws)+" "+string(c.execution), c.want, b.records(c.ws, c.execution, 0, 10))
			if counts := b.counted(c.ws, c.execution); len(counts.Items) != len(c.want) || counts.Listed != int64(len(c.want)) {
				b.Errorf("%s %s: counts %v", c.ws, c.execution, counts)
			}
		}
	})
}

func TestRowsBeyondTheBoundAreCounted(t *testing.T) {
	onBoth(t, func(b *bed) {
		b.write(first, rows(0, MaxRows-1), Batch{Rows: []Row{{Table: "Deals", Record: "recA", What: Held}, {Table: "Deals", Record: "recB", What: Held}}})
		b.write(By{"ws_1", "ex_1", "wf_1", "ex_1/1/2"}, Batch{Rows: []Row{{Table: "Deals", Record: "recC", What: Held}}})
		b.same("the last rows", []string{"9999 rec9998", "10000 recA"}, b.records("ws_1", "ex_1", MaxRows-2, 10))
		b.same("counts", workflow.RowCounts{Rows: MaxRows + 2, Listed: MaxRows, Items: []workflow.RowCount{
			{Table: "Deals", What: "held", Rows: 3}, {Table: "People", What: "skipped", Code: "x", Rows: MaxRows - 1}}}, b.counted("ws_1", "ex_1"))
	})
}

func TestFilters(t *testing.T) {
	onBoth(t, func(b *bed) {
		b.write(first, Batch{Rows: []Row{
			{Table: "People", Record: "rec1", What: Reduced, Code: "open_links"}, {Table: "Deals", Record: "rec2", What: Reduced, Code: "open_links"},
			{Table: "People", Record: "rec3", What: Held, Code: "deletes_held"}, {Table: "People", Record: "rec4", What: Reduced, Code: "skipped_links"},
		}})
		for name, c := range map[string]struct {
			q    RowsRequest
			want string
			next string
		}{
			"a table":         {RowsRequest{Table: "People"}, "rec1 rec3 rec4", ""},
			"what happened":   {RowsRequest{What: "reduced"}, "rec1 rec2 rec4", ""},
			"a code":          {RowsRequest{Code: "open_links"}, "rec1 rec2", ""},
			"all three":       {RowsRequest{Table: "People", What: "reduced", Code: "skipped_links"}, "rec4", ""},
			"no such table":   {RowsRequest{Table: "people"}, "", ""},
			"the first page":  {RowsRequest{Table: "People", Limit: 2}, "rec1 rec3", "3"},
			"the second page": {RowsRequest{Table: "People", Limit: 2, After: 3}, "rec4", ""},
		} {
			if c.q.Execution = "ex_1"; c.q.Limit == 0 {
				c.q.Limit = 10
			}
			var got []string
			page := b.page("ws_1", c.q)
			for _, r := range page.Items {
				got = append(got, r.Record)
			}
			if strings.Join(got, " ") != c.want || page.Next != c.next {
				b.Errorf("%s: %v, next %q", name, got, page.Next)
			}
		}
	})
}

func TestWhoMayReadThem(t *testing.T) {
	onBoth(t, func(b *bed) {
		r := NewReader(&b.Store, b)
		for name, c := range map[string]struct {
			caller workflow.Caller
			id     workflow.ExecutionID
			want   workflow.ErrorCategory
		}{
			"another's":   {reading("ws_1"), "ex_foreign", workflow.CategoryNotFound},
			"not readers": {workflow.Caller{Workspace: "ws_1", Scopes: []workflow.Permission{workflow.WorkflowRun}}, "ex_1", workflow.CategoryForbidden},
		} {
			_, err := r.Rows(b.Context(), c.caller, RowsRequest{Execution: c.id, Limit: 1})
			_, also := r.Counts(b.Context(), c.caller, c.id)
			if workflow.AsError(err).Category != c.want || workflow.AsError(also).Category != c.want {
				b.Errorf("%s: %v, %v", name, err, also)
			}
		}
	})
}

func TestListsWalkTheirKeys(t *testing.T) {
	onBoth(t, func(b *bed) {
		b.write(first, rows(0, 1))
		dbtest.Fill(b.T, b.db, 5000, `INSERT INTO kind_runs (workspace, execution, run, definition, kept) SELECT 1, 'ex_' || (n + 1), n + 1, 'wf_' || (n % 20), n % 3 FROM counter`)
		dbtest.Fill(b.T, b.db, 5000, `INSERT INTO kind_outcome_rows (workspace, run, number, table_name, record, field, what, code, message)
			SELECT 1, 1 + n % 50, 1 + n, 't', 'r', '', 'skipped', '', '' FROM counter`)
		dbtest.Walks(b.T, b.db, "list_rows", b.sql.rows, int64(1), "ex_1", int64(7), 100)
		dbtest.WalksAndFilters(b.T, b.db, "list_rows_that", b.sql.rowsThat, int64(1), "ex_1", int64(7), 100, "t", "", "x")
		dbtest.Walks(b.T, b.db, "list_counts", b.sql.counts, int64(1), "ex_1")
		dbtest.Walks(b.T, b.db, "find_run", b.sql.findRun, int64(1), "ex_1")
		dbtest.Walks(b.T, b.db, "next_workspace", b.sql.nextWorkspace, int64(0))
		dbtest.Walks(b.T, b.db, "list_kept", b.sql.kept, int64(1))
		dbtest.WalksAndFilters(b.T, b.db, "expire_runs", b.sql.expireAll, int64(1), "wf_1", int64(7))
		dbtest.Walks(b.T, b.db, "drop_rows", b.sql.dropRows, int64(1), int64(1), int64(7))
	})
}

func TestCut(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä", 400) // two bytes each
	got := Row{Table: long, Record: long, Field: long, What: What(long), Code: long, Message: "x" + long}.Cut()
	for name, text := range map[string]string{"table": got.Table, "record": got.Record, "field": got.Field, "what": string(got.What), "code": got.Code} {
		if len(text) != 200 || !utf8.ValidString(text) {
			t.Errorf("%s has %d bytes", name, len(text))
		}
	}
	if len(got.Message) != 499 || !utf8.ValidString(got.Message) {
		t.Errorf("the message has %d bytes", len(got.Message))
	}
	short := Row{Table: "People", Record: "rec1", What: Deleted, Message: "bad \xff"}
	if got := short.Cut(); got.Table != "People" || got.What != Deleted || got.Message != "bad \uFFFD" {
		t.Errorf("%+v", got)
	}
	if got := (Count{Table: long, Rows: 7}).Cut(); len(got.Table) != 200 || got.Rows != 7 {
		t.Errorf("%+v", got)
	}
}

// The name of a table may hold what no column takes.
func TestTextThatNoColumnTakesIsKeptWithAReplacement(t *testing.T) {
	onBoth(t, func(b *bed) {
		dirty := Row{Table: "Bad\x00Table", Record: "rec\x00", Field: "F\xff", What: "wh\x00at", Code: "c\x00", Message: "m\x00"}
		clean := workflow.RowOutcome{Table: "Bad\uFFFDTable", Record: "rec\uFFFD", Field: "F\uFFFD", What: "wh\uFFFDat", Code: "c\uFFFD", Message: "m\uFFFD"}
		b.write(first, Batch{Rows: []Row{dirty, dirty.Cut()}, More: []Count{{Table: dirty.Table, What: dirty.What, Code: dirty.Code, Rows: 2}}})
		want := []workflow.RowOutcome{clean, clean}
		want[0].Number, want[1].Number = 1, 2
		b.same("rows", want, b.page("ws_1", RowsRequest{Execution: "ex_1", Table: "Bad\x00Table", Limit: 5}).Items)
		if counts := b.counted("ws_1", "ex_1"); counts.Rows != 4 {
			b.Errorf("counted %+v", counts)
		}
	})
}
