package input_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/input"
	"github.com/pyairtable/pyairtable-workflows/internal/api/client"
)

const whole = `{"name":"CRM","type":"airtable_sync","config":{"a":1},"labels":{"team":"x"}}`

func TestWorkflow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text, title, kind string
		want              client.Document
	}{
		"whole":                 {text: whole, want: client.Document{Name: "CRM", Type: "airtable_sync", Config: []byte(`{"a":1}`), Labels: map[string]string{"team": "x"}}},
		"whole, renamed":        {text: whole, title: "New", kind: "other", want: client.Document{Name: "New", Type: "other", Config: []byte(`{"a":1}`), Labels: map[string]string{"team": "x"}}},
		"bare":                  {text: `{"a":1}`, title: "New", kind: "other", want: client.Document{Name: "New", Type: "other", Config: []byte(`{"a":1}`)}},
		"bare, with a config":   {text: `{"config":"a"}`, want: client.Document{Config: []byte(`{"config":"a"}`)}},
		"a byte order mark":     {text: "\ufeff" + `{"a":1}`, want: client.Document{Config: []byte(`{"a":1}`)}},
		"a mark before a whole": {text: "\ufeff" + `{"config":{}}`, want: client.Document{Config: []byte(`{}`)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := input.Workflow(strings.NewReader(c.text), "-", c.title, c.kind)
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("error %v, difference %s", err, diff)
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"not JSON":       {"{\n \"a\": x}", "standard input: not JSON at line 2, column 7: a value should stand here"},
		"a list":         {"[1]", "standard input must be an object"},
		"null":           {"null", "standard input must be an object"},
		"a key twice":    {`{"a":1,"a":2}`, "standard input has faults; correct them\n  /a: the key \"a\" occurs twice in one object; keep one"},
		"several faults": {`{"nme":"x","type":1,"config":{}}`, "standard input has faults; correct them\n  /nme: \"nme\" is not known here; did you mean \"name\"?\n  /type: must be a string"},
		"too large":      {`{"a":"` + strings.Repeat("x", 1<<20) + `"}`, "standard input is larger than 1 MiB, the most that the server takes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := input.Workflow(strings.NewReader(c.text), "-", "", "")
			if err == nil || err.Error() != c.want {
				t.Errorf("error is %v, want %s", err, c.want)
			}
		})
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "input.json")
	if err := os.WriteFile(path, []byte(` {"mode": "full"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := input.File(nil, path); err != nil || string(text) != `{"mode": "full"}` {
		t.Errorf("%s, error %v", text, err)
	}
	if _, err := input.File(nil, path+"x"); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path+"x") {
		t.Errorf("a file that is absent: %v", err)
	}
	broken := errors.New("broken pipe")
	if _, err := input.File(iotest.ErrReader(broken), "-"); !errors.Is(err, broken) || !strings.Contains(err.Error(), "standard input") {
		t.Errorf("standard input that breaks: %v", err)
	}
}

func TestArgument(t *testing.T) {
	t.Parallel()
	if text, err := input.Argument("--input", `{"mode":"full"}`); err != nil || string(text) != `{"mode":"full"}` {
		t.Errorf("%s, error %v", text, err)
	}
	if _, err := input.Argument("--input", "3"); err == nil || err.Error() != "--input must be an object" {
		t.Errorf("error is %v", err)
	}
}
