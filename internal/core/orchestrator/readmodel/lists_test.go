package readmodel

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/core/projection"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db/dbtest"
)

// filled is a model with two workspaces, whose rows have every kind and state.
func filled(t *testing.T, url string) *Model {
	t.Helper()
	d := dbtest.Open(t, url)
	set, err := projection.Open(t.Context(), projection.Options{DB: d})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Open(t.Context(), d, set)
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Exec(t, d, "INSERT INTO db_workspaces (key, id) VALUES (1, 'ws_1'), (2, 'ws_2')")
	dbtest.Fill(t, d, 60, `INSERT INTO workflows (workspace, id, seq, created_at, updated_at, version, kind, state, name, config, labels)
		SELECT 1 + n % 2, 'wf_' || (100 + n), n, n, n, 1, 'k' || (n % 3), CASE n % 5 WHEN 0 THEN 'archived' WHEN 1 THEN 'paused' ELSE 'active' END, '', '{}', '' FROM counter`)
	dbtest.Fill(t, d, 400, `INSERT INTO executions (workspace, id, seq, workflow, version, state, flags, priority, trigger_type, trigger_key, run_as,
		input, output, error, parked, steps_completed, steps_failed, retries, created_at, started_at, ended_at, more)
		SELECT 1 + n % 2, 'ex_' || (1000 + n), 1000 + n, n % 6, 1, 1 + n % 9, 0, 0, '', '', '', '', '', '', '', 0, 0, 0, n, n, n, '' FROM counter`)
	return m
}

// Every list in pages is what of all rows fits, newest first, nothing twice.
func TestListsOfExecutionsInPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		m := filled(t, url)
		all := pages(t, m, "ws_1", "", "")
		if len(all) != 200 || len(pages(t, m, "ws_3", "", "")) != 0 {
			t.Fatalf("%d executions", len(all))
		}
		for _, of := range []workflow.ID{"", "wf_102", "wf_104"} {
			for _, state := range append(workflow.ExecutionStates(), "") {
				var want []string
				for _, x := range all {
					if (of == "" || x.Workflow == of) && (state == "" || x.State == state) {
						want = append(want, string(x.ID))
					}
				}
				var got []string
				for _, x := range pages(t, m, "ws_1", of, state) {
					got = append(got, string(x.ID))
				}
				if d := cmp.Diff(want, got); d != "" || !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(b, a) }) {
					t.Errorf("of %q in state %q: %s", of, state, d)
				}
			}
		}
		if _, _, err := m.Executions(t.Context(), "ws_1", "wf_101", "", "", 10); !errors.Is(err, workflow.ErrNotFound) {
			t.Errorf("a workflow of another workspace: %v", err)
		}
	})
}

func pages(t *testing.T, m *Model, ws workflow.WorkspaceID, of workflow.ID, state workflow.ExecutionState) (all []workflow.Execution) {
	t.Helper()
	for cursor := ""; ; {
		page, next, err := m.Executions(t.Context(), ws, of, state, cursor, 7)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page...)
		if cursor = next; cursor == "" || len(all) > 1000 {
			return all
		}
	}
}

func TestListsOfWorkflowsInPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		m := filled(t, url)
		for _, kind := range []string{"", "k1", "none"} {
			for _, state := range []workflow.DefinitionState{"", workflow.Active, workflow.Halted, workflow.Archived} {
				var want []string
				for n := 60; n > 0; n-- {
					s := map[int]workflow.DefinitionState{0: workflow.Archived, 1: workflow.Halted}[n%5]
					if s == "" {
						s = workflow.Active
					}
					if n%2 == 0 && (kind == "" || kind == fmt.Sprint("k", n%3)) && (s == state || state == "" && s != workflow.Archived) {
						want = append(want, fmt.Sprint("wf_", 100+n))
					}
				}
				var got []string
				for before := ""; ; {
					page, err := m.Workflows(t.Context(), "ws_1", kind, state, before, 4)
					if err != nil {
						t.Fatal(err)
					}
					for _, w := range page {
						got = append(got, string(w.ID))
					}
					if len(page) < 4 || len(got) > 100 {
						break
					}
					before = got[len(got)-1]
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Errorf("of kind %q in state %q: %s", kind, state, d)
				}
			}
		}
	})
}

// The numbers are stored.
func TestStatesKeepTheirNumbers(t *testing.T) {
	t.Parallel()
	want := []workflow.ExecutionState{"", "pending", "running", "paused", "parked", "cancelling", "compensating", "completed", "failed", "cancelled"}
	if d := cmp.Diff(want, executionStates); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]workflow.StepState{"", "running", "retrying", "parked", "completed", "failed"}, stepStates); d != "" {
		t.Error(d)
	}
	for _, s := range workflow.ExecutionStates() {
		if stateOf(executionStates, codeOf(executionStates, s)) != string(s) {
			t.Errorf("%s has no number", s)
		}
	}
	if codeOf(executionStates, "unheard of") != -1 || stateOf(executionStates, -1) != "" || stateOf(executionStates, 99) != "" {
		t.Error("what does not exist has a number")
	}
}
