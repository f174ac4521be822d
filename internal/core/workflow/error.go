package workflow

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// ErrorCategory sorts what a caller may see into the few outcomes that a face
// knows; a face maps a category to its status in one table.
type ErrorCategory string

// The categories.
const (
	CategoryNotFound     ErrorCategory = "not_found"    // absent, or not for this caller to know
	CategoryConflict     ErrorCategory = "conflict"     // the state forbids it now
	CategoryPrecondition ErrorCategory = "precondition" // If-Match names another version
	CategoryInvalid      ErrorCategory = "invalid"      // the request cannot be meant; see Problems
	CategoryUnauthorized ErrorCategory = "unauthorized" // no valid credential
	CategoryForbidden    ErrorCategory = "forbidden"    // a valid credential without the right
	CategoryTooMany      ErrorCategory = "too_many"     // a limit is reached; see RetryAfter
	CategoryUnavailable  ErrorCategory = "unavailable"  // not ready, or shutting down
	CategoryInternal     ErrorCategory = "internal"     // a fault of the program or of its disk
)

// Problem is one fault of a document, at its JSON pointer ("" is the whole).
type Problem struct {
	Pointer string `json:"pointer" doc:"JSON pointer into the document" example:"/sync_rules/0/source_table"`
	Code    string `json:"code" doc:"Stable name of the fault" example:"required"`
	Detail  string `json:"detail" doc:"What is wrong and how to put it right"`
}

// Problems is what a validation found: errors refuse the document, warnings
// tell what is accepted and has no effect yet.
type Problems struct {
	Errors   []Problem `json:"errors,omitempty"`
	Warnings []Problem `json:"warnings,omitempty"`
}

// Under puts the pointers of problems under a member of a larger document.
func Under(prefix string, problems []Problem) []Problem {
	out := slices.Clone(problems)
	for i := range out {
		out[i].Pointer = prefix + out[i].Pointer
	}
	return out
}

// Error is a failure that a caller may see. Message is for people and holds
// no secret; Code is stable and finer than Category.
type Error struct {
	Category   ErrorCategory `json:"kind"`
	Code       string        `json:"code"`
	Message    string        `json:"message"`
	Problems   []Problem     `json:"problems,omitempty"`
	RetryAfter time.Duration `json:"-"`
	Cause      error         `json:"-"` // logged at the top, never shown
}

// Error returns the message, and with it every problem.
func (e *Error) Error() string {
	text := e.Message
	for _, p := range e.Problems {
		text += fmt.Sprintf("; %s: %s", p.Pointer, p.Detail)
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is matches by category and code; an empty field of the target matches all.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && (t.Category == "" || t.Category == e.Category) && (t.Code == "" || t.Code == e.Code)
}

// ErrNotFound is a target for errors.Is: it matches every error of its category.
var ErrNotFound = &Error{Category: CategoryNotFound}

// NotFound returns an error of that category. It must read the same for what
// does not exist and for what belongs to somebody else.
func NotFound(code, format string, args ...any) *Error {
	return &Error{Category: CategoryNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// InvalidCursor says that a list cannot go on where a caller wants it to.
func InvalidCursor() *Error {
	return Invalid("invalid_cursor", "the cursor does not belong to this list",
		Problem{Pointer: "/cursor", Code: "invalid_cursor", Detail: "use the value of \"next\" of the page before, with the same filters"})
}

// NoWorkflow says that a workspace has no such workflow.
func NoWorkflow(id ID) *Error {
	return NotFound("workflow_not_found", "there is no workflow %s in this workspace", id)
}

// NoExecution says that a workspace has no such execution.
func NoExecution(id ExecutionID) *Error {
	return NotFound("execution_not_found", "there is no execution %s in this workspace", id)
}

// Conflict returns an error of that category.
func Conflict(code, format string, args ...any) *Error {
	return &Error{Category: CategoryConflict, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Forbidden returns an error of that category.
func Forbidden(code, format string, args ...any) *Error {
	return &Error{Category: CategoryForbidden, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unauthorized returns an error of that category.
func Unauthorized(code, format string, args ...any) *Error {
	return &Error{Category: CategoryUnauthorized, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid returns an error of that category with every problem found.
func Invalid(code, message string, problems ...Problem) *Error {
	return &Error{Category: CategoryInvalid, Code: code, Message: message, Problems: problems}
}

// Unavailable returns an error of that category.
func Unavailable(code, format string, args ...any) *Error {
	return &Error{Category: CategoryUnavailable, Code: code, Message: fmt.Sprintf(format, args...)}
}

// TooMany returns an error of that category that tells when to try again.
func TooMany(after time.Duration, code, format string, args ...any) *Error {
	return &Error{Category: CategoryTooMany, Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: after}
}

// AsError returns the error of this package in err's chain. A full disk is
// named, since only a person can make room. Anything else
// becomes an internal error that keeps err as its cause and shows none of it.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	if failure.CodeOf(err) == "disk_full" {
		return &Error{Category: CategoryUnavailable, Code: "disk_full", Cause: err,
			Message: "the server's store has no space left; nothing was written: free some space and try again"}
	}
	return &Error{Category: CategoryInternal, Code: "internal", Message: "an internal error; the server's log tells more", Cause: err}
}
