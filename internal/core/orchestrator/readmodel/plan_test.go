package readmodel

import (
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// Every list has an index in its order: a page costs the same, whatever the
// store holds.
func TestListsWalkIndexes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		d := dbtest.Open(t, url)
		sql, err := openTables(t.Context(), d)
		if err != nil {
			t.Fatal(err)
		}
		dbtest.Fill(t, d, 1000, `INSERT INTO workflows (workspace, id, seq, created_at, updated_at, version, kind, state, name, config, labels)
			SELECT 1 + n % 3, 'wf_' || n, n, n, n, 1, 'kind' || (n % 5), CASE n % 10 WHEN 0 THEN 'archived' WHEN 1 THEN 'paused' ELSE 'active' END, 'x', '{}', '' FROM counter`)
		dbtest.Fill(t, d, 10_000, `INSERT INTO executions (workspace, id, seq, workflow, version, state, flags, priority, trigger_type, trigger_key, run_as,
			input, output, error, parked, steps_completed, steps_failed, retries, created_at, started_at, ended_at, more)
			SELECT 1 + n % 3, 'ex_' || n, n, n % 50, 1, CASE n % 100 WHEN 0 THEN 8 WHEN 1 THEN 2 ELSE 7 END, 0, 0, '', '', '', '', '', '', '', 5, 0, 0, n, n, n, '' FROM counter`)
		dbtest.Fill(t, d, 10_000, `INSERT INTO execution_steps (execution, seq, next_at, started_at, ended_at, attempt, read_only, state, path, name, label, generation, error)
			SELECT n / 20, n, 0, n, n, 1, 0, 4, '1', 'k/s', '', 1, '' FROM counter`)
		const workspace, limit = int64(1), int64(100)
		for name, list := range map[string]struct {
			sql    string
			search string // by which columns, as SQLite says it
			args   []any
		}{
			"list_workflows":                       {sql.listWorkflows, "workspace=? AND id<?", []any{workspace, "wf_z", limit}},
			"list_workflows_in_state":              {sql.listWorkflowsInState, "workspace=? AND state=? AND id<?", []any{workspace, "wf_z", limit, "paused"}},
			"list_workflows_of_kind":               {sql.listWorkflowsOfKind, "workspace=? AND kind=? AND id<?", []any{workspace, "wf_z", limit, "kind1"}},
			"list_workflows_of_kind_in_state":      {sql.listWorkflowsOfKindInState, "workspace=? AND kind=? AND state=? AND id<?", []any{workspace, "wf_z", limit, "kind1", "paused"}},
			"list_executions":                      {sql.listExecutions, "workspace=? AND id<?", []any{workspace, "ex_z", limit}},
			"list_executions_in_state":             {sql.listExecutionsInState, "workspace=? AND state=? AND seq<?", []any{workspace, int64(5000), limit, int64(8)}},
			"list_executions_of_workflow":          {sql.listExecutionsOfWorkflow, "workspace=? AND workflow=? AND seq<?", []any{workspace, int64(5000), limit, int64(3)}},
			"list_executions_of_workflow_in_state": {sql.listExecutionsOfWorkflowInState, "workspace=? AND workflow=? AND state=? AND seq<?", []any{workspace, int64(5000), limit, int64(3), int64(8)}},
			"list_steps":                           {sql.listSteps, "execution=? AND seq>?", []any{int64(3), int64(70), limit}},
			"read_workflow":                        {sql.readWorkflow, "workspace=? AND id=?", []any{workspace, "wf_1"}},
			"find_workflow":                        {sql.findWorkflow, "workspace=? AND id=?", []any{workspace, "wf_1"}},
			"read_execution":                       {sql.readExecution, "workspace=? AND id=?", []any{workspace, "ex_1"}},
			"read_figures":                         {sql.readFigures, "rowid=?", []any{int64(3)}},
			"read_progress":                        {sql.readProgress, "workspace=? AND execution=?", []any{workspace, "ex_1"}},
		} {
			dbtest.Walks(t, d, name, list.sql, list.args...)
			plan := strings.Join(dbtest.Plan(t, d, list.sql, list.args...), "\n")
			if d.Dialect() == db.SQLite && !strings.Contains(plan, "("+list.search+")") {
				t.Errorf("%s does not search by %s:\n%s", name, list.search, plan)
			}
		}
		// It walks the steps of one execution, most of which have ended.
		dbtest.WalksAndFilters(t, d, "list_open_steps", sql.listOpenSteps, int64(3))
	})
}
