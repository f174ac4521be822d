package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/spf13/cobra"

	"github.com/pyairtable/pyairtable-workflows/internal/api/apitest"
	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/blob"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// testBundle is a server that commands of one test talk to.
type testBundle struct {
	*apitest.Core
	url string
}

func setup(t *testing.T) *testBundle {
	t.Helper()
	b := &testBundle{Core: apitest.Open(t)}
	server := httptest.NewServer(b.API(kit.Options{}))
	t.Cleanup(server.Close)
	b.url = server.URL
	return b
}

// outcome is what a command left behind.
type outcome struct {
	code     int
	out, err string
}

// buffer is written by a command and read by its test, also while it runs.
type buffer struct {
	mu    sync.Mutex
	buf   bytes.Buffer
	wrote chan struct{}
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	select {
	case b.wrote <- struct{}{}:
	default:
	}
	return b.buf.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func state(env []string, stdin string, args ...string) (*cli.State, *buffer, *buffer) {
	out, errs := &buffer{wrote: make(chan struct{}, 1)}, &buffer{}
	return &cli.State{Args: args, Env: env, Stdin: strings.NewReader(stdin), Stdout: out, Stderr: errs, Version: "v1.2.3"}, out, errs
}

func (b *testBundle) env() []string { return []string{"PAW_URL=" + b.url, "PAW_TOKEN=" + b.Admin} }

// run runs one command to its end.
func (b *testBundle) run(t *testing.T, stdin string, args ...string) outcome {
	t.Helper()
	s, out, errs := state(b.env(), stdin, args...)
	code := cli.Main(t.Context(), s)
	return outcome{code, out.String(), errs.String()}
}

// ok runs one command that must succeed.
func (b *testBundle) ok(t *testing.T, args ...string) string {
	t.Helper()
	o := b.run(t, "", args...)
	if o.code != cli.ExitOK || o.err != "" {
		t.Fatalf("%v: exit %d\n%s%s", args, o.code, o.out, o.err)
	}
	return o.out
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "workflow.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const whole = `{"name":"Greeter","type":"test_kind","config":{"greeting":"hello"}}`

// id finds the first id of a sort in an output.
func id(t *testing.T, out, prefix string) string {
	t.Helper()
	found := regexp.MustCompile(prefix + `_[0-9a-f-]{36}`).FindString(out)
	if found == "" {
		t.Fatalf("no %s_… in %s", prefix, out)
	}
	return found
}

func TestTheLifeOfAWorkflow(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	contains(t, b.ok(t, "workflows", "list"), wf, "Greeter", "test_kind", "active")
	contains(t, b.ok(t, "workflows", "get", wf), "version  1")
	contains(t, b.ok(t, "workflows", "update", wf, "--file", file(t, `{"greeting":"bye"}`)), "version  2", "Greeter")
	run := b.ok(t, "workflows", "run", wf, "--input", `{"work":3}`, "--wait")
	contains(t, run, "created\n", "companies: 3/3 (100 %)", "completed\n", `{"greeting":"bye","done":3}`)
	if strings.Contains(run, "\x1b") || strings.Contains(run, "\r") {
		t.Errorf("a pipe got terminal codes: %q", run)
	}
	ex := id(t, run, "ex")
	contains(t, b.ok(t, "executions", "get", ex), "state", "completed")
	if watched := b.ok(t, "executions", "watch", ex); !regexp.MustCompile(`(?s)created\n.*started\n.*companies: 3/3 \(100 %\)\n.*completed\n`).MatchString(watched) {
		t.Errorf("what is over is told as\n%s", watched)
	}
	contains(t, b.ok(t, "workflows", "versions", wf), "VERSION", "1 ", "2 ", "Greeter", "pr_")
	contains(t, b.ok(t, "workflows", "versions", wf, "--output", "json"), `"items": [`, `"greeting": "hello"`, `"greeting": "bye"`)
	contains(t, b.ok(t, "workflows", "executions", wf), ex, "completed")
	contains(t, b.ok(t, "workflows", "metrics", wf), "executions", "success rate", "100.0 %")
	contains(t, b.ok(t, "workflows", "health", wf), "healthy")
	contains(t, b.ok(t, "workflows", "pause", wf), "paused")
	contains(t, b.ok(t, "workflows", "resume", wf), "active")
	contains(t, b.ok(t, "workflows", "cancel", wf), "cancelling  0")
	contains(t, b.ok(t, "workflows", "delete", wf), "archived")
}

// An update is refused when a version came in between, and a bare
// configuration keeps name and labels.
func TestUpdateSendsWhatItHasSeen(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args        []string
		text        string
		match, body string
	}{
		"bare":         {text: `{"greeting":"bye"}`, match: `"7"`, body: `{"name":"Greeter","config":{"greeting":"bye"},"labels":{"team":"crm"}}`},
		"bare, named":  {text: `{"greeting":"bye"}`, args: []string{"--name", "New"}, match: `"7"`, body: `{"name":"New","config":{"greeting":"bye"},"labels":{"team":"crm"}}`},
		"no name":      {text: `{"config":{},"labels":{"a":"b"}}`, match: `"7"`, body: `{"name":"Greeter","config":{},"labels":{"a":"b"}}`},
		"whole":        {text: whole, match: `"7"`, body: whole},
		"seen earlier": {text: whole, args: []string{"--if-match", "3"}, match: `"3"`, body: whole},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var match, body string
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == "PUT" {
					text, _ := io.ReadAll(r.Body)
					match, body = r.Header.Get("If-Match"), string(text)
				}
				_, _ = io.WriteString(w, `{"id":"wf_1","name":"Greeter","version":7,"labels":{"team":"crm"}}`)
			}))
			t.Cleanup(server.Close)
			args := append([]string{"workflows", "update", "wf_1", "--file", "-"}, c.args...)
			s, _, errs := state([]string{"PAW_URL=" + server.URL, "PAW_TOKEN=t"}, c.text, args...)
			if code := cli.Main(t.Context(), s); code != cli.ExitOK || match != c.match || body != c.body {
				t.Errorf("exit %d %s, If-Match %s, body %s", code, errs, match, body)
			}
		})
	}
}

func TestSteerAnExecution(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "-f", file(t, whole)), "wf")
	ex := id(t, b.ok(t, "workflows", "run", wf, "--input", `{"hold":true}`), "ex")
	b.ok(t, "executions", "pause", ex)
	b.ok(t, "executions", "resume", ex)
	b.ok(t, "executions", "cancel", ex)
	b.Release(workflow.ExecutionID(ex))
	o := b.run(t, "", "executions", "watch", ex)
	if o.code != cli.ExitFailed || !strings.Contains(o.err, "was cancelled") {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	b := setup(t)
	made := b.ok(t, "keys", "create", "--name", "nightly", "--scope", "workflows:read", "--scope", "executions:read", "--days", "30")
	token := regexp.MustCompile(`paw_\S+`).FindString(made)
	key := id(t, made, "key")
	list := b.ok(t, "keys", "list")
	contains(t, list, key, "nightly", "workflows:read")
	var page workflow.Page[workflow.Key]
	if err := json.Unmarshal([]byte(b.ok(t, "keys", "list", "--output", "json")), &page); err != nil || len(page.Items) < 2 {
		t.Errorf("the list as JSON is %+v, %v", page, err)
	}
	if strings.Contains(list, token) {
		t.Error("the list shows the token")
	}
	s, _, errs := state([]string{"PAW_URL=" + b.url, "PAW_TOKEN=" + token}, "", "workflows", "list")
	if code := cli.Main(t.Context(), s); code != cli.ExitOK {
		t.Errorf("exit %d: %s", code, errs)
	}
	s, _, errs = state([]string{"PAW_URL=" + b.url, "PAW_TOKEN=" + token}, whole, "workflows", "create", "--file", "-")
	if code := cli.Main(t.Context(), s); code != cli.ExitAuth || !strings.Contains(errs.String(), `lacks the scope "workflows:write"`) {
		t.Errorf("exit %d: %s", code, errs)
	}
	b.ok(t, "keys", "revoke", key)
	s, _, _ = state([]string{"PAW_URL=" + b.url, "PAW_TOKEN=" + token}, "", "workflows", "list")
	if code := cli.Main(t.Context(), s); code != cli.ExitAuth {
		t.Errorf("a revoked key: exit %d", code)
	}
}

func TestCreateFromABareConfiguration(t *testing.T) {
	t.Parallel()
	b := setup(t)
	o := b.run(t, `{"greeting":"hello"}`, "workflows", "create", "--file", "-", "--type", "test_kind", "--name", "Bare", "--label", "team=crm", "--output", "json")
	var d workflow.Definition
	if err := json.Unmarshal([]byte(o.out), &d); err != nil || d.Name != "Bare" || d.Labels["team"] != "crm" || string(d.Config) == "" {
		t.Errorf("%v: %s%s", err, o.out, o.err)
	}
	twice := []string{"workflows", "create", "--file", file(t, whole), "--idempotency-key", "k", "--output", "json"}
	if a, z := b.ok(t, twice...), b.ok(t, twice...); id(t, a, "wf") != id(t, z, "wf") {
		t.Errorf("two workflows: %s %s", a, z)
	}
}

// Each mistake gives one plain sentence with the fix, and its exit code.
func TestMistakes(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	ghost := "wf_0198c5a2-7c1e-7d3a-9f00-3d5f0c1b2a4e"
	cases := map[string]struct {
		env   []string
		stdin string
		args  []string
		code  int
		err   string
	}{
		"server down":         {env: []string{"PAW_URL=http://127.0.0.1:1", "PAW_TOKEN=t"}, args: []string{"workflows", "list"}, code: 3, err: `no answer from http://127.0.0.1:1 (`},
		"no address":          {env: []string{"PAW_URL=nonsense", "PAW_TOKEN=t"}, args: []string{"workflows", "list"}, code: 3, err: "not an address of the form http://HOST:PORT"},
		"another scheme":      {env: []string{"PAW_URL=ftp://127.0.0.1", "PAW_TOKEN=t"}, args: []string{"workflows", "list"}, code: 3, err: "not an address of the form http://HOST:PORT"},
		"no token":            {env: []string{"PAW_URL=" + b.url}, args: []string{"workflows", "list"}, code: 4, err: "no token; set PAW_TOKEN or --token"},
		"wrong token":         {env: []string{"PAW_URL=" + b.url, "PAW_TOKEN=paw_x"}, args: []string{"workflows", "list"}, code: 4, err: "set PAW_TOKEN or --token to a valid token of this server"},
		"broken token":        {env: []string{"PAW_URL=" + b.url, "PAW_TOKEN=paw_x\ny"}, args: []string{"workflows", "list"}, code: 4, err: "a blank or a line break"},
		"wrong token, CRLF":   {env: []string{"PAW_URL=" + b.url, "PAW_TOKEN=paw_x\r\n"}, args: []string{"workflows", "list"}, code: 4, err: "the server refused the token"},
		"wrong token by flag": {args: []string{"workflows", "list", "--token", "paw_x"}, code: 4, err: "set PAW_TOKEN or --token"},
		"wrong JSON":          {stdin: "{\n \"name\": x}", args: []string{"workflows", "create", "--file", "-"}, code: 2, err: "standard input: not JSON at line 2, column 10"},
		"a list":              {stdin: "[1]", args: []string{"workflows", "create", "--file", "-"}, code: 2, err: "standard input must be an object"},
		"empty":               {stdin: "", args: []string{"workflows", "create", "--file", "-"}, code: 2, err: "error: standard input: "},
		"unknown field":       {stdin: `{"nme":"x","config":{}}`, args: []string{"workflows", "create", "--file", "-"}, code: 2, err: `/nme: "nme" is not known here; did you mean "name"?`},
		"no name":             {stdin: `{"greeting":"x"}`, args: []string{"workflows", "create", "--file", "-"}, code: 2, err: "has no name or no type; put both into the file, or give --name and --type"},
		"file absent":         {args: []string{"workflows", "create", "--file", "/nowhere.json"}, code: 2, err: "/nowhere.json: no such file"},
		"file not given":      {args: []string{"workflows", "create"}, code: 2, err: `required flag(s) "file" not set`},
		"unknown table":       {stdin: strings.Replace(whole, "hello", "bad", 1), args: []string{"workflows", "create", "--file", "-"}, code: 2, err: "/config/tables/0: the table Nope is not in the base; correct its name"},
		"unknown workflow":    {args: []string{"workflows", "get", ghost}, code: 2, err: ghost},
		"wrong input":         {args: []string{"workflows", "run", wf, "--input", "{"}, code: 2, err: "--input: not JSON at line 1"},
		"input refused":       {args: []string{"workflows", "run", wf, "--input", `{"work":-1}`}, code: 2, err: "/work: must be 0 or more"},
		"execution fails":     {args: []string{"workflows", "run", wf, "--wait", "--input", `{"end":"fail"}`}, code: 5, err: "the table Nope is not in the base; correct its name"},
		"execution parks":     {args: []string{"workflows", "run", wf, "--wait", "--input", `{"end":"auth"}`}, code: 6, err: "the execution is parked (needs_reauth): a credential was refused"},
		"version not seen":    {stdin: whole, args: []string{"workflows", "update", wf, "--file", "-", "--if-match", "9"}, code: 2, err: "version 1"},
		"unknown scope":       {args: []string{"keys", "create", "--name", "x", "--scope", "own"}, code: 2, err: "/scopes/0"},
		"unknown command":     {args: []string{"workflow"}, code: 2, err: `unknown command "workflow"`},
		"unknown sub-command": {args: []string{"workflows", "start"}, code: 2, err: `unknown command "start"`},
		"unknown flag":        {args: []string{"workflows", "list", "--colour"}, code: 2, err: "unknown flag: --colour"},
		"argument missing":    {args: []string{"workflows", "get"}, code: 2, err: "accepts 1 arg(s), received 0"},
		"unknown output":      {args: []string{"workflows", "list", "--output", "xml"}, code: 2, err: `--output is "xml"; use table or json`},
		"configuration":       {env: []string{"PAW_LOG_LEVEL=loud"}, args: []string{"config", "check"}, code: 2, err: `log.level is "loud"`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := c.env
			if env == nil {
				env = b.env()
			}
			s, _, errs := state(env, c.stdin, c.args...)
			code := cli.Main(context.Background(), s)
			if code != c.code || !strings.Contains(errs.String(), c.err) {
				t.Errorf("exit %d, want %d: %s\nwant: %s", code, c.code, errs, c.err)
			}
			if n := strings.Count(errs.String(), "error: "); n != 1 {
				t.Errorf("%d error lines: %s", n, errs)
			}
		})
	}
}

// The history that a watch begins with may tell of a parking that is over.
func TestWatchPassesOverAnOldParking(t *testing.T) {
	t.Parallel()
	states := []string{"running", "completed"} // of one request after the other
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/stream") {
			_, _ = io.WriteString(w, "id: 1\nevent: execution.parked\ndata: {\"type\":\"execution.parked\"}\n\n"+
				"id: 2\nevent: execution.completed\ndata: {\"type\":\"execution.completed\"}\n\nevent: end\ndata: {}\n\n")
			return
		}
		fmt.Fprintf(w, `{"id":"ex_1","state":%q}`, states[0])
		states = states[1:]
	}))
	t.Cleanup(server.Close)
	s, out, errs := state([]string{"PAW_URL=" + server.URL, "PAW_TOKEN=t"}, "", "executions", "watch", "ex_1")
	if code := cli.Main(t.Context(), s); code != cli.ExitOK || len(states) != 0 {
		t.Errorf("exit %d with %d states left: %s%s", code, len(states), out, errs)
	}
}

func TestErrorsAsJSON(t *testing.T) {
	t.Parallel()
	s, out, errs := state([]string{"PAW_URL=http://127.0.0.1:1", "PAW_TOKEN=t"}, "", "workflows", "list", "--output", "json")
	code := cli.Main(t.Context(), s)
	var e struct {
		Error string `json:"error"`
		Code  int    `json:"exit_code"`
	}
	if err := json.Unmarshal([]byte(errs.String()), &e); err != nil || e.Code != 3 || code != 3 || e.Error == "" || out.String() != "" {
		t.Errorf("exit %d: %q %q", code, out, errs)
	}
}

// On a terminal bars are drawn; the result follows.
func TestProgressOnATerminal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	s, out, errs := state(b.env(), "", "workflows", "run", wf, "--wait", "--input", `{"work":5}`)
	s.Terminal = true
	if code := cli.Main(t.Context(), s); code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	contains(t, out.String(), "companies", "5/5", "100 %", "completed")
}

// With JSON, standard output holds the result alone.
func TestWaitWithJSON(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	o := b.run(t, "", "workflows", "run", wf, "--wait", "--input", `{"work":1}`, "--output", "json")
	var e workflow.Execution
	if err := json.Unmarshal([]byte(o.out), &e); err != nil || e.State != workflow.Completed || !strings.Contains(o.err, "completed") {
		t.Errorf("%v: %s%s", err, o.out, o.err)
	}
}

func TestKinds(t *testing.T) {
	t.Parallel()
	b := setup(t)
	contains(t, b.ok(t, "kinds", "list"), "NAME", "test_kind")
	contains(t, b.ok(t, "kinds", "list", "--output", "json"), `"items": [`, `"schema": {`)
	contains(t, b.ok(t, "kinds", "show", "test_kind"), "configuration:\n{\n", `"greeting": {`, "input of an execution:\n{\n", `"approve": {`)
	var kind client.Kind
	if err := json.Unmarshal([]byte(b.ok(t, "kinds", "show", "test_kind", "--output", "json")), &kind); err != nil || kind.Name != "test_kind" || !json.Valid(kind.Schema) {
		t.Errorf("as JSON it is %+v, %v", kind, err)
	}
	o := b.run(t, "", "kinds", "show", "tst_kind")
	if o.code != cli.ExitInput || !strings.Contains(o.err, `did you mean "test_kind"?`) {
		t.Errorf("exit %d: %s", o.code, o.err)
	}
}

// Ctrl-C ends a watch, not the execution.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	wf := id(t, b.ok(t, "workflows", "create", "--file", file(t, whole)), "wf")
	ctx, interrupt := context.WithCancel(t.Context())
	s, out, errs := state(b.env(), "", "workflows", "run", wf, "--wait", "--input", `{"hold":true}`)
	done := make(chan int)
	go func() { done <- cli.Main(ctx, s) }()
	<-out.wrote // the first event is shown
	interrupt()
	if code := <-done; code != cli.ExitInterrupted || !strings.Contains(errs.String(), "interrupted") {
		t.Errorf("exit %d: %s", code, errs)
	}
	contains(t, b.ok(t, "workflows", "executions", wf), "running")
}

func TestConfigCheck(t *testing.T) {
	t.Parallel()
	s, out, errs := state([]string{"PAW_DATABASE_URL=postgres://paw:hunter2@db/paw", "PAW_HTP_ADDR=x"}, "", "config", "check", "--http-addr", "127.0.0.1:7")
	if code := cli.Main(t.Context(), s); code != cli.ExitOK {
		t.Fatalf("exit %d: %s", code, errs)
	}
	contains(t, out.String(), "http.addr", "127.0.0.1:7", "flag --http-addr", "environment PAW_DATABASE_URL", "default")
	contains(t, errs.String(), `warning: the environment variable PAW_HTP_ADDR is unknown and has no effect; did you mean "PAW_HTTP_ADDR"?`)
	if strings.Contains(out.String(), "hunter2") {
		t.Error("the password is shown")
	}
}

func TestVersionHelpAndInjectedCommands(t *testing.T) {
	t.Parallel()
	s, out, _ := state(nil, "", "--version")
	if code := cli.Main(t.Context(), s); code != 0 || out.String() != "pyairtable-workflows v1.2.3\n" {
		t.Errorf("exit %d: %q", code, out)
	}
	mistake := cli.WithCode(errors.New("the port is taken"), cli.ExitEnvironment)
	injected := func() *cobra.Command {
		return &cobra.Command{Use: "serve", Short: "Run the server", RunE: func(*cobra.Command, []string) error { return mistake }}
	}
	s, out, _ = state(nil, "", "--help")
	if code := cli.Main(t.Context(), s, injected()); code != 0 {
		t.Errorf("exit %d", code)
	}
	contains(t, out.String(), "serve", "workflows", "executions", "keys", "config", "Exit codes: 0 done")
	s, _, errs := state(nil, "", "serve")
	if code := cli.Main(t.Context(), s, injected()); code != cli.ExitEnvironment || errs.String() != "error: the port is taken\n" {
		t.Errorf("exit %d: %q", code, errs)
	}
}

func TestExitCodeOfTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, err := range []error{db.ErrInUse, blob.ErrInUse, blob.ErrForeign, syscall.ENOSPC, os.ErrPermission, &db.ConnectionError{Cause: errors.New("refused")}, cli.WithCode(errors.New("x"), cli.ExitEnvironment)} {
		if code := cli.ExitCode(fmt.Errorf("open: %w", err)); code != cli.ExitEnvironment {
			t.Errorf("%v: exit %d", err, code)
		}
	}
	if code := cli.ExitCode(errors.New("nobody knows")); code != cli.ExitInternal {
		t.Errorf("exit %d", code)
	}
	if cli.WithCode(nil, cli.ExitAuth) != nil {
		t.Error("no error became one")
	}
}

// Foreign text cannot steer the terminal.
func TestNamesAreShownAsText(t *testing.T) {
	t.Parallel()
	b := setup(t)
	// The server takes no such names; what kinds make of texts is another matter.
	b.ok(t, "workflows", "create", "--file", file(t, `{"name":"evil","type":"test_kind","config":{"greeting":"a\u202eevil"}}`))
	wf := id(t, b.ok(t, "workflows", "list"), "wf")
	if out := b.ok(t, "workflows", "run", wf, "--wait"); !strings.Contains(out, "evil") || strings.ContainsAny(out, "\x1b\x07\u202e") {
		t.Errorf("control characters reach the terminal: %q", out)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q lacks %q", text, part)
		}
	}
}

func TestAnEmptyKeyIsRefused(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"workflows", "create", "--file", "x"}, {"executions", "signal", "ex_1", "approve"}} {
		s, _, errs := state([]string{"PAW_TOKEN=paw_x", "PAW_URL=http://127.0.0.1:1"}, "", append(command, "--idempotency-key", "")...)
		if code := cli.Main(t.Context(), s); code != cli.ExitInput || errs.String() != "error: --idempotency-key is empty; give it a value or leave it out\n" {
			t.Errorf("%v: exit %d: %s", command, code, errs)
		}
	}
}

// --version "$V" with V not set must not run the newest version.
func TestFlagsOfStartsWithoutAValueAreRefused(t *testing.T) {
	t.Parallel()
	for _, command := range [][]string{{"workflows", "run", "wf_1"}, {"executions", "redrive", "ex_1"}} {
		for _, flag := range []string{"--version", "--input", "--input-file", "--idempotency-key"} {
			s, _, errs := state([]string{"PAW_TOKEN=paw_x", "PAW_URL=http://127.0.0.1:1"}, "", append(slices.Clone(command), flag, "")...)
			if code := cli.Main(t.Context(), s); code != cli.ExitInput || errs.String() != "error: "+flag+" is empty; give it a value or leave it out\n" {
				t.Errorf("%v %s: exit %d: %s", command, flag, code, errs)
			}
		}
	}
}
