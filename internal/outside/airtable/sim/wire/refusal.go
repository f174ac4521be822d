package wire

import (
	"fmt"
	"net/http"
)

// Shape is one of the ways in which Airtable writes an error.
type Shape int

// The shapes of errors.
const (
	Object Shape = iota // {"error":{"type","message"?}}
	Word                // {"error":"NOT_FOUND"}
	Array               // {"errors":[{"error","message"}]}, which is what a 429 looks like
	Text                // not JSON at all
)

// Error is a response that is not a success, in Airtable's words.
type Error struct {
	Status     int    // HTTP status
	Type       string // such as INVALID_RECORDS
	Message    string // "" leaves it out
	Shape      Shape
	RetryAfter int // seconds; 0 sends no header
}

// Error makes it an error for logs and tests. What goes over the wire is Body.
func (e *Error) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Type, e.Message) }

// Body is the error as Airtable would send it.
func (e *Error) Body() []byte {
	var out []byte
	switch e.Shape {
	case Text:
		return []byte(e.Message)
	case Word:
		return append(AppendString([]byte(`{"error":`), e.Type), '}')
	case Array:
		out = AppendString([]byte(`{"errors":[{"error":`), e.Type)
		out = AppendString(append(out, `,"message":`...), e.Message)
		return append(out, "}]}"...)
	}
	out = AppendString([]byte(`{"error":{"type":`), e.Type)
	if e.Message != "" {
		out = AppendString(append(out, `,"message":`...), e.Message)
	}
	return append(out, "}}"...)
}

// Invalid is a 422, the status of everything that is wrong with the content of a request.
func Invalid(typ, format string, args ...any) *Error {
	return &Error{Status: http.StatusUnprocessableEntity, Type: typ, Message: fmt.Sprintf(format, args...)}
}

// The refusals that several sorts of call share. Those of one sort stand beside it.

// InvalidParameters refuses a parameter of the wrong type, out of range, or unknown.
func InvalidParameters() *Error {
	return Invalid("INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data.")
}

// InvalidBody refuses a body that is not JSON.
func InvalidBody() *Error {
	return Invalid("INVALID_REQUEST_BODY", "Could not parse request body")
}

// ModelNotFound is the response to an unknown base or table, and to a missing scope: Airtable does not tell them
// apart.
func ModelNotFound() *Error {
	return &Error{Status: http.StatusForbidden, Type: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
		Message: "Invalid permissions, or the requested model was not found. Check that both your user and your token " +
			"have the required permissions, and that the model names and/or ids are correct."}
}

// NotPermitted refuses what the token's owner may not do to a field or a table.
func NotPermitted(format string, args ...any) *Error {
	return &Error{Status: http.StatusForbidden, Type: "INVALID_PERMISSIONS", Message: "You are not permitted to " + fmt.Sprintf(format, args...)}
}

// StateCheckFailed refuses ids that exist but do not belong together.
func StateCheckFailed() *Error { return Invalid("FAILED_STATE_CHECK", "") }

// UnknownField refuses a field name or id that the table does not have.
func UnknownField(name string) *Error {
	return Invalid("UNKNOWN_FIELD_NAME", "Unknown field name: %s", Quote(name))
}

// RowDoesNotExist refuses the id of a record that the table does not have.
func RowDoesNotExist(id string) *Error {
	return Invalid("ROW_DOES_NOT_EXIST", "Record ID %s does not exist in this table", id)
}

// InvalidOffset refuses a text that is not an offset.
func InvalidOffset(offset string) *Error {
	return Invalid("INVALID_OFFSET_VALUE", "The value of offset %s is invalid", offset)
}
