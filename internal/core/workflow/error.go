package workflow

import (
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// ErrorKind sorts what a caller may see into the few outcomes that a face
// knows; a face maps a kind to its status in one table.
type ErrorKind string

// The kinds.
const (
	KindNotFound     ErrorKind = "not_found"    // absent, or not for this caller to know
	KindConflict     ErrorKind = "conflict"     // the state forbids it now
	KindPrecondition ErrorKind = "precondition" // If-Match names another version
	KindInvalid      ErrorKind = "invalid"      // the request cannot be meant; see Problems
	KindUnauthorized ErrorKind = "unauthorized" // no valid credential
	KindForbidden    ErrorKind = "forbidden"    // a valid credential without the right
	KindTooMany      ErrorKind = "too_many"     // a limit is reached; see RetryAfter
	KindUnavailable  ErrorKind = "unavailable"  // not ready, or shutting down
	KindInternal     ErrorKind = "internal"     // a fault of the program or of its disk
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

// Error is a failure that a caller may see. Message is for people and holds
// no secret; Code is stable and finer than Kind.
type Error struct {
	Kind       ErrorKind     `json:"kind"`
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

// Is matches by kind and code; an empty field of the target matches all.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && (t.Kind == "" || t.Kind == e.Kind) && (t.Code == "" || t.Code == e.Code)
}

// Targets for errors.Is: they match every error of their kind.
var (
	ErrNotFound     = &Error{Kind: KindNotFound}
	ErrConflict     = &Error{Kind: KindConflict}
	ErrPrecondition = &Error{Kind: KindPrecondition}
	ErrInvalid      = &Error{Kind: KindInvalid}
	ErrUnauthorized = &Error{Kind: KindUnauthorized}
	ErrForbidden    = &Error{Kind: KindForbidden}
	ErrTooMany      = &Error{Kind: KindTooMany}
	ErrUnavailable  = &Error{Kind: KindUnavailable}
)

// NotFound returns an error of that kind. It must read the same for what
// does not exist and for what belongs to somebody else.
func NotFound(code, format string, args ...any) *Error {
	return &Error{Kind: KindNotFound, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Conflict returns an error of that kind.
func Conflict(code, format string, args ...any) *Error {
	return &Error{Kind: KindConflict, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Forbidden returns an error of that kind.
func Forbidden(code, format string, args ...any) *Error {
	return &Error{Kind: KindForbidden, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unauthorized returns an error of that kind.
func Unauthorized(code, format string, args ...any) *Error {
	return &Error{Kind: KindUnauthorized, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Invalid returns an error of that kind with every problem found.
func Invalid(code, message string, problems ...Problem) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: message, Problems: problems}
}

// Unavailable returns an error of that kind.
func Unavailable(code, format string, args ...any) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Message: fmt.Sprintf(format, args...)}
}

// TooMany returns an error of that kind that tells when to try again.
func TooMany(after time.Duration, code, format string, args ...any) *Error {
	return &Error{Kind: KindTooMany, Code: code, Message: fmt.Sprintf(format, args...), RetryAfter: after}
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
		return &Error{Kind: KindUnavailable, Code: "disk_full", Cause: err,
			Message: "the server's store has no space left; nothing was written: free some space and try again"}
	}
	return &Error{Kind: KindInternal, Code: "internal", Message: "an internal error; the server's log tells more", Cause: err}
}
