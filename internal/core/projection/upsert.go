package projection

import (
	"context"
	"fmt"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// sizes are the numbers of rows per statement, largest first: a few texts that
// stay prepared, whatever the size of a batch.
var sizes = [...]int{64, 16, 4, 1}

// Upsert stores rows of one sort, many per statement.
type Upsert[R any] struct {
	columns int
	texts   [len(sizes)]string
	args    func(ctx context.Context, tx db.Tx, row R, to []any) ([]any, error)
}

// NewUpsert makes an Upsert of the statement that stores one row,
//
//	INSERT INTO … VALUES ($1, $2, …) ON CONFLICT …
//
// with nothing but placeholders in the VALUES. args appends the arguments of one
// row, in their order.
func NewUpsert[R any](d db.Dialect, one string, args func(ctx context.Context, tx db.Tx, row R, to []any) ([]any, error)) *Upsert[R] {
	head, rest, _ := strings.Cut(one, "VALUES (")
	list, tail, _ := strings.Cut(rest, ")")
	u := &Upsert[R]{columns: strings.Count(list, "$"), args: args}
	for i, rows := range sizes {
		u.texts[i] = head + "VALUES " + placeholders(d, rows, u.columns) + tail
	}
	return u
}

// placeholders returns the VALUES of some rows. On SQLite they have no numbers:
// looking up a numbered one takes time in proportion to how many there are.
func placeholders(d db.Dialect, rows, columns int) string {
	tuples := make([]string, rows)
	for r := range tuples {
		holders := make([]string, columns)
		for c := range holders {
			holders[c] = "?"
			if d == db.Postgres {
				holders[c] = fmt.Sprintf("$%d", r*columns+c+1)
			}
		}
		tuples[r] = "(" + strings.Join(holders, ", ") + ")"
	}
	return strings.Join(tuples, ", ")
}

// Write stores rows. No two of them may have the same key.
func (u *Upsert[R]) Write(ctx context.Context, tx db.Tx, rows []R) (err error) {
	values := make([]any, 0, min(len(rows), sizes[0])*u.columns)
	for i, size := range sizes {
		for len(rows) >= size {
			values = values[:0]
			for _, r := range rows[:size] {
				if values, err = u.args(ctx, tx, r, values); err != nil {
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
