// Command cmd checks the workflow functions below the given directories
// ("./..." and the like; none means the current one) and exits with 1 if one
// breaks a rule.
package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine/lint"
)

func main() {
	roots := os.Args[1:]
	if len(roots) == 0 {
		roots = []string{"."}
	}
	failed := false
	for _, root := range roots {
		root = strings.TrimSuffix(strings.TrimSuffix(root, "..."), "/")
		if root == "" {
			root = "."
		}
		problems, err := lint.Dir(root)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		for _, p := range problems {
			fmt.Println(p)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
