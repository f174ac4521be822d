package cli_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

const mended = `{"name":"Greeter","type":"test_kind","config":{"greeting":"mended"}}`

func TestRunAVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	b.ok(t, "workflows", "update", wf, "--file", file(t, mended))
	for version, greeting := range map[string]string{"1": "hello", "2": "mended", "latest": "mended"} {
		contains(t, b.ok(t, "workflows", "run", wf, "--wait", "--version", version, "--priority", "2"), `{"greeting":"`+greeting+`"`, "priority  2")
	}
	for version, err := range map[string]string{"0": "is not a version; give its number, or latest", "newest": "is not a version", "9": "has no version 9"} {
		if o := b.run(t, "", "workflows", "run", wf, "--version", version); o.code != cli.ExitInput || !strings.Contains(o.err, err) {
			t.Errorf("--version %s: exit %d: %s", version, o.code, o.err)
		}
	}
}

func TestRedriveAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	o := b.run(t, "", "workflows", "run", wf, "--wait", "--input", `{"work":2,"end":"fail"}`)
	failed := id(t, o.out, "ex")
	if o.code != cli.ExitFailed {
		t.Fatalf("exit %d: %s", o.code, o.err)
	}
	b.ok(t, "workflows", "update", wf, "--file", file(t, mended))
	out := b.ok(t, "executions", "redrive", failed, "--version", "latest", "--wait")
	contains(t, out, "completed", "redrive of  "+failed, "1 completed, 0 failed")
	if strings.Contains(out, "come again") {
		t.Errorf("something comes again: %s", out)
	}
	contains(t, b.ok(t, "executions", "show", failed), "superseded by", "failed")
	o = b.run(t, "", "executions", "redrive", failed)
	if o.code != cli.ExitInput || !strings.Contains(o.err, "was redriven already") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

// Who gives another input is told what comes again, and is not asked: on a
// terminal, in a pipe, and beside JSON.
func TestRedriveSaysWhatComesAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args     []string
		terminal bool
		wait     bool
	}{
		"in a pipe":     {},
		"on a terminal": {terminal: true},
		"waiting":       {args: []string{"--wait"}},
		"as JSON":       {args: []string{"--output", "json"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
			failed := id(t, b.run(t, "", "workflows", "run", wf, "--wait", "--input", `{"work":2,"end":"fail"}`).out, "ex")
			s, out, errs := state(b.env(), "", append([]string{"executions", "redrive", failed, "--input", `{"work":1}`}, c.args...)...)
			s.Terminal = c.terminal
			if code := cli.Main(t.Context(), s); code != cli.ExitOK {
				t.Fatalf("exit %d: %s", code, errs)
			}
			said, rest := out.String(), ""
			if len(c.args) == 2 {
				said, rest = errs.String(), out.String()
				var e client.Redriven
				if err := json.Unmarshal([]byte(rest), &e); err != nil || e.Repeats["test_kind/work"] != 2 {
					t.Errorf("%v: %s", err, rest)
				}
			}
			contains(t, said, "The input is another one: nothing is taken over. These effects come again:\n  test_kind/work  2 times\n")
		})
	}
}

func TestDiscardAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	failed := id(t, b.run(t, "", "workflows", "run", wf, "--wait", "--input", `{"end":"fail"}`).out, "ex")
	contains(t, b.ok(t, "executions", "discard", failed), "discarded  20", "failed")
	if o := b.run(t, "", "executions", "redrive", failed); o.code != cli.ExitInput || !strings.Contains(o.err, "was discarded") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

func TestListSteps(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	ex := id(t, b.ok(t, "workflows", "run", wf, "--wait", "--input", `{"again":1,"work":2}`), "ex")
	out := b.ok(t, "executions", "steps", ex, "--limit", "2")
	contains(t, out, "PATH", "1 (generation 2)  test_kind/work  completed  1        item 1\n", "item 2\n", "more: --cursor ")
	narrow(t, out)
	contains(t, b.ok(t, "executions", "get", ex), "generation  2")
}

// narrow fails if a line does not fit a terminal of 80 columns; what is as long as
// it is, such as a message, may be longer.
func narrow(t *testing.T, out string) {
	t.Helper()
	for line := range strings.Lines(out) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 && !strings.Contains(line, "more: ") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

// callTo is a command that calls a server of the test's own.
func callTo(url string, args ...string) (*cli.State, *buffer, *buffer) {
	return state([]string{"PAW_URL=" + url, "PAW_TOKEN=t"}, "", args...)
}

// Before it begins an execution has the newest version in view; one that ended
// without having begun has none.
func TestVersionOfAnExecutionThatNeverBegan(t *testing.T) {
	t.Parallel()
	for as, version := range map[string]string{"pending": "latest", "cancelled": "-", "failed": "-"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x := `{"id":"ex_1","workflow":"wf_1","state":"` + as + `","ended_at":"2026-11-25T18:01:00Z"}`
			if strings.HasSuffix(r.URL.Path, "/executions") {
				x = `{"items":[` + x + `]}`
			}
			_, _ = io.WriteString(w, x)
		}))
		t.Cleanup(server.Close)
		for _, args := range [][]string{{"executions", "get", "ex_1"}, {"workflows", "executions", "wf_1"}} {
			s, out, errs := callTo(server.URL, args...)
			if code := cli.Main(t.Context(), s); code != cli.ExitOK {
				t.Fatalf("exit %d: %s", code, errs)
			}
			if fields := strings.Fields(out.String()); !slices.Contains(fields, version) {
				t.Errorf("%s: %v say nothing of the version %q: %s", as, args, version, out)
			}
		}
	}
}

// Everything that an execution may be, on a terminal of 80 columns.
func TestShowAnExecution(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id":"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e","workflow":"wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e",
			"type":"airtable_sync","state":"parked","priority":-3,"generation":2,"created_at":"2026-11-25T18:00:00Z",
			"parent":{"execution":"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4f","generation":3,"path":"4.17.2"},
			"origin":{"execution":"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a50","generation":1,"fresh":true},
			"superseded_by":"ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a51","discarded_at":"2026-11-25T18:01:00Z",
			"waiting":{"name":"automation/approve,automation/reject","until":"2026-11-26T18:01:00Z"},
			"steps_completed":12,"steps_failed":1,"retries":3,
			"parked":{"reason":"needs_reauth","step":"airtable_sync/write_batch","path":"4.17.2","generation":2,"label":"Contacts","fix":"renew the token","since":"2026-11-25T18:01:00Z"}}`)
	}))
	t.Cleanup(server.Close)
	s, out, errs := state([]string{"PAW_URL=" + server.URL, "PAW_TOKEN=t"}, "", "executions", "show", "ex_1")
	if code := cli.Main(t.Context(), s); code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	want := `id             ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e
workflow       wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e
version        latest
state          parked
priority       -3
generation     2
child of       ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4f
  at           4.17.2 (generation 3)
redrive of     ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a50
               with another input: nothing is taken over
superseded by  ex_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a51
discarded      2026-11-25 18:01:00Z
created        2026-11-25 18:00:00Z
ended          -
steps          12 completed, 1 failed, 3 retries
waiting for    automation/approve,automation/reject
  until        2026-11-26 18:01:00Z
parked         needs_reauth
  at           airtable_sync/write_batch 4.17.2 (generation 2)
  label        Contacts
fix            renew the token
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
	narrow(t, out.String())
}

// An answer may say which generation it means.
func TestAnswerAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	o := b.run(t, "", "workflows", "run", wf, "--wait", "--input", `{"again":1,"end":"unknown"}`)
	ex := id(t, o.out, "ex")
	contains(t, o.out, "1 (generation 2)")
	if o := b.run(t, "", "executions", "answer", ex, "--path", "1", "--generation", "1", "--verdict", "done"); o.code != cli.ExitInput {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	for flag, c := range map[string]struct{ value, err string }{
		"--generation": {"0", "--generation counts from 1; leave it out for the current one"},
		"--result":     {"{", "--result: not JSON at line 1"},
	} {
		if o := b.run(t, "", "executions", "answer", ex, "--path", "1", "--verdict", "done", flag, c.value); o.code != cli.ExitInput || !strings.Contains(o.err, c.err) {
			t.Errorf("%s %s: exit %d: %s", flag, c.value, o.code, o.err)
		}
	}
	b.ok(t, "executions", "answer", ex, "--path", "1", "--generation", "2", "--verdict", "done", "--result", `{"found":"a record"}`)
	contains(t, b.ok(t, "executions", "watch", ex), "completed", `"found":"a record"`)
}

func TestListRows(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	ex := id(t, b.ok(t, "workflows", "run", wf, "--wait", "--input", `{"rows":4,"more":7}`), "ex")
	out := b.ok(t, "executions", "rows", ex)
	if diff := cmp.Diff(`TABLE     RECORD  FIELD  WHAT     CODE          WHY
Contacts  rec0    Boss   reduced  open_links    1 link leads nowhere
Contacts  rec1    Boss   reduced  open_links    1 link leads nowhere
Deals     rec2    -      held     deletes_held  its source row is gone
Contacts  rec3    Boss   reduced  open_links    1 link leads nowhere
4 of 11 records are listed; --counts counts all
`, out); diff != "" {
		t.Error(diff)
	}
	narrow(t, out)
	out = b.ok(t, "executions", "rows", ex, "--counts")
	if diff := cmp.Diff(`TABLE     WHAT     CODE          RECORDS
Contacts  reduced  open_links    3
Deals     held     deletes_held  8
all                              11
4 of 11 records are listed; --counts counts all
`, out); diff != "" {
		t.Error(diff)
	}
	contains(t, b.ok(t, "executions", "rows", ex, "--limit", "2"), "rec1", "more: --cursor ")
	held := b.ok(t, "executions", "rows", ex, "--table", "Deals", "--what", "held", "--code", "deletes_held")
	if contains(t, held, "rec2"); strings.Contains(held, "Contacts") {
		t.Errorf("a filter lets through %s", held)
	}
	contains(t, b.ok(t, "executions", "rows", ex, "--output", "json"), `"record": "rec3"`)
	contains(t, b.ok(t, "executions", "rows", ex, "--counts", "--output", "json"), `"listed": 4`)
	if o := b.run(t, "", "executions", "rows", ex, "--counts", "--table", "Deals"); o.code != cli.ExitInput {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	b.ok(t, "workflows", "delete", wf)
	contains(t, b.ok(t, "executions", "rows", ex), "the list expired on 20", "--counts still counts 11 records")
}

func TestSignalAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	ex := id(t, b.ok(t, "workflows", "run", wf, "--input", `{"approve":true}`), "ex")
	for data, err := range map[string]string{`{`: "--data is not JSON", ``: "--data is not JSON", `7`: "/data: "} {
		if o := b.run(t, "", "executions", "signal", ex, "approve", "--data", data); o.code != cli.ExitInput || !strings.Contains(o.err, err) {
			t.Errorf("%s: exit %d: %s", data, o.code, o.err)
		}
	}
	if o := b.run(t, "", "executions", "signal", ex, "other"); o.code != cli.ExitInput || !strings.Contains(o.err, "they take approve, never") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
	contains(t, b.ok(t, "executions", "signal", ex, "test_kind/approve", "--data", `{"by":"Ada"}`, "--idempotency-key", "k"), ex)
	contains(t, b.ok(t, "executions", "watch", ex), "completed", `"found":"Ada"`)
}
