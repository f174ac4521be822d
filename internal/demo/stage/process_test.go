package stage

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shell runs a script as a process of the stage.
func shell(t *testing.T, script string) *process {
	t.Helper()
	p, err := run("/bin/sh", filepath.Join(t.TempDir(), "log"), "-c", script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.kill)
	return p
}

func TestAProcessThatEndsSaysWhy(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script, words string
		code          int
		refused       bool
	}{
		"a fault of the program":   {"echo first; echo error: the last words >&2; exit 1", "the last words", 1, true},
		"a store of another build": {"echo only; exit 7", "only", 7, true},
		"a port in use":            {"exit 3", "", 3, false},
		"a kill":                   {"kill -9 $$", "", -1, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := shell(t, c.script).waitUntil(t.Context(), func() bool { return false })
			var ended *endedError
			if !errors.As(err, &ended) {
				t.Fatalf("got %v", err)
			}
			if ended.code != c.code || ended.words != c.words || ended.refusedItsData() != c.refused {
				t.Errorf("got %+v, refused %t", ended, ended.refusedItsData())
			}
			if !strings.Contains(err.Error(), c.words) {
				t.Errorf("got %q", err)
			}
		})
	}
}

func TestWaitingEnds(t *testing.T) {
	t.Parallel()
	p := shell(t, "exec cat /dev/zero >/dev/null")
	asked := 0
	if err := p.waitUntil(t.Context(), func() bool { asked++; return asked == 3 }); err != nil || asked != 3 {
		t.Errorf("asked %d times, %v", asked, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.waitUntil(ctx, func() bool { return false }); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}

// Of two processes at one port the second must not take the first's responses
// for its own, nor what an earlier process said in the same log.
func TestAProcessListensWhenItSaysSo(t *testing.T) {
	t.Parallel()
	log := filepath.Join(t.TempDir(), "log")
	for script, want := range map[string]bool{"echo listening on http://127.0.0.1:1": true, "echo port in use": false} {
		for range 2 {
			p, err := run("/bin/sh", log, "-c", script)
			if err != nil {
				t.Fatal(err)
			}
			<-p.done
			if got := p.listening(); got != want {
				t.Errorf("%s: %t", script, got)
			}
		}
	}
}

func TestAProcessIsAskedBeforeItIsKilled(t *testing.T) {
	t.Parallel()
	polite := shell(t, "trap 'exit 0' TERM; echo up; while :; do :; done")
	waitForLog(t, polite)
	if err := polite.stop(20 * time.Second); err != nil {
		t.Errorf("a process that listens: %v", err)
	}
	deaf := shell(t, "trap '' TERM; echo up; while :; do :; done")
	waitForLog(t, deaf)
	if err := deaf.stop(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("a process that does not: %v", err)
	}
}

// waitForLog returns once the process has said something.
func waitForLog(t *testing.T, p *process) {
	t.Helper()
	if err := p.waitUntil(t.Context(), func() bool { return lastWords(p.log.Name()) != "" }); err != nil {
		t.Fatal(err)
	}
}

func TestAProcessDoesNotInheritOurSettings(t *testing.T) {
	t.Setenv("PAW_TOKEN", "canary")
	p := shell(t, "echo token $PAW_TOKEN.")
	<-p.done
	if got := lastWords(p.log.Name()); got != "token ." {
		t.Errorf("got %q", got)
	}
}

func TestABinaryThatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	_, err := run(filepath.Join(t.TempDir(), "none"), filepath.Join(t.TempDir(), "log"), "serve")
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "start serve") {
		t.Errorf("got %v", err)
	}
}
