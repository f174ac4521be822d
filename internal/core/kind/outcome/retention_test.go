package outcome

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/clock"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// later is a clock that is ahead.
type later struct {
	clock.Clock
	by time.Duration
}

func (c *later) Now() time.Time { return c.Clock.Now().Add(c.by) }

func ahead() *later { return &later{Clock: clock.System()} }

// stored counts what is in the tables.
func (b *bed) stored(table string) (n int) {
	b.Helper()
	b.ok(b.db.Read().QueryRow(b.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n))
	return n
}

// sweep says of the executions that have ended only.
func (b *bed) sweep(open ...workflow.ExecutionID) {
	b.Helper()
	b.ok(b.Sweep(b.Context(), func(_ context.Context, key workflow.ExecutionKey) (bool, error) {
		for _, id := range open {
			if id == key.Execution {
				return false, nil
			}
		}
		return true, nil
	}))
}

func TestOldRowsAreDeletedAndTheirCountsStay(t *testing.T) {
	onBoth(t, func(b *bed) {
		at := ahead()
		b.clock = at
		b.write(first, rows(0, 1500)) // more than one commit deletes
		b.write(By{"ws_2", "ex_open", "wf_2", "k"}, rows(0, 2))
		at.by = KeptFor - time.Hour
		b.write(By{"ws_1", "ex_2", "wf_1", "k"}, rows(0, 3))
		b.sweep()
		if n := b.stored("kind_outcome_rows"); n != 1505 {
			b.Errorf("%d rows before their time", n)
		}
		at.by = KeptFor + time.Hour
		b.sweep("ex_open")
		b.same("rows", []string(nil), b.records("ws_1", "ex_1", 0, 10))
		counts := b.counted("ws_1", "ex_1")
		if counts.Rows != 1500 || counts.Listed != 0 || counts.ExpiredAt == nil {
			b.Errorf("counts %+v", counts)
		}
		b.same("of one that is open", []string{"1 rec0", "2 rec1"}, b.records("ws_2", "ex_open", 0, 10))
		b.same("of a later one", []string{"1 rec0", "2 rec1", "3 rec2"}, b.records("ws_1", "ex_2", 0, 10))
		if n, batches := b.stored("kind_outcome_rows"), b.stored("kind_outcome_batches"); n != 5 || batches != 2 {
			b.Errorf("%d rows and %d batches are stored", n, batches)
		}
		b.sweep("ex_open") // there is nothing left to do
		b.write(first, rows(7, 8))
		if counts := b.counted("ws_1", "ex_1"); counts.Rows != 1501 || b.stored("kind_outcome_rows") != 5 {
			b.Errorf("what comes afterwards: %+v", counts)
		}
	})
}

func TestRowsOfAnArchivedWorkflow(t *testing.T) {
	onBoth(t, func(b *bed) {
		b.write(first, rows(0, 2))
		b.write(By{"ws_1", "ex_2", "wf_2", "k"}, rows(0, 2))
		b.write(By{"ws_2", "ex_1", "wf_1", "k"}, rows(0, 2))
		b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error { return b.Archive(ctx, tx, "ws_1", "wf_1") }))
		b.same("at once", []string(nil), b.records("ws_1", "ex_1", 0, 10))
		if counts := b.counted("ws_1", "ex_1"); counts.Rows != 2 || counts.Listed != 0 || counts.ExpiredAt == nil {
			b.Errorf("counts %+v", counts)
		}
		b.sweep()
		if n := b.stored("kind_outcome_rows"); n != 4 {
			b.Errorf("%d rows are stored", n)
		}
		b.same("another workflow", []string{"1 rec0", "2 rec1"}, b.records("ws_1", "ex_2", 0, 10))
		b.same("another workspace", []string{"1 rec0", "2 rec1"}, b.records("ws_2", "ex_1", 0, 10))
	})
}

// A sweep that was cut off leaves nothing that a reader could see in part, and the
// next one does the rest.
func TestASweepThatFails(t *testing.T) {
	onBoth(t, func(b *bed) {
		at := ahead()
		b.clock = at
		b.write(first, rows(0, 2))
		at.by = KeptFor + time.Hour
		broken := errors.New("the store is gone")
		err := b.Sweep(b.Context(), func(context.Context, workflow.ExecutionKey) (bool, error) { return false, broken })
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "ex_1") {
			b.Errorf("got %v", err)
		}
		b.same("rows", []string{"1 rec0", "2 rec1"}, b.records("ws_1", "ex_1", 0, 10))
		// As if the process had died after the first commit.
		b.ok(b.db.Write(b.Context(), func(ctx context.Context, tx db.Tx) error {
			_, err := tx.Exec(ctx, b.sql.expire, int64(1), int64(1), int64(7))
			return err
		}))
		b.same("rows", []string(nil), b.records("ws_1", "ex_1", 0, 10))
		b.sweep()
		if n := b.stored("kind_outcome_rows"); n != 0 {
			b.Errorf("%d rows are stored", n)
		}
	})
}

func TestOverdue(t *testing.T) {
	t.Parallel()
	now := time.Now()
	of := func(definition string, kept int64, age time.Duration, expired int64) keptRun {
		return keptRun{run: run{kept: kept, expired: expired}, definition: definition, written: now.Add(-age).UnixMicro(),
			execution: workflow.ExecutionID(fmt.Sprint(definition, kept))}
	}
	const most = MaxRowsOfWorkflow
	for name, c := range map[string]struct {
		runs []keptRun
		want string
	}{
		"none":                          {nil, ""},
		"young":                         {[]keptRun{of("a", 5, KeptFor-time.Second, 0)}, ""},
		"as old as may be":              {[]keptRun{of("a", 5, KeptFor, 0)}, ""},
		"old":                           {[]keptRun{of("a", 5, 0, 0), of("a", 6, KeptFor+time.Second, 0)}, "a6"},
		"given up":                      {[]keptRun{of("a", 5, 0, 1)}, "a5"},
		"as many as may be":             {[]keptRun{of("a", 5, 0, 0), of("a", most-5, 0, 0)}, ""},
		"one too many":                  {[]keptRun{of("a", 5, 0, 0), of("a", most-4, 0, 0), of("a", 1, 0, 0)}, "a99996 a1"},
		"the newest alone is too large": {[]keptRun{of("a", most+1, 0, 0), of("a", 1, 0, 0)}, "a1"},
		"each workflow by itself":       {[]keptRun{of("a", most, 0, 0), of("b", most, 0, 0)}, ""},
	} {
		var got []string
		for _, r := range overdue(c.runs, now) {
			got = append(got, string(r.execution))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
