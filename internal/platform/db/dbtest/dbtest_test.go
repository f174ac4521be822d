package dbtest_test

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// recorder is a test that is expected to fail.
type recorder struct {
	testing.TB
	failed strings.Builder
}

func (r *recorder) Errorf(format string, args ...any) { r.failed.WriteString(format) }

func TestWalksTellsAGoodPlanFromABadOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		dbtest.Exec(t, d, "CREATE TABLE things (id BIGINT PRIMARY KEY, colour TEXT NOT NULL, size BIGINT NOT NULL)")
		dbtest.Exec(t, d, "CREATE INDEX things_by_colour ON things (colour, id)")
		for _, c := range []struct {
			name, sql string
			args      []any
			good      bool
		}{
			{"an index in its order", "SELECT id FROM things WHERE colour = $1 AND id < $2 ORDER BY id DESC LIMIT 5", []any{"red", 9}, true},
			{"the primary key", "SELECT size FROM things WHERE id = $1", []any{1}, true},
			{"a scan", "SELECT id FROM things WHERE size = $1", []any{1}, false},
			{"a sort", "SELECT id FROM things WHERE colour = $1 ORDER BY size", []any{"red"}, false},
		} {
			r := &recorder{TB: t}
			dbtest.Walks(r, d, c.name, c.sql, c.args...)
			if good := r.failed.Len() == 0; good != c.good {
				t.Errorf("%s: passed %t\n%s", c.name, good, strings.Join(dbtest.Plan(t, d, c.sql, c.args...), "\n"))
			}
		}
	})
}
