// Command report reads the output of go test -json, prints one line for each
// package and everything that a failing test said, and closes with the slowest
// packages and plain totals. It exits with 1 if a test failed, if one was
// skipped, or if none ran.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// shownSlowest is how many of the slowest packages are named at the end.
const shownSlowest = 10

// event is one line of go test -json.
type event struct {
	Action, Package, Test, Output string
	Elapsed                       float64 // seconds
}

// totals counts results and keeps the output of what still runs.
type totals struct {
	passed, failed, skipped int
	said                    map[string][]string
	took                    map[string]float64 // seconds by package
}

func newTotals() *totals { return &totals{said: map[string][]string{}, took: map[string]float64{}} }

func main() {
	t := newTotals()
	if err := t.read(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "report:", err)
		os.Exit(1)
	}
	t.sum(os.Stdout)
	if t.failed > 0 || t.skipped > 0 || t.passed == 0 {
		os.Exit(1)
	}
}

func (t *totals) read(in io.Reader, out io.Writer) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Fprintln(out, lines.Text()) // a build error is plain text
			continue
		}
		t.add(e, out)
	}
	return lines.Err()
}

// sum prints the slowest packages and the totals.
func (t *totals) sum(out io.Writer) {
	slowest := slices.SortedFunc(maps.Keys(t.took), func(a, b string) int {
		return cmp.Or(cmp.Compare(t.took[b], t.took[a]), cmp.Compare(a, b))
	})
	fmt.Fprintln(out, "slowest:")
	for _, pkg := range slowest[:min(len(slowest), shownSlowest)] {
		fmt.Fprintf(out, "%6.1fs %s\n", t.took[pkg], pkg)
	}
	fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
}

func (t *totals) add(e event, out io.Writer) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "output":
		t.said[key] = append(t.said[key], e.Output)
	case "build-output":
		fmt.Fprint(out, e.Output)
	case "pass":
		t.count(&t.passed, e, key, "ok  ", out)
	case "skip":
		if e.Test != "" {
			t.show(key, out)
		}
		t.count(&t.skipped, e, key, "none", out)
	case "fail":
		t.show(key, out)
		if e.Test == "" {
			t.showUnfinished(e.Package, out)
		}
		t.count(&t.failed, e, key, "FAIL", out)
	}
}

// count adds a test to n; a package is only named. A package that fails
// without a failing test (a panic, a build error) still counts.
func (t *totals) count(n *int, e event, key, word string, out io.Writer) {
	delete(t.said, key)
	if e.Test != "" {
		*n++
		return
	}
	fmt.Fprintf(out, "%s %s %.1fs\n", word, e.Package, e.Elapsed)
	t.took[e.Package] = e.Elapsed
	if e.Action == "fail" {
		*n++
	}
}

// showUnfinished prints what tests said that never ended: they hung or died
// with the process.
func (t *totals) showUnfinished(pkg string, out io.Writer) {
	for _, key := range slices.Sorted(maps.Keys(t.said)) {
		if strings.HasPrefix(key, pkg+" ") {
			t.show(key, out)
			delete(t.said, key)
		}
	}
}

func (t *totals) show(key string, out io.Writer) {
	for _, line := range t.said[key] {
		fmt.Fprint(out, line)
	}
}
