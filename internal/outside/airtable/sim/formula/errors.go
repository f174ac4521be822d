package formula

import (
	"errors"
	"strings"
)

// ErrInvalid says that a text is not a formula: wrong syntax, an unknown function or a wrong number of arguments.
//
//lint:ignore ST1005 these are Airtable's words
var ErrInvalid = errors.New("Invalid formula. Please check your formula text.")

// UnknownFieldsError lists the fields that a formula names and its table does not have.
type UnknownFieldsError struct{ Names []string }

// Error is Airtable's message, with the names in lower case.
func (e *UnknownFieldsError) Error() string {
	return "Unknown field names: " + strings.ToLower(strings.Join(e.Names, ", "))
}
