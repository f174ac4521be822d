package workflow

import (
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestWhatACallerMaySeeOfAnError(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		kind ErrorKind
		code string
	}{
		"an error of the vocabulary": {NotFound("workflow_not_found", "no"), KindNotFound, "workflow_not_found"},
		"a full disk":                {failure.Wrap(errors.New("SQLITE_FULL"), failure.Fatal, "disk_full", "x"), KindUnavailable, "disk_full"},
		"anything else":              {errors.New("a secret path"), KindInternal, "internal"},
	} {
		got := AsError(c.err)
		if got.Kind != c.kind || got.Code != c.code {
			t.Errorf("%s: %s %s, want %s %s", name, got.Kind, got.Code, c.kind, c.code)
		}
	}
}
