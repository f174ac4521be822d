package strictjson_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is found into testdata")

const divider = "\n-- found --\n"

// Each file in testdata/bad is a document, a divider and the findings that it
// must have, in their order. A new mistake costs a file: write the document,
// run the test with -update, and read what it wrote.
func TestBadDocuments(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.txt")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			document, want, _ := strings.Cut(string(text), divider)
			_, found := specimenType.Decode([]byte(document))
			got := lines(found.Faults())
			if warnings := lines(found.Warnings()); warnings != "" {
				got += "warnings\n" + warnings
			}
			if *update {
				if err := os.WriteFile(file, []byte(document+divider+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if _, err := os.Stat(file); err == nil && found.OK() == (len(found.Faults()) > 0) {
				t.Error("OK and Faults disagree")
			}
		})
	}
}
