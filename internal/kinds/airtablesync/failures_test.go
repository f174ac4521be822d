package airtablesync

import (
	"errors"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

func TestReworded(t *testing.T) {
	t.Parallel()
	cause := detailed(failure.New(failure.Validation, "gone", "the row is gone"), map[string]int{"row": 1})
	err := reworded(cause, failure.Auth, "renew the token of %s", "appS")
	var f *failure.Error
	if !errors.As(err, &f) || f.Class != failure.Auth || f.Code != "gone" || string(f.Detail) != `{"row":1}` || err.Error() != "renew the token of appS" {
		t.Errorf("%+v", f)
	}
	if !errors.Is(err, cause) {
		t.Error("the cause is lost")
	}
}
