package output_test

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/api/cli/output"
)

func TestTable(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	err := output.Table(&b, func(w io.Writer) {
		output.Row(w, "ID", "NAME")
		output.Row(w, 12345, "a\tb\x1b[31m\u202ec")
		output.More(w, "")
		output.More(w, "next")
	})
	if want := "ID     NAME\n12345  a b [31m c\nmore: --cursor next\n"; err != nil || b.String() != want {
		t.Errorf("error %v, %q, want %q", err, b.String(), want)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := output.JSON(&b, map[string]string{"a": "<&>"}); err != nil || b.String() != "{\n  \"a\": \"<&>\"\n}\n" {
		t.Errorf("error %v, %q", err, b.String())
	}
}

func TestTimesAndAmounts(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("east", 3600))
	for want, got := range map[string]string{
		"2026-01-02 02:04:05Z": output.Time(at),
		"-":                    output.TimeOrDash(nil),
		"1.235s":               output.Seconds(1.2346),
		"1m30s":                output.Seconds(90),
		"7":                    output.Amount("", 7, 0),
		"rows 7":               output.Amount("rows", 7, 0),
		"1/3 (33 %)":           output.Amount("", 1, 3),
		"rows 3/3 (100 %)":     output.Amount("rows", 3, 3),
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := output.TimeOrDash(&at); got != output.Time(at) {
		t.Errorf("a time is shown as %q", got)
	}
}
