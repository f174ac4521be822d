package e2e_test

import (
	"encoding/json"
	"os"
	"path/filepath"
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
	for _, names := range [][]string{{}, {"orchestrator"}} {
		if out, code := command(t, nil, append([]string{"rebuild", "--data-dir", dir}, names...)...); code != 0 || !strings.Contains(out, "rebuilt from") {
			t.Errorf("rebuild %v: exit code %d: %s", names, code, out)
		}
	}
	if out, code := command(t, nil, "rebuild", "--data-dir", dir, "ochrestrator"); code != 2 || !strings.Contains(out, "there are orchestrator") {
		t.Errorf("rebuild of an unknown one: exit code %d: %s", code, out)
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

func TestADataFolderOfAnotherStoreIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, code := command(t, nil, "rebuild", "--data-dir", dir); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	key, err := os.ReadFile(filepath.Join(dir, "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	other := "sqlite:" + filepath.Join(t.TempDir(), "other.db")
	out, code := command(t, nil, "rebuild", "--data-dir", dir, "--database-url", other)
	if code != 3 || !strings.Contains(out, "belongs to the store st_") || !strings.Contains(out, "set data_dir to") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if again, err := os.ReadFile(filepath.Join(dir, "master.key")); err != nil || string(again) != string(key) {
		t.Errorf("the master key was touched: %v", err)
	}
	if out, code := command(t, nil, "rebuild", "--data-dir", dir); code != 0 {
		t.Errorf("its own store: exit code %d: %s", code, out)
	}
}
