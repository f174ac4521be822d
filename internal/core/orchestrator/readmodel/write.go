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

// newUpsert multiplies the VALUES list of a statement for one row.
func newUpsert(one string) upsert {
	head, rest, _ := strings.Cut(one, "VALUES (")
	list, tail, _ := strings.Cut(rest, ")")
	u := upsert{columns: strings.Count(list, "$")}
	for i, rows := range sizes {
		var b strings.Builder
		b.WriteString(head + "VALUES ")
		for r := range rows {
			if r > 0 {
				b.WriteString(", ")
			}
			b.WriteByte('(')
			for c := range u.columns {
				if c > 0 {
					b.WriteString(", ")
				}
				fmt.Fprintf(&b, "$%d", r*u.columns+c+1)
			}
			b.WriteByte(')')
		}
		b.WriteString(tail)
		u.texts[i] = b.String()
	}
	return u
}

// statements are the upserts of the four tables.
type statements struct{ workflows, figures, executions, steps upsert }

func newStatements() statements {
	return statements{newUpsert(upsertWorkflowsSQL), newUpsert(upsertFiguresSQL), newUpsert(upsertExecutionsSQL), newUpsert(upsertStepsSQL)}
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
