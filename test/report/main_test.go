package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// report reads lines of go test -json and returns what it counted and printed.
func report(t *testing.T, lines string) (*totals, string) {
	t.Helper()
	var out strings.Builder
	counted := newTotals()
	if err := counted.read(strings.NewReader(lines), &out); err != nil {
		t.Fatal(err)
	}
	return counted, out.String()
}

func TestReportShowsWhatAHangingTestSaid(t *testing.T) {
	t.Parallel()
	counted, out := report(t, `{"Action":"output","Package":"p","Test":"TestFine","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestFine"}
{"Action":"output","Package":"p","Test":"TestHangs","Output":"panic: test timed out\n"}
{"Action":"output","Package":"q","Test":"TestOther","Output":"still running\n"}
{"Action":"fail","Package":"p"}
`)
	if !strings.Contains(out, "timed out") || strings.Contains(out, "noise") || strings.Contains(out, "still running") ||
		counted.failed != 1 || counted.passed != 1 {
		t.Errorf("%+v, printed:\n%s", counted, out)
	}
}

func TestReportCountsSkips(t *testing.T) {
	t.Parallel()
	counted, out := report(t, `{"Action":"output","Package":"p","Test":"TestLater","Output":"not today\n"}
{"Action":"skip","Package":"p","Test":"TestLater"}
{"Action":"skip","Package":"empty"}`)
	if counted.skipped != 1 || !strings.Contains(out, "not today") {
		t.Errorf("%+v, printed:\n%s", counted, out)
	}
}

func TestReportShowsAFailedBuild(t *testing.T) {
	t.Parallel()
	counted, out := report(t, `{"Action":"build-output","ImportPath":"p","Output":"undefined: x\n"}
plain text
{"Action":"fail","Package":"p"}`)
	if counted.failed != 1 || !strings.Contains(out, "undefined: x") || !strings.Contains(out, "plain text") {
		t.Errorf("%+v, printed:\n%s", counted, out)
	}
}

func TestReportNamesTheSlowest(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 12 {
		fmt.Fprintf(&lines, `{"Action":"pass","Package":"p%02d","Test":"TestA","Elapsed":9}`+"\n", i)
		fmt.Fprintf(&lines, `{"Action":"pass","Package":"p%02d","Elapsed":%d}`+"\n", i, i/2)
	}
	counted, _ := report(t, lines.String())
	var out strings.Builder
	counted.sum(&out)
	want := `slowest:
   5.0s p10
   5.0s p11
   4.0s p08
   4.0s p09
   3.0s p06
   3.0s p07
   2.0s p04
   2.0s p05
   1.0s p02
   1.0s p03
12 passed, 0 failed, 0 skipped
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}
