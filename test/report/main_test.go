package main

import (
	"strings"
	"testing"
)

func TestReportShowsWhatAHangingTestSaid(t *testing.T) {
	t.Parallel()
	in := `{"Action":"output","Package":"p","Test":"TestFine","Output":"noise\n"}
{"Action":"pass","Package":"p","Test":"TestFine"}
{"Action":"output","Package":"p","Test":"TestHangs","Output":"panic: test timed out\n"}
{"Action":"fail","Package":"p"}
`
	var out strings.Builder
	counted := totals{said: map[string][]string{}}
	if err := counted.read(strings.NewReader(in), &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); !strings.Contains(got, "timed out") || strings.Contains(got, "noise") || counted.failed != 1 || counted.passed != 1 {
		t.Errorf("%+v, printed:\n%s", counted, got)
	}
}

func TestReportCountsSkips(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	counted := totals{said: map[string][]string{}}
	if err := counted.read(strings.NewReader(`{"Action":"skip","Package":"p","Test":"TestLater"}`), &out); err != nil || counted.skipped != 1 {
		t.Errorf("%+v, %v", counted, err)
	}
}
