package workflow

import (
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestWhatACallerMaySeeOfAnError(t *testing.T) {
	for name, c := range map[string]struct {
		err      error
		category ErrorCategory
		code     string
	}{
		"an error of the vocabulary": {NotFound("workflow_not_found", "no"), CategoryNotFound, "workflow_not_found"},
		"a full disk":                {failure.Wrap(errors.New("SQLITE_FULL"), failure.Fatal, "disk_full", "x"), CategoryUnavailable, "disk_full"},
		"anything else":              {errors.New("a secret path"), CategoryInternal, "internal"},
	} {
		got := AsError(c.err)
		if got.Category != c.category || got.Code != c.code {
			t.Errorf("%s: %s %s, want %s %s", name, got.Category, got.Code, c.category, c.code)
		}
	}
}
