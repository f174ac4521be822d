package lint_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/lint"
)

var wanted = regexp.MustCompile(`"([^"]+)"`)

// Each file of testdata says at the end of a line what must be found there.
func TestFilesOfTestdata(t *testing.T) {
	files, err := filepath.Glob("testdata/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".go"), func(t *testing.T) { checkFile(t, file) })
	}
}

func checkFile(t *testing.T, file string) {
	problems, err := lint.File(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	found := map[int][]string{}
	for _, p := range problems {
		found[p.Pos.Line] = append(found[p.Pos.Line], p.Message)
	}
	bad := 0
	for i, line := range strings.Split(string(text), "\n") {
		_, comment, _ := strings.Cut(line, "// want ")
		var want []string
		for _, m := range wanted.FindAllStringSubmatch(comment, -1) {
			want = append(want, m[1])
		}
		bad += len(want)
		compare(t, i+1, found[i+1], want)
	}
	if strings.HasSuffix(file, ".bad.go") && bad == 0 {
		t.Error("a bad file wants nothing")
	}
}

func compare(t *testing.T, line int, got, want []string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(strings.Join(got, "\n"), w) {
			t.Errorf("line %d: nothing says %q; found %q", line, w, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("line %d: found %q, want %q", line, got, want)
	}
}

// The workflow functions of this repository keep the rules.
func TestRepository(t *testing.T) {
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(root, "go.mod")); err != nil {
		t.Fatal(err)
	}
	problems, err := lint.Dir(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}
