// Package failure is the closed set of classes of failure. A failed call is
// classified once, where it is first seen; steps, the engine and the API share
// the classes. Nothing here retries or logs.
package failure

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Class says what a failure means for whoever decides about a retry. The set
// is closed; anything finer is a code.
type Class string

const (
	// Transient failures had no effect and usually go away: refused connections, 502, 503.
	Transient Class = "transient"
	// RateLimited failures go away after RetryAfter and use up no attempt.
	RateLimited Class = "rate_limited"
	// Auth failures last until a person renews a credential or a grant.
	Auth Class = "auth"
	// Validation failures last until the request or the configuration changes.
	Validation Class = "validation"
	// Conflict failures go away once the caller reads again: versions, unique keys.
	Conflict Class = "conflict"
	// UnknownOutcome failures may have had their effect: every timeout, and a
	// connection that broke after bytes were sent.
	UnknownOutcome Class = "unknown_outcome"
	// Fatal failures are bugs in the program or faults of its disk.
	Fatal Class = "fatal"
)

// Known reports whether c is one of the seven classes.
func (c Class) Known() bool {
	switch c {
	case Transient, RateLimited, Auth, Validation, Conflict, UnknownOutcome, Fatal:
		return true
	}
	return false
}

// Error is a classified failure. Message is for people: it names the thing,
// the cause and the fix, and never holds a secret.
type Error struct {
	Class      Class
	Code       string          // finer than the class, stable, snake_case; may be empty
	Message    string          // for people
	RetryAfter time.Duration   // zero: the policy of the class decides
	Detail     json.RawMessage // for programs; may be nil
	Cause      error           // the original error; may be nil
}

// New returns a classified failure without a cause.
func New(class Class, code, format string, args ...any) *Error {
	return &Error{Class: class, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap returns a classified failure that keeps cause for errors.Is and
// errors.As; the cause's text is not added to the message.
func Wrap(cause error, class Class, code, format string, args ...any) *Error {
	return &Error{Class: class, Code: code, Message: fmt.Sprintf(format, args...), Cause: cause}
}

// Error returns the message, or class and code if there is none.
func (e *Error) Error() string {
	if e.Message != "" {
		return e.Message
	}
	if e.Code != "" {
		return string(e.Class) + ": " + e.Code
	}
	return string(e.Class)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is matches by class and code: a target without a code matches every code of
// its class, and a target without a class matches its code in every class.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	if !ok {
		return false
	}
	return (t.Class == "" || t.Class == e.Class) && (t.Code == "" || t.Code == e.Code)
}

// ClassOf returns the class of the outermost classified failure in err's chain.
// An unclassified error is Fatal: to assume that it is harmless could repeat an
// effect.
func ClassOf(err error) Class {
	var e *Error
	if errors.As(err, &e) {
		return e.Class
	}
	return Fatal
}

// CodeOf returns the code of the outermost classified failure, or "".
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}
