package suggest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"http.addr", "batch_size", "tables", "größe", "", "y"}
	for name, want := range map[string]string{
		"batchsize":                        "batch_size", // one left out
		"batch__size":                      "batch_size", // one too many
		"bacth_size":                       "batch_size", // two exchanged
		"batch-size":                       "batch_size", // one wrong
		"http.adr":                         "http.addr",
		"addr":                             "http.addr", // without its section
		"Tables":                           "tables",
		"Y":                                "y",
		"TABLES":                           "tables",
		"tablet":                           "tables",
		"grösse":                           "größe", // two characters apart, ASCII or not
		"GRÖSSE":                           "größe", // case does not count outside ASCII either
		"table_names":                      "",      // five apart, of eleven
		"colour":                           "",      // nothing near
		"ab":                               "",      // the empty name is two away
		"x":                                "",      // so is it here: one away, but it says nothing
		"batch_size\n":                     "batch_size",
		strings.Repeat("batch_size", 7):    "",
		strings.Repeat("é", 64) + "tables": "",
	} {
		if want != "" {
			want = fmt.Sprintf("; did you mean %q?", want)
		}
		if got := suggest.Nearest(name, known); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func TestTheNearestOfSeveralIsTaken(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"tablez": "table1", "table2": "table2", "able2": "table2"} {
		if got := suggest.Nearest(name, []string{"table1", "table2", "table3"}); got != fmt.Sprintf("; did you mean %q?", want) {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := suggest.Nearest("anything", nil); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

// Names and lists beyond the bounds are not compared, so even hostile ones cost
// next to nothing.
func TestTheWorkIsBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 1<<20)
	known := []string{long}
	for i := range 1000 {
		known = append(known, fmt.Sprintf("name_%d", i))
	}
	if got := suggest.Nearest(long, known); got != "" {
		t.Errorf("a name of a megabyte: %d bytes", len(got))
	}
	if got := suggest.Nearest("name_998", known); !strings.Contains(got, `"name_998"`) {
		t.Errorf("the last that is looked at: %q", got)
	}
	if got := suggest.Nearest("name_999", known); strings.Contains(got, `"name_999"`) {
		t.Errorf("one beyond: %q", got)
	}
}
