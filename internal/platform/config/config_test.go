package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDefaultsAreUsable(t *testing.T) {
	t.Parallel()
	l, err := Load(Options{})
	if err != nil {
		t.Fatal(err)
	}
	if l.HTTP.Addr != "127.0.0.1:8080" || l.HTTP.AdminAddr != "127.0.0.1:8081" || l.Airtable.RequestsPerSecond != 4.9 || l.Airtable.Penalty != 30*time.Second {
		t.Errorf("defaults are %+v", l.Config)
	}
	if want := "sqlite:" + filepath.Join("paw-data", "paw.db"); l.Database.URL != want {
		t.Errorf("database.url is %q, want %q", l.Database.URL, want)
	}
}

// Defaults < file < environment < flags, each named as the source.
func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	file := write(t, "c.yml", "data_dir: /from/file\nhttp:\n  addr: 127.0.0.1:1\n  admin_addr: \"off\"\nairtable:\n  penalty: 1m30s\n  requests_per_second: 10\nlog:\n")
	l, err := Load(Options{
		Env:   []string{"PAW_CONFIG=" + file, "PAW_HTTP_ADDR=127.0.0.1:2", "PAW_AIRTABLE_REQUESTS_PER_SECOND=20.5", "PAW_LIMITS_MAX_EXECUTIONS=7"},
		Flags: map[string]string{"airtable.requests_per_second": "30"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.DataDir = "/from/file"
	want.Database.URL = "sqlite:/from/file/paw.db"
	want.HTTP = HTTP{Addr: "127.0.0.1:2", AdminAddr: "off"}
	want.Airtable.Penalty, want.Airtable.RequestsPerSecond, want.Limits.MaxExecutions = 90*time.Second, 30, 7
	if diff := cmp.Diff(want, l.Config); diff != "" {
		t.Error(diff)
	}
	sources := map[string]string{}
	for _, e := range l.Effective() {
		sources[e.Key] = e.Source
	}
	for key, want := range map[string]string{
		"data_dir": "file " + file, "http.addr": "environment PAW_HTTP_ADDR", "airtable.requests_per_second": "flag --airtable-requests-per-second", "log.level": "default",
	} {
		if sources[key] != want {
			t.Errorf("source of %s is %q, want %q", key, sources[key], want)
		}
	}
}

func TestJSONFile(t *testing.T) {
	t.Parallel()
	l, err := Load(Options{File: write(t, "c.json", `{"http": {"addr": "127.0.0.1:9"}, "airtable": {"requests_per_second": 5}}`)})
	if err != nil || l.HTTP.Addr != "127.0.0.1:9" || l.Airtable.RequestsPerSecond != 5 {
		t.Errorf("got %+v, %v", l, err)
	}
}

// Each mistake is a file; adding one costs a file and a line.
func TestMistakesSayTheFix(t *testing.T) {
	t.Parallel()
	cases := map[string]string{
		"unknown_key":             `unknown key "http.adr"; did you mean "http.addr"?`,
		"unknown_section":         `unknown key "htttp.addr"; did you mean "http.addr"?`,
		"key_without_section":     `unknown key "addr"; did you mean "http.addr"?`,
		"no_port":                 `http.addr "localhost" is not HOST:PORT`,
		"port_out_of_range":       `http.addr "127.0.0.1:70000" is not HOST:PORT`,
		"temporal":                `engine "temporal" is not available yet; use "local"`,
		"engine_unknown":          `engine "remote" is unknown; use "local"`,
		"duration_without_unit":   `airtable.penalty is not a duration; write a number with its unit`,
		"number_as_text":          `airtable.requests_per_second is not a number`,
		"rate_zero":               `airtable.requests_per_second is 0; use a number above 0`,
		"base_url_without_scheme": `airtable.base_url is not an http or https address`,
		"base_url_with_password":  `airtable.base_url is not an http or https address without a password`,
		"database_scheme":         `database.url begins with "mysql"; use "sqlite:PATH"`,
		"database_bad_escape":     `database.url is not a valid PostgreSQL URL`,
		"log_level":               `log.level is "loud"; use one of [debug info warn error]`,
		"number_for_text":         `log.level is not text; put it in quotes`,
		"not_yaml":                `is not readable as YAML or JSON`,
		"list_for_section":        `unknown key "http"`,
		"negative_drain":          `limits.drain_timeout is -1s; use 0 or more`,
		"fraction":                `limits.max_executions is not a whole number`,
	}
	files, err := filepath.Glob("testdata/*.bad.yml")
	if err != nil || len(files) != len(cases) {
		t.Fatalf("%d files for %d cases (%v)", len(files), len(cases), err)
	}
	for name, want := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := Load(Options{File: filepath.Join("testdata", name+".bad.yml")})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error is %v\nwant it to say %s", err, want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestEveryFaultIsListed(t *testing.T) {
	t.Parallel()
	_, err := Load(Options{Env: []string{"PAW_LOG_LEVEL=loud", "PAW_HTTP_ADDR=x", "PAW_ENGINE=y"}})
	var e *Error
	if !errors.As(err, &e) || len(e.Faults) != 3 {
		t.Fatalf("error is %v, want three faults", err)
	}
}

// Whoever gets an *Error is told of a mistake in the configuration, not of a bug.
func TestAFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	folder, broken := t.TempDir(), write(t, "paw.yml", "http: [")
	for path, want := range map[string]string{
		"/nowhere/paw.yml": "/nowhere/paw.yml does not exist; correct --config or PAW_CONFIG",
		folder:             folder + " cannot be read (is a directory)",
		broken:             broken + " is not readable as YAML or JSON",
	} {
		_, err := Load(Options{File: path})
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// A number means the same in every source: 010 is ten, not YAML's octal eight.
func TestNumbersAreDecimal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"010": 10, "+010": 10, "0008": 8, "09": 9, "10": 10} {
		for name, o := range map[string]Options{
			"YAML":        {File: write(t, "c.yml", "limits:\n  max_executions: "+text+"\n")},
			"flow":        {File: write(t, "c.yml", "{limits: {max_executions: "+text+"}}")},
			"environment": {Env: []string{"PAW_LIMITS_MAX_EXECUTIONS=" + text}},
			"flag":        {Flags: map[string]string{"limits.max_executions": text}},
		} {
			l, err := Load(o)
			if err != nil || l.Limits.MaxExecutions != want {
				t.Errorf("%s in %s: %+v, %v", text, name, l, err)
			}
		}
	}
	if l, err := Load(Options{File: write(t, "c.yml", "data_dir: \"007\"\n")}); err != nil || l.DataDir != "007" {
		t.Errorf("a text: %+v, %v", l, err)
	}
	if l, err := Load(Options{File: write(t, "c.yml", "")}); err != nil || l.Limits != Default().Limits {
		t.Errorf("an empty file: %+v, %v", l, err)
	}
}

// An unknown variable is a warning: the environment is shared.
func TestUnknownVariableIsAWarning(t *testing.T) {
	t.Parallel()
	l, err := Load(Options{Env: []string{"PAW_HTP_ADDR=x", "PAW_URL=u", "PAW_TOKEN=t", "PAW_MASTER_KEY=k", "PAW_TEST_POSTGRES=p", "HOME=/root"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`the environment variable PAW_HTP_ADDR is unknown and has no effect; did you mean "PAW_HTTP_ADDR"?`}
	if diff := cmp.Diff(want, l.Warnings); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://paw:hunter2@db/paw", "postgres://db/paw?user=paw&password=hunter2"} {
		l, err := Load(Options{Env: []string{"PAW_DATABASE_URL=" + url}})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range l.Effective() {
			if strings.Contains(e.Value, "hunter2") {
				t.Errorf("%s is shown as %s", e.Key, e.Value)
			}
		}
		if l.Database.URL != url {
			t.Errorf("the value itself became %q", l.Database.URL)
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	fs := pflag.NewFlagSet("x", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse([]string{"--http-addr", "127.0.0.1:5", "--data-dir=/d"}); err != nil {
		t.Fatal(err)
	}
	l, err := Load(FromFlags(fs, []string{"PAW_HTTP_ADDR=127.0.0.1:4", "PAW_DATA_DIR=/e"}))
	if err != nil || l.HTTP.Addr != "127.0.0.1:5" || l.DataDir != "/d" {
		t.Errorf("got %+v, %v", l, err)
	}
}

// The reference comes from the tags, so every setting needs one, and no two
// settings may share a variable or a flag.
func TestEverySettingIsDocumented(t *testing.T) {
	t.Parallel()
	c := Default()
	names := map[string]string{}
	for _, s := range settings(&c) {
		if s.doc == "" || strings.HasSuffix(s.key, ".") {
			t.Errorf("%s has no doc or no key", s.key)
		}
		for _, name := range []string{s.env(), s.flag()} {
			if other := names[name]; other != "" {
				t.Errorf("%s and %s are both %s", s.key, other, name)
			}
			names[name] = s.key
		}
	}
}
