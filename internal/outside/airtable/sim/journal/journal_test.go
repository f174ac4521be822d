package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// setup opens the journal at path and returns it with all lines that are in it.
func setup(t *testing.T, path string) (*Journal, []string) {
	t.Helper()
	var lines []string
	j, err := Open(path, func(line []byte) error {
		lines = append(lines, string(line))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = j.Close() })
	return j, lines
}

func TestLinesThatWereWaitedForAreThereAgain(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	j, lines := setup(t, path)
	if len(lines) != 0 {
		t.Fatalf("a new file has lines: %q", lines)
	}
	var callers sync.WaitGroup
	for i := range 50 {
		callers.Go(func() {
			if err := j.Append(fmt.Appendf(nil, "line %d", i)).Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, lines = setup(t, path); len(lines) != 50 {
		t.Errorf("found %d of 50 lines", len(lines))
	}
}

func TestOrderOfCallsIsOrderOfLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	j, _ := setup(t, path)
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprint(i))
		j.Append(fmt.Append(nil, i))
	}
	if err := j.Newest().Wait(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, got := setup(t, path)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestTornTailIsDropped(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string]string{
		"half a line":           "0000",
		"no newline":            "f5ad2f5b third",
		"wrong sum":             "00000000 third\n",
		"garbage, two newlines": "x\n\x00\x00\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data")
			j, _ := setup(t, path)
			j.Append([]byte("first"))
			if err := j.Append([]byte("second")).Wait(); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			appendRaw(t, path, tail)
			j, lines := setup(t, path)
			if diff := cmp.Diff([]string{"first", "second"}, lines); diff != "" {
				t.Fatal(diff)
			}
			if file, err := os.Stat(path); err != nil || file.Size() != j.Size() {
				t.Errorf("the tail is still in the file, which should have %d bytes: %v, %v", j.Size(), file, err)
			}
			if err := j.Append([]byte("fourth")).Wait(); err != nil {
				t.Fatal(err)
			}
			if err := j.Close(); err != nil {
				t.Fatal(err)
			}
			if _, lines = setup(t, path); len(lines) != 3 || lines[2] != "fourth" {
				t.Errorf("after an append behind a torn tail: %q", lines)
			}
		})
	}
}

func TestDamageInTheMiddleIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	j, _ := setup(t, path)
	j.Append([]byte("first"))
	j.Append([]byte("second"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(raw), "first", "f1rst", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "damaged at line 2") {
		t.Errorf("got %v", err)
	}
}

func TestForeignFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("dear diary\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "is not a data file") {
		t.Errorf("got %v", err)
	}
	if raw, _ := os.ReadFile(path); string(raw) != "dear diary\n" {
		t.Errorf("the file was changed: %q", raw)
	}
}

func TestSecondOpenIsRefusedAlsoThroughALink(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, link := filepath.Join(dir, "data"), filepath.Join(dir, "link")
	setup(t, path)
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		if _, err := Open(name, func([]byte) error { return nil }); err == nil || !strings.Contains(err.Error(), "in use") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestRewriteReplacesTheLines(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "data")
	j, _ := setup(t, path)
	for range 100 {
		j.Append([]byte("old"))
	}
	before := j.Size()
	err := j.Rewrite(func(add func([]byte)) error {
		add([]byte("new"))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if j.Size() >= before {
		t.Errorf("the file did not shrink: %d to %d", before, j.Size())
	}
	if err := j.Append([]byte("newer")).Wait(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	_, lines := setup(t, path)
	if diff := cmp.Diff([]string{"new", "newer"}, lines); diff != "" {
		t.Error(diff)
	}
}

func TestFailedWriteIsReportedAndStopsTheJournal(t *testing.T) {
	t.Parallel()
	j, _ := setup(t, filepath.Join(t.TempDir(), "data"))
	if err := j.file.Close(); err != nil { // stands for a disk that fails
		t.Fatal(err)
	}
	if err := j.Append([]byte("lost")).Wait(); err == nil {
		t.Error("a line that is not on disk was acknowledged")
	}
	if err := j.Append([]byte("more")).Wait(); err == nil {
		t.Error("the journal went on after a failed write")
	}
	if err := j.Newest().Wait(); err == nil {
		t.Error("Newest hides the failure")
	}
}

func TestALineIsDurableOnlyAfterASync(t *testing.T) {
	t.Parallel()
	j, _ := setup(t, filepath.Join(t.TempDir(), "data"))
	begun, synced := make(chan struct{}), make(chan error)
	j.sync = func(*os.File) error {
		begun <- struct{}{}
		return <-synced
	}
	line := j.Append([]byte("line"))
	<-begun
	select {
	case <-line.done:
		t.Error("the line was acknowledged before the sync had ended")
	default:
	}
	synced <- nil
	if err := line.Wait(); err != nil {
		t.Error(err)
	}
	late := j.Append([]byte("late"))
	<-begun
	synced <- errors.New("no space left")
	if err := late.Wait(); err == nil || !strings.Contains(err.Error(), "no space left") {
		t.Errorf("a line whose sync failed: %v", err)
	}
}

func TestCallersAtTheSameTimeShareASync(t *testing.T) {
	t.Parallel()
	j, _ := setup(t, filepath.Join(t.TempDir(), "data"))
	begun, goOn := make(chan struct{}), make(chan struct{})
	j.sync = func(*os.File) error {
		begun <- struct{}{}
		<-goOn
		return nil
	}
	first := j.Append([]byte("first"))
	<-begun // these come while the first sync is under way
	second, third := j.Append([]byte("second")), j.Append([]byte("third"))
	if second != third || first == second {
		t.Error("two lines that wait together do not share a ticket")
	}
	goOn <- struct{}{}
	<-begun
	goOn <- struct{}{}
	if err := errors.Join(first.Wait(), second.Wait()); err != nil {
		t.Error(err)
	}
}

func TestAppendAfterCloseFails(t *testing.T) {
	t.Parallel()
	j, _ := setup(t, filepath.Join(t.TempDir(), "data"))
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Append([]byte("late")).Wait(); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// appendRaw adds bytes to the end of a file, as a crash in the middle of a write leaves them.
func appendRaw(t *testing.T, path, tail string) {
	t.Helper()
	file, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(tail)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}
