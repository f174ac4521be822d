package openset

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// Every query walks an index and sorts nothing: there may be a hundred thousand
// rows.
func TestPlans(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		s, _ := loaded(t, d, memory(t))
		q := &s.table.sql
		for _, c := range []struct {
			name, sql string
			args      []any
		}{
			{"one", q.one, []any{1, "ex"}},
			{"page", q.page, []any{1, "ex", 10}},
			{"to_recover", q.toRecover, []any{1, "ex", 10}},
			{"due", q.due, []any{100, 10}},
			{"pending", q.pending, []any{1, "wf", 10}},
			{"position", q.position, nil},
		} {
			dbtest.Walks(t, d, c.name, c.sql, c.args...)
		}
	})
}
