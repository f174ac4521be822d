package app

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli"
)

// Ready is what every part is, in whatever order they become it.
func TestAllClosed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		first, second := make(chan struct{}), make(chan struct{})
		said := make(chan bool, 1)
		go func() { said <- allClosed(t.Context(), first, second) }()
		close(second)
		synctest.Wait()
		if len(said) > 0 {
			t.Fatal("half of it is called all of it")
		}
		close(first)
		if !<-said {
			t.Error("all were closed")
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if allClosed(ctx, make(chan struct{})) {
			t.Error("one was never closed")
		}
	})
}

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
