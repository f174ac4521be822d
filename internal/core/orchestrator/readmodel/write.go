package readmodel

import (
	"context"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// sizes are the numbers of rows per statement, largest first: a few texts
// that stay prepared, whatever the size of a batch.
var sizes = [...]int{64, 16, 4, 1}

// upsert is one statement for several numbers of rows.
type upsert struct {
	columns int
	texts   [len(sizes)]string
}

// newUpsert multiplies the VALUES list of a statement for one row. On SQLite
// the placeholders lose their numbers: looking up a numbered one takes time
// in proportion to how many there are.
func newUpsert(d db.Dialect, one string) upsert {
	head, rest, _ := strings.Cut(one, "VALUES (")
	list, tail, _ := strings.Cut(rest, ")")
	u := upsert{columns: strings.Count(list, "$")}
	for i, rows := range sizes {
		tuples := make([]string, rows)
		for r := range tuples {
			holders := make([]string, u.columns)
			for c := range holders {
				holders[c] = "?"
				if d == db.Postgres {
					holders[c] = fmt.Sprintf("$%d", r*u.columns+c+1)
				}
			}
			tuples[r] = "(" + strings.Join(holders, ", ") + ")"
		}
		u.texts[i] = head + "VALUES " + strings.Join(tuples, ", ") + tail
	}
	return u
}

// writer stores what a fold has changed.
type writer struct {
	checkpoint                            string
	workflows, figures, executions, steps upsert
}

func newWriter(d db.Dialect, sql *statements) *writer {
	return &writer{sql.writeCheckpoint, newUpsert(d, sql.upsertWorkflows), newUpsert(d, sql.upsertFigures),
		newUpsert(d, sql.upsertExecutions), newUpsert(d, sql.upsertSteps)}
}

// store runs u over rows, as many at a time as fit. args appends the arguments of
// one row.
func store[R any](ctx context.Context, tx db.Tx, u *upsert, rows []R, args func(R, []any) ([]any, error)) (err error) {
	values := make([]any, 0, min(len(rows), sizes[0])*u.columns)
	for i, size := range sizes {
		for len(rows) >= size {
			values = values[:0]
			for _, r := range rows[:size] {
				if values, err = args(r, values); err != nil {
					return err
				}
			}
			if _, err := tx.Exec(ctx, u.texts[i], values...); err != nil {
				return err
			}
			rows = rows[size:]
		}
	}
	return nil
}

// save writes everything that the fold has changed, and the checkpoint.
func (w *writer) save(ctx context.Context, tx db.Tx, f *fold, figures []figuresRow) error {
	err := store(ctx, tx, &w.workflows, f.changedWorkflows, func(r *workflowRow, to []any) ([]any, error) {
		workspace, err := tx.Workspace(ctx, r.workspace)
		return r.args(append(to, workspace)), err
	})
	if err != nil {
		return err
	}
	err = store(ctx, tx, &w.figures, figures, func(r figuresRow, to []any) ([]any, error) {
		return append(to, r.workflow, r.figures), nil
	})
	if err != nil {
		return err
	}
	err = store(ctx, tx, &w.executions, f.changedExecutions, func(r *executionRow, to []any) ([]any, error) {
		workspace, err := tx.Workspace(ctx, r.workspace)
		return r.args(append(to, workspace)), err
	})
	if err != nil {
		return err
	}
	err = store(ctx, tx, &w.steps, f.changedSteps, func(r *stepRow, to []any) ([]any, error) { return r.args(to), nil })
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, w.checkpoint, f.position)
	return err
}
