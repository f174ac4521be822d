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

// statements are the upserts of the four tables.
type statements struct{ workflows, figures, executions, steps upsert }

func newStatements(d db.Dialect) statements {
	return statements{newUpsert(d, upsertWorkflowsSQL), newUpsert(d, upsertFiguresSQL), newUpsert(d, upsertExecutionsSQL), newUpsert(d, upsertStepsSQL)}
}

// store runs u over rows, as many at a time as fit.
func store[R any](ctx context.Context, tx db.Tx, u *upsert, rows []R, args func(R, []any) []any) error {
	values := make([]any, 0, min(len(rows), sizes[0])*u.columns)
	for i, size := range sizes {
		for len(rows) >= size {
			values = values[:0]
			for _, r := range rows[:size] {
				values = args(r, values)
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
func (s *statements) save(ctx context.Context, tx db.Tx, f *fold, figures []figuresRow) error {
	if err := store(ctx, tx, &s.workflows, f.changedWorkflows, (*workflowRow).args); err != nil {
		return err
	}
	if err := store(ctx, tx, &s.figures, figures, figuresRow.args); err != nil {
		return err
	}
	if err := store(ctx, tx, &s.executions, f.changedExecutions, (*executionRow).args); err != nil {
		return err
	}
	if err := store(ctx, tx, &s.steps, f.changedSteps, (*stepRow).args); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, writeCheckpointSQL, f.position)
	return err
}
