package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

func TestRebuildShowsTheSame(t *testing.T) {
	t.Parallel()
	url, _, _ := description(t)
	dir := t.TempDir()
	p := serve(t, dir, "--airtable-base-url", url, "--airtable-requests-per-second", "10000")
	d := createExample(t, p.api(t))
	x, err := p.api(t).Execute(t.Context(), d.ID, client.Start{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if x, err = p.api(t).Wait(t.Context(), x.ID, nil); err != nil || x.State != workflow.Completed {
		t.Fatalf("%s: %+v %v", x.State, x.Error, err)
	}
	before := shown(t, p, d.ID, x.ID)
	if out, code := command(t, nil, "rebuild", "--data-dir", dir); code == 0 {
		t.Errorf("rebuild ran beside a server: %s", out)
	}
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if out, code := command(t, nil, "rebuild", "--data-dir", dir); code != 0 || !strings.Contains(out, "rebuilt from") {
		t.Errorf("rebuild: exit code %d: %s", code, out)
	}
	again := serve(t, dir)
	if diff := cmp.Diff(before, shown(t, again, d.ID, x.ID)); diff != "" {
		t.Errorf("the read models differ after a rebuild (-before +after):\n%s", diff)
	}
}

// shown is what the API shows of a workflow and its execution.
func shown(t *testing.T, p *process, id workflow.ID, ex workflow.ExecutionID) []string {
	t.Helper()
	api := p.api(t)
	metrics, err1 := api.Metrics(t.Context(), id)
	executions, err2 := api.Executions(t.Context(), id, client.List{})
	steps, err3 := api.Steps(t.Context(), ex, client.List{})
	var out []string
	for _, v := range []any{metrics.Executions, metrics.Duration, metrics.Steps, executions, steps} {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(raw))
	}
	for _, err := range []error{err1, err2, err3} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}
