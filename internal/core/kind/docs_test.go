package kind_test

import (
	"os"
	"strings"
	"testing"
)

// The kind that the guide shows is the one that the tests run.
func TestTheGuideShowsTheExample(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile("../../../docs/kinds.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(guide), "```go\n")
	shown, _, closed := strings.Cut(rest, "```")
	if !closed || !strings.Contains(shown, "func NewGreeting()") {
		t.Fatal("docs/kinds.md shows no kind")
	}
	if !strings.Contains(string(example), shown) {
		t.Error("docs/kinds.md shows a kind that differs from example_test.go: copy it anew")
	}
}
