package sim

import (
	"fmt"
	"net/http"
	"strings"
)

// errorShape is one of the ways in which Airtable writes an error.
type errorShape int

const (
	shapeObject errorShape = iota // {"error":{"type","message"?}}
	shapeWord                     // {"error":"NOT_FOUND"}
	shapeArray                    // {"errors":[{"error","message"}]}, what 429s look like
	shapeText                     // not JSON at all
)

// apiError is an answer that is not a success, in Airtable's words.
type apiError struct {
	status     int
	kind       string
	message    string
	shape      errorShape
	retryAfter int // seconds; 0 sends no header
}

// Error makes an apiError an error for the tests' and the journal's sake; the wire uses its fields.
func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.status, e.kind, e.message) }

// body is the error on the wire.
func (e *apiError) body() []byte {
	var out []byte
	switch e.shape {
	case shapeText:
		return []byte(e.message)
	case shapeWord:
		return append(appendString([]byte(`{"error":`), e.kind), '}')
	case shapeArray:
		out = appendString([]byte(`{"errors":[{"error":`), e.kind)
		out = appendString(append(out, `,"message":`...), e.message)
		return append(out, "}]}"...)
	}
	out = appendString([]byte(`{"error":{"type":`), e.kind)
	if e.message != "" {
		out = appendString(append(out, `,"message":`...), e.message)
	}
	return append(out, "}}"...)
}

// invalid is a 422, the status of everything that is wrong with the content of a request.
func invalid(kind, format string, args ...any) *apiError {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &apiError{status: http.StatusUnprocessableEntity, kind: kind, message: message}
}

func errNoRoute() *apiError {
	return &apiError{status: http.StatusNotFound, kind: "NOT_FOUND", shape: shapeWord}
}

func errURITooLong() *apiError {
	return &apiError{status: http.StatusRequestURITooLong, message: "Request-URI Too Large", shape: shapeText}
}

func errBodyTooLarge() *apiError {
	return &apiError{status: http.StatusRequestEntityTooLarge, kind: "REQUEST_TOO_LARGE", message: "Request body is too large"}
}

func errUnauthenticated() *apiError {
	return &apiError{status: http.StatusUnauthorized, kind: "AUTHENTICATION_REQUIRED", message: "Authentication required"}
}

// errNoModel is the answer to an unknown base or table and to a missing scope alike.
func errNoModel() *apiError {
	return &apiError{status: http.StatusForbidden, kind: "INVALID_PERMISSIONS_OR_MODEL_NOT_FOUND",
		message: "Invalid permissions, or the requested model was not found. Check that both your user and your token " +
			"have the required permissions, and that the model names and/or ids are correct."}
}

// errEnterprise is the answer to calls that exist on Enterprise plans only.
func errEnterprise() *apiError {
	return &apiError{status: http.StatusForbidden, kind: "INVALID_PERMISSIONS",
		message: "You are not permitted to perform this operation"}
}

func errNoRecord() *apiError {
	return &apiError{status: http.StatusNotFound, kind: "MODEL_ID_NOT_FOUND", message: "Record not found"}
}

func errNoWorkspace() *apiError {
	return &apiError{status: http.StatusNotFound, kind: "MODEL_ID_NOT_FOUND", message: "Workspace not found"}
}

func errRateLimited(shape errorShape) *apiError {
	return &apiError{status: http.StatusTooManyRequests, kind: "RATE_LIMIT_REACHED",
		message: "Rate limit exceeded. Please try again later", shape: shape}
}

func errQuota(shape errorShape) *apiError {
	return &apiError{status: http.StatusTooManyRequests, kind: "PUBLIC_API_BILLING_LIMIT_EXCEEDED",
		message: "API billing plan limit exceeded. You've reached the maximum number of requests allowed for this month.",
		shape:   shape}
}

// errJournal is the answer when an effect could not be made durable.
func errJournal(err error) *apiError {
	return &apiError{status: http.StatusInternalServerError, kind: "SERVER_ERROR", message: "The simulator cannot save: " + err.Error()}
}

func errParameters() *apiError {
	return invalid("INVALID_REQUEST_UNKNOWN", "Invalid request: parameter validation failed. Check your request data.")
}

func errBadBody() *apiError {
	return invalid("INVALID_REQUEST_BODY", "Could not parse request body")
}

func errUnknownField(name string) *apiError {
	return invalid("UNKNOWN_FIELD_NAME", "Unknown field name: %s", quote(name))
}

func errFormula(detail string) *apiError {
	return invalid("INVALID_FILTER_BY_FORMULA", "The formula for filtering records is invalid: %s", detail)
}

func errCell(f *field) *apiError {
	return invalid("INVALID_VALUE_FOR_COLUMN", "Field %s cannot accept the provided value", quote(f.name))
}

func errComputed(f *field) *apiError {
	return invalid("INVALID_VALUE_FOR_COLUMN", "Field %s cannot accept a value because the field is computed", quote(f.name))
}

func errUnparsable(f *field, value string) *apiError {
	return invalid("INVALID_VALUE_FOR_COLUMN", "Cannot parse value %s for field %s", quote(value), f.name)
}

func errNotLinks() *apiError {
	return invalid("INVALID_VALUE_FOR_COLUMN", "Value is not an array of record IDs.")
}

func errNewChoice(name string) *apiError {
	return invalid("INVALID_MULTIPLE_CHOICE_OPTIONS", "Insufficient permissions to create new select option %s", quote(quote(name)))
}

func errNoRow(id string) *apiError {
	return invalid("ROW_DOES_NOT_EXIST", "Record ID %s does not exist in this table", id)
}

func errCreateShape() *apiError {
	return invalid("INVALID_RECORDS", `You must provide an array of up to 10 record objects, each with a "fields" object for cell values.`)
}

func errCreateTooMany(n int) *apiError {
	return invalid("INVALID_RECORDS", "A maximum of 10 records can be created per request but you have provided %d.", n)
}

func errUpdateShape() *apiError {
	return invalid("INVALID_RECORDS",
		`You must provide an array of up to 10 record objects, each with an "id" ID field and a "fields" object for cell values.`)
}

func errDeleteIDs() *apiError {
	return invalid("INVALID_RECORDS", "You must provide an array of up to 10 record IDs.")
}

func errDeleteNoArray() *apiError {
	return invalid("INVALID_RECORDS", `"records" must be an array of up to 10 record IDs.`)
}

func errNoFields() *apiError {
	return invalid("INVALID_REQUEST_MISSING_FIELDS", `Could not find field "fields" in the request body`)
}

func errManyMatches(names []string) *apiError {
	return invalid("INVALID_VALUE_FOR_COLUMN", "Cannot upsert: more than one record has the given values in %s", strings.Join(names, ", "))
}

func errOffset(offset string) *apiError {
	return invalid("INVALID_OFFSET_VALUE", "The value of offset %s is invalid", offset)
}

func errIteratorGone() *apiError { return invalid("LIST_RECORDS_ITERATOR_NOT_AVAILABLE", "") }

func errStateCheck() *apiError { return invalid("FAILED_STATE_CHECK", "") }

func errNoView(view string) *apiError {
	if isID(view, "viw") {
		return invalid("VIEW_ID_NOT_FOUND", "View %s not found", view)
	}
	return invalid("VIEW_NAME_NOT_FOUND", "View %s not found", view)
}

// quote puts a text into double quotes with JSON's escapes, as Airtable's messages do.
func quote(text string) string { return string(appendString(nil, text)) }
