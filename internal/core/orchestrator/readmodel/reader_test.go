package readmodel

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// The rows of a fold that begins anew are those that it would hold.
func TestOpenReadsTheStepsThatGoOn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		m := filled(t, url)
		steps := `INSERT INTO execution_steps (execution, seq, next_at, started_at, ended_at, attempt, read_only, state, path, name, label, generation, error)
			SELECT %d, 5000 + n, 0, n, CASE n WHEN 2 THEN 9 ELSE 0 END, 1, 0, 1, 'p' || n, 'k/s', '', CASE n WHEN 3 THEN 1 ELSE %d END, '' FROM counter`
		dbtest.Fill(t, m.db, 4, fmt.Sprintf(steps, 1002, 2))
		dbtest.Exec(t, m.db, `UPDATE executions SET more = '{"generation":2}' WHERE id = 'ex_1002'`)
		dbtest.Fill(t, m.db, 4, fmt.Sprintf(steps, 1004, 1))
		for id, want := range map[string][]string{"ex_1002": {"p1", "p4"}, "ex_1004": {"p1", "p3", "p4"}, "ex_1006": nil} {
			r, err := m.reader.open(t.Context(), name{"ws_1", id})
			if err != nil {
				t.Fatal(err)
			}
			if got := slices.Sorted(maps.Keys(r.openSteps)); !slices.Equal(got, want) {
				t.Errorf("%s has the open steps %v, want %v", id, got, want)
			}
		}
		if r, err := m.reader.open(t.Context(), name{"ws_2", "ex_1002"}); r != nil || err != nil {
			t.Errorf("an execution of another workspace: %+v, %v", r, err)
		}
	})
}
