package e2e_test

import (
	"database/sql"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/pyairtable/pyairtable-workflows/examples"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/airtablesync"
	"github.com/pyairtable/pyairtable-workflows/internal/demo/stage"
	"github.com/pyairtable/pyairtable-workflows/internal/outside/airtable"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/pgtest"
)

// lines is an io.Writer that logs.
type lines struct{ t *testing.T }

func (l lines) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}

func TestDemoTwice(t *testing.T) {
	t.Parallel()
	o := airtablesync.DemoOptions{Exit: true, Options: stage.Options{
		Dir: filepath.Join(t.TempDir(), "demo"), Records: 400, Speed: 100, Binary: binary, Out: lines{t}}}
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("first start: %v", err)
	}
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("second start: %v", err)
	}
}

// The store of another build is no reason for a demo to fail.
func TestDemoBeginsAnewOnAStoreOfAnotherBuild(t *testing.T) {
	t.Parallel()
	var said strings.Builder
	o := airtablesync.DemoOptions{Exit: true, Options: stage.Options{
		Dir: filepath.Join(t.TempDir(), "demo"), Records: 40, Speed: 200, Binary: binary, Out: &said}}
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("first start: %v", err)
	}
	otherFormat(t, filepath.Join(o.Dir, "data", "paw.db"))
	said.Reset()
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("after another build: %v", err)
	}
	if text := said.String(); !strings.Contains(text, "made anew: ") || !strings.Contains(text, "format 99") || !strings.Contains(text, "1. Source base filled") {
		t.Errorf("the demo said:\n%s", text)
	}
}

func TestStoreOfAnotherBuildIsRefusedInOneSentence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := serve(t, dir)
	p.kill()
	otherFormat(t, filepath.Join(dir, "paw.db"))
	again := launch(t, dir)
	if code := again.wait(t); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	said := strings.TrimSpace(again.output.String())
	if !strings.HasPrefix(said, "error: the store ") || !strings.Contains(said, "has format 99") || strings.Contains(said, "\n") {
		t.Errorf("the refusal: %s", said)
	}
}

// otherFormat makes a store look as if another build had made it.
func otherFormat(t *testing.T, path string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if _, err := pool.Exec("UPDATE db_owner SET format = 99"); err != nil {
		t.Fatal(err)
	}
}

func TestDemoOnDataThatCannotBeReadBeginsAnew(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	o := airtablesync.DemoOptions{Exit: true, Options: stage.Options{
		Dir: filepath.Join(t.TempDir(), "demo"), Records: 40, Speed: 100, Binary: binary, Out: &out}}
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("first start: %v\n%s", err, &out)
	}
	if strings.Contains(out.String(), "anew") {
		t.Errorf("the first start said:\n%s", &out)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "data", "paw.db"), []byte("no database at all"), 0o600); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := airtablesync.Demo(t.Context(), o); err != nil {
		t.Fatalf("second start: %v\n%s", err, &out)
	}
	if !strings.Contains(out.String(), "made anew: ") || !strings.Contains(out.String(), "Source base filled") {
		t.Errorf("the second start said:\n%s", &out)
	}
}

func TestSyncOnPostgresSurvivesKill(t *testing.T) {
	t.Parallel()
	o := airtablesync.TortureOptions{Kills: 2, Drops: 1, Seed: 11, Options: stage.Options{
		Dir: filepath.Join(t.TempDir(), "torture"), Records: 200, Binary: binary, Database: pgtest.URL(t), Out: lines{t}}}
	if err := airtablesync.Torture(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// description is a simulated Airtable that holds what the first example of
// the product's description speaks of.
func description(t *testing.T) (url string, source, target airtable.Token) {
	t.Helper()
	source, target = "keyXXXXXXXXXXXXXX", "keyYYYYYYYYYYYYYY"
	url = airtableAt(t, "keyXXXXXXXXXXXXXX", "keyYYYYYYYYYYYYYY")
	c := airtable.New(airtable.Options{BaseURL: url, RequestsPerSecond: 1e5, TokenRequestsPerSecond: 1e5})
	table := func(name string) airtable.NewTable {
		return airtable.NewTable{Name: name, Fields: []airtable.NewField{{Name: "Name", Type: "singleLineText"}, {Name: "Email", Type: "email"}}}
	}
	for base, token := range map[airtable.BaseID]airtable.Token{"appXXXXXXXXXXXXXX": source, "appYYYYYYYYYYYYYY": target} {
		n := airtable.NewBase{ID: base, Name: "Base", WorkspaceID: "wspExample0000000", Tables: []airtable.NewTable{table("Table1"), table("Table2")}}
		if _, err := c.CreateBase(t.Context(), token, n); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.Create(t.Context(), source, "appXXXXXXXXXXXXXX", "Table1", airtable.WriteRequest{Records: []airtable.RecordWrite{
		{Fields: map[string]json.RawMessage{"Name": json.RawMessage(`"Canary cell 4711"`), "Email": json.RawMessage(`"ada@example.com"`)}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return url, source, target
}

func createExample(t *testing.T, api *client.Client) workflow.Definition {
	t.Helper()
	config, err := examples.Files.ReadFile("airtable-sync.json")
	if err != nil {
		t.Fatal(err)
	}
	d, err := api.CreateWorkflow(t.Context(), client.Document{Name: "example", Type: "airtable_sync", Config: config}, "")
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDescriptionsExampleRunsAsItStands(t *testing.T) {
	t.Parallel()
	url, source, target := description(t)
	p := serve(t, t.TempDir(), "--airtable-base-url", url, "--airtable-requests-per-second", "10000")
	api := p.api(t)
	d := createExample(t, api)
	if len(d.Warnings) == 0 || d.Warnings[0].Pointer != "/config/real_time_sync" {
		t.Errorf("warnings %+v, want one for /config/real_time_sync", d.Warnings)
	}
	x, err := api.Execute(t.Context(), d.ID, client.Start{}, "")
	if err != nil {
		t.Fatal(err)
	}
	if x, err = api.Wait(t.Context(), x.ID, nil); err != nil || x.State != workflow.Completed {
		t.Fatalf("%s: %+v %v", x.State, x.Error, err)
	}
	c := airtable.New(airtable.Options{BaseURL: url})
	page, err := c.List(t.Context(), target, "appYYYYYYYYYYYYYY", "Table1", airtable.ListParams{})
	if err != nil || len(page.Records) != 1 || string(page.Records[0].Fields["Email"]) != `"ada@example.com"` {
		t.Errorf("the target holds %+v, %v", page, err)
	}
	saysWhatItDeleted(t, api, d.ID, func() error {
		rows, err := c.List(t.Context(), source, "appXXXXXXXXXXXXXX", "Table1", airtable.ListParams{})
		if err != nil {
			return err
		}
		_, err = c.Delete(t.Context(), source, "appXXXXXXXXXXXXXX", "Table1", []airtable.RecordID{rows.Records[0].ID})
		return err
	})
	eventually(t, "the blobs of the ended execution are gone", func() bool {
		left, err := filepath.Glob(filepath.Join(p.dir, "blobs", "*", "ex_*"))
		return err == nil && len(left) == 0
	})
	p.kill()
	expectNowhere(t, p, "keyXXXXXXXXXXXXXX", "keyYYYYYYYYYYYYYY", "Canary cell 4711")
}

// saysWhatItDeleted removes a row from the source and expects the next full run to
// name the row that it deletes.
func saysWhatItDeleted(t *testing.T, api *client.Client, id workflow.ID, remove func() error) {
	t.Helper()
	if err := remove(); err != nil {
		t.Fatal(err)
	}
	x, err := api.Execute(t.Context(), id, client.Start{Input: json.RawMessage(`{"mode":"full","allow_deletes":true}`)}, "")
	if err != nil {
		t.Fatal(err)
	}
	if x, err = api.Wait(t.Context(), x.ID, nil); err != nil || x.State != workflow.Completed {
		t.Fatalf("%s: %+v %v", x.State, x.Error, err)
	}
	page, err := api.Rows(t.Context(), x.ID, client.RowList{What: "deleted"})
	if err != nil || len(page.Items) != 1 || page.Items[0].Code != "source_row_gone" {
		t.Errorf("the rows are %+v, %v", page, err)
	}
	if counts, err := api.RowCounts(t.Context(), x.ID); err != nil || counts.Rows != 1 || counts.Listed != 1 {
		t.Errorf("the counts are %+v, %v", counts, err)
	}
}

// expectNowhere fails if a file of the data folder or the log holds one of
// the texts.
func expectNowhere(t *testing.T, p *process, texts ...string) {
	t.Helper()
	all := map[string]string{"the log": p.output.String()}
	err := filepath.WalkDir(p.dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		all[path] = string(raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for place, content := range all {
		for _, text := range texts {
			if strings.Contains(content, text) {
				t.Errorf("%s holds %q", place, text)
			}
		}
	}
}

func TestRevokedTokenParksAndResumes(t *testing.T) {
	t.Parallel()
	url, _, _ := description(t)
	p := serve(t, t.TempDir(), "--airtable-base-url", url, "--airtable-requests-per-second", "10000")
	api := p.api(t)
	d := createExample(t, api)
	wrong := []byte(strings.ReplaceAll(string(d.Config), secretOf(t, d, "source_bases"), "keyWRONGWRONGWRON"))
	if _, err := api.UpdateWorkflow(t.Context(), d.ID, client.Document{Name: d.Name, Config: wrong}, d.Version); err != nil {
		t.Fatal(err)
	}
	x, err := api.Execute(t.Context(), d.ID, client.Start{}, "")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the execution is parked", func() bool {
		x, err = api.Execution(t.Context(), x.ID)
		return err == nil && x.State == workflow.Parked
	})
	if x.Parked == nil || x.Parked.Reason != "needs_reauth" || x.Parked.Fix == "" {
		t.Errorf("parked %+v, want needs_reauth with a fix", x.Parked)
	}
	d, err = api.Workflow(t.Context(), d.ID)
	if err != nil {
		t.Fatal(err)
	}
	right := []byte(strings.ReplaceAll(string(d.Config), secretOf(t, d, "source_bases"), "keyXXXXXXXXXXXXXX"))
	if _, err := api.UpdateWorkflow(t.Context(), d.ID, client.Document{Name: d.Name, Config: right}, d.Version); err != nil {
		t.Fatal(err)
	}
	if _, err := api.ResumeExecution(t.Context(), x.ID); err != nil {
		t.Fatal(err)
	}
	if x, err = api.Wait(t.Context(), x.ID, nil); err != nil || x.State != workflow.Completed {
		t.Fatalf("%s: %+v %v", x.State, x.Error, err)
	}
}

// secretOf returns the reference that stands for a credential.
func secretOf(t *testing.T, d workflow.Definition, bases string) string {
	t.Helper()
	var config map[string]json.RawMessage
	if err := json.Unmarshal(d.Config, &config); err != nil {
		t.Fatal(err)
	}
	var list []struct {
		APIKey string `json:"api_key"`
	}
	if err := json.Unmarshal(config[bases], &list); err != nil || len(list) == 0 || !strings.HasPrefix(list[0].APIKey, "secret:sec_") {
		t.Fatalf("%s has no secret reference: %s", bases, config[bases])
	}
	return list[0].APIKey
}

func TestSIGTERMUnderWorkLosesNothing(t *testing.T) {
	t.Parallel()
	url, _, _ := description(t)
	dir := t.TempDir()
	args := []string{"--airtable-base-url", url, "--airtable-requests-per-second", "10000"}
	p := serve(t, dir, args...)
	d := createExample(t, p.api(t))
	fault(t, url, `{"faults":[{"operation":"list_records","fault":"delay","delay_ms":1500,"times":-1}]}`)
	x, err := p.api(t).Execute(t.Context(), d.ID, client.Start{}, "")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "a page is being read", func() bool { return seen(t, url) })
	if code := p.terminate(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	fault(t, url, `{}`)
	again := serve(t, dir, args...)
	if x, err = again.api(t).Wait(t.Context(), x.ID, nil); err != nil || x.State != workflow.Completed {
		t.Fatalf("%s: %+v %v", x.State, x.Error, err)
	}
}

// fault sets the simulator's plan of faults.
func fault(t *testing.T, url, plan string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, url+"/_sim/faults", strings.NewReader(plan))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("the simulator answered %s", resp.Status)
	}
}

// seen reports whether the first fault has met a call.
func seen(t *testing.T, url string) bool {
	t.Helper()
	resp, err := http.Get(url + "/_sim/faults")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var plan struct {
		Faults []struct {
			Met int `json:"met"`
		} `json:"faults"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&plan); err != nil {
		t.Fatal(err)
	}
	return len(plan.Faults) == 1 && plan.Faults[0].Met > 0
}
