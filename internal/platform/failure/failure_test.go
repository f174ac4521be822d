package failure_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestIsMatchesByClassAndCode(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("list records: %w", failure.Wrap(io.ErrUnexpectedEOF, failure.UnknownOutcome, "cut", "the answer was cut off"))
	for _, c := range []struct {
		name   string
		target error
		want   bool
	}{
		{"same class", &failure.Error{Class: failure.UnknownOutcome}, true},
		{"same code", &failure.Error{Code: "cut"}, true},
		{"other code", &failure.Error{Class: failure.UnknownOutcome, Code: "timeout"}, false},
		{"other class", &failure.Error{Class: failure.Transient}, false},
		{"cause", io.ErrUnexpectedEOF, true},
	} {
		if got := errors.Is(err, c.target); got != c.want {
			t.Errorf("%s: errors.Is = %v, want %v", c.name, got, c.want)
		}
	}
}

func TestUnclassifiedIsFatal(t *testing.T) {
	t.Parallel()
	if got := failure.ClassOf(errors.New("surprise")); got != failure.Fatal {
		t.Errorf("ClassOf = %q, want fatal", got)
	}
	if failure.Class("new").Known() {
		t.Error("a class outside the set is known")
	}
}
