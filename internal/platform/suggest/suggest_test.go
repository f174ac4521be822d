package suggest_test

import (
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/suggest"
)

func TestNearest(t *testing.T) {
	known := []string{"http.addr", "batch_size", "tables"}
	for name, want := range map[string]string{
		"batchsize": `; did you mean "batch_size"?`,
		"http.adr":  `; did you mean "http.addr"?`,
		"addr":      `; did you mean "http.addr"?`,
		"Tables":    `; did you mean "tables"?`,
		"colour":    "",
	} {
		if got := suggest.Nearest(name, known); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
