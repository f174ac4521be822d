package stage

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAFinishedStartIsGoneOnWith(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		left          State
		records       int
		fresh         bool
		kept, removed bool
	}{
		"as many records":            {State{Records: 100, Workflow: "wf_1", Finished: true}, 100, false, true, false},
		"an interrupted start":       {State{Records: 100, Workflow: "wf_1"}, 100, false, false, true},
		"another size":               {State{Records: 100, Workflow: "wf_1", Finished: true}, 200, false, false, true},
		"a start that must be fresh": {State{Records: 100, Workflow: "wf_1", Finished: true}, 100, true, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := taken(t, t.TempDir())
			data := filepath.Join(f.path, "airtable.data")
			if err := os.WriteFile(data, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := f.save(c.left); err != nil {
				t.Fatal(err)
			}
			got, removed, err := f.prepare(c.records, c.fresh)
			if err != nil || removed != c.removed {
				t.Errorf("removed %t, %v", removed, err)
			}
			want := State{Records: c.records}
			if c.kept {
				want = c.left
			}
			if got != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if _, err := os.Stat(data); (err == nil) != c.kept {
				t.Errorf("the data of the earlier start: %v", err)
			}
		})
	}
}

func TestAnEmptyFolderBecomesTheDemos(t *testing.T) {
	t.Parallel()
	f := taken(t, filepath.Join(t.TempDir(), "deep", "demo"))
	got, removed, err := f.prepare(100, false)
	if err != nil || removed || got != (State{Records: 100}) {
		t.Errorf("got %+v, %t, %v", got, removed, err)
	}
	if _, removed, err = f.prepare(100, true); err != nil || removed {
		t.Errorf("a second time: %t, %v", removed, err)
	}
}

func TestAFolderInUseIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	f := taken(t, dir)
	if _, err := takeFolder(dir); err == nil || !strings.Contains(err.Error(), "another demo is running in "+dir) || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("got %v", err)
	}
	f.giveUp()
	taken(t, dir)
}

func TestAForeignFolderIsRefused(t *testing.T) {
	t.Parallel()
	f := taken(t, t.TempDir())
	thesis := filepath.Join(f.path, "thesis.doc")
	if err := os.WriteFile(thesis, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.prepare(100, true); err == nil || !strings.Contains(err.Error(), "--dir") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(thesis); err != nil {
		t.Errorf("a foreign file is gone: %v", err)
	}
}

// taken is a folder that the test has taken until it ends.
func taken(t *testing.T, path string) *folder {
	t.Helper()
	f, err := takeFolder(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.giveUp)
	return f
}
