package app

import (
	"bytes"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
)

// A script that starts the server tells a mistake of its own from a bug.
func TestServeWithoutAReadableFileIsAMistakeOfTheCaller(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "rebuild"} {
		for path, want := range map[string]string{"/nowhere/paw.yml": "does not exist", t.TempDir(): "cannot be read"} {
			var out, errs bytes.Buffer
			s := &cli.State{Args: []string{command, "--config", path}, Stdout: &out, Stderr: &errs}
			if code := Main(t.Context(), s); code != cli.ExitInput || !strings.Contains(errs.String(), want) {
				t.Errorf("%s with %s: exit %d: %s", command, path, code, &errs)
			}
		}
	}
}
