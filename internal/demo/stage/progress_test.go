package stage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProgressInAPipeIsALinePerTenth(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &Progress{out: &out, last: -1}
	p.Set(0, 0)
	for done := int64(0); done <= 4000; done += 100 {
		p.Set(done, 4000)
	}
	p.Interruptf("kill -9 %d", 7)
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 12 {
		t.Fatalf("%d lines:\n%s", len(lines), &out)
	}
	want := []string{"     0 %  0 of 4,000 records", "    10 %  400 of 4,000 records", "   100 %  4,000 of 4,000 records", "   kill -9 7"}
	if diff := cmp.Diff(want, []string{lines[0], lines[1], lines[10], lines[11]}); diff != "" {
		t.Error(diff)
	}
}

func TestProgressOnATerminalIsDrawnAgain(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := &Progress{out: &out, terminal: true, last: -1}
	p.Set(10, 40)
	p.Set(11, 40) // too soon after the last one
	p.Set(40, 40)
	p.Finish()
	p.Finish()
	want := "\r   [" + strings.Repeat("█", 10) + strings.Repeat("·", 30) + "]  25 %  10 of 40 records " +
		"\r   [" + strings.Repeat("█", 40) + "] 100 %  40 of 40 records \n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Error(diff)
	}
}

func TestThousands(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 50000: "50,000", 1234567: "1,234,567"} {
		if got := Thousands(n); got != want {
			t.Errorf("%d: got %s", n, got)
		}
	}
}
