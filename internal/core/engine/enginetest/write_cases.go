package enginetest

import (
	"context"
	"errors"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

var writeCases = []Case{
	{Name: "write/CommitsWithTheResult", Run: writeCommits},
	{Name: "write/GetsItsDataAndTheKey", Run: writeData},
	{Name: "write/ThatFailsFailsTheStep", Run: writeFails},
	{Name: "write/TooLargeIsRefused", Run: writeTooLarge},
}

// RowsSQL is the table that Attach writes to in these cases.
const RowsSQL = `CREATE TABLE enginetest_rows (name TEXT NOT NULL)`

const insertRow = `INSERT INTO enginetest_rows (name) VALUES ($1)`

func writeCommits(h *H) {
	if h.b.Rows == nil {
		return // no database, no rows
	}
	tries := 0
	rows := engine.NewWrite(h.reg, "test/rows", func(ctx context.Context, tx db.Tx, _ engine.WriteInfo, name string) error {
		_, err := tx.Exec(ctx, insertRow, name)
		return err
	})
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		err := rows.Attach(ctx, "attached")
		if tries++; tries == 1 {
			return 0, failure.New(failure.Transient, "", "again")
		}
		return n, err
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	if n := h.b.Rows(h.T, "attached"); n != 1 {
		h.Errorf("%d rows, want that of the attempt that succeeded", n)
	}
}

func writeFails(h *H) {
	broken := errors.New("no such table")
	other := h.noting("b")
	rows := engine.NewWrite(h.reg, "test/rows", func(context.Context, db.Tx, engine.WriteInfo, int) error { return broken })
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		h.note("a")
		return n, rows.Attach(ctx, n)
	})
	var last error // the function runs ahead of the commit and may see a result that is taken back
	fn := h.workflow(func(run engine.Run, n int) (int, error) {
		return n, engine.All(run, func(run engine.Run) error {
			_, last = step.Do(run, n)
			return nil
		}, func(run engine.Run) error {
			_, err := other.Do(run, 1)
			return err
		})
	})
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	var e *engine.Error
	if !errors.As(last, &e) || e.Code != engine.CodeAttach || !e.Unknown {
		h.Errorf("error %+v", last)
	}
	if got := h.noted(); got != "a b1" && got != "b1 a" {
		h.Errorf("happened: %s", got)
	}
}

// pair is data of a registered write.
type pair struct {
	Name string
	N    []int
}

func writeData(h *H) {
	wrote := make(chan string, 10)
	rows := engine.NewWrite(h.reg, "test/pairs", func(_ context.Context, _ db.Tx, by engine.WriteInfo, p pair) error {
		if by.Workspace != workspace || by.Execution != "ex_1" || by.Definition != "wf_test" {
			h.Errorf("written by %+v", by)
		}
		wrote <- by.Key + "=" + p.Name
		return nil
	})
	step := h.step("test/a", engine.StepOptions[int]{Key: func(int) string { return "order-7" }}, func(ctx context.Context, n int) (int, error) {
		return n, errors.Join(rows.Attach(ctx, pair{"first", []int{1, 2}}), rows.Attach(ctx, pair{Name: "second"}))
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	close(wrote)
	var got []string
	for w := range wrote {
		got = append(got, w)
	}
	if strings.Join(got, " ") != "order-7=first order-7=second" {
		h.Errorf("wrote %q", got)
	}
	for _, e := range h.b.Events(h.T, workspace, "ex_1") {
		if strings.Contains(string(e.Data)+string(e.Journal), "second") {
			h.Errorf("the data of the write stands in %s", e.Type)
		}
	}
}

func writeTooLarge(h *H) {
	rows := engine.NewWrite(h.reg, "test/rows", func(context.Context, db.Tx, engine.WriteInfo, string) error {
		h.note("wrote")
		return nil
	})
	step := h.step("test/a", engine.StepOptions[int]{}, func(ctx context.Context, n int) (int, error) {
		if err := rows.Attach(ctx, strings.Repeat("x", engine.MaxValueBytes)); failure.CodeOf(err) != engine.CodeTooLarge {
			h.Errorf("Attach gave %v", err)
		}
		return n, nil
	})
	fn := h.workflow(func(run engine.Run, n int) (int, error) { return step.Do(run, n) })
	h.boot()
	h.end(h.start(fn, 1), workflow.Completed)
	h.wantNoted("")
}
