package airtablesync

import (
	"encoding/json"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// reworded returns a failure with another class and message. It keeps the code,
// the detail and the cause.
func reworded(err error, class failure.Class, format string, args ...any) error {
	f := failure.Wrap(err, class, failure.CodeOf(err), format, args...)
	if cause := (*failure.Error)(nil); errors.As(err, &cause) {
		f.Detail = cause.Detail
	}
	return f
}

// detailed returns a failure with a detail for programs, which must be plain
// data.
func detailed(f *failure.Error, detail any) *failure.Error {
	f.Detail, _ = json.Marshal(detail) // plain data always encodes
	return f
}
