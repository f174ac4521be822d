package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

// Codes that the engine itself gives. They stand in journals: a new meaning is
// a new code.
const (
	CodeCancelled   = "cancelled"
	CodeDeadline    = "deadline"
	CodeTimeout     = "timeout"
	CodePanic       = "panic"
	CodeTooLarge    = "too_large"
	CodeBadInput    = "bad_input"
	CodeBadOutput   = "bad_output"
	CodeInterrupted = "interrupted"
	CodeAttach      = "attach_failed"
	CodeUnclassed   = "unclassified"
	CodeQuota       = "quota_exhausted"
	CodeDiskFull    = "disk_full"
	CodeGivenUp     = "given_up"
	CodeNotUndone   = "not_compensated"
	CodeOpenSaga    = "open_saga"
	// CodeInvalidInput: the input does not fit the version that was pinned when
	// the execution left pending.
	CodeInvalidInput = "invalid_input"
	// CodeInputMissing: the input that was stored apart does not exist.
	CodeInputMissing = "input_missing"
)

// ErrCancelled matches what durable calls return once their branch was
// cancelled.
var ErrCancelled = &Error{Code: CodeCancelled, Message: "cancelled"}

// ErrDeadline matches what a wait returns when its time is up.
var ErrDeadline = &Error{Code: CodeDeadline, Message: "the deadline has passed"}

// Error is the only error that crosses the journal: Go types do not survive,
// class and code do. It is what a step's failure looks like to the workflow
// function, and what an execution ended with.
type Error struct {
	Class   failure.Class `json:"class,omitempty"`
	Code    string        `json:"code,omitempty"`
	Message string        `json:"message,omitempty"`
	Step    string        `json:"step,omitempty"` // name of the step that failed
	Path    string        `json:"path,omitempty"` // its position in the execution
	// Attempts is how often the step was tried, without rate limits.
	Attempts   int             `json:"attempts,omitempty"`
	RetryAfter time.Duration   `json:"retry_after,omitempty"` // nanoseconds
	Detail     json.RawMessage `json:"detail,omitempty"`
	// Unknown says that the step may have had its effect all the same.
	Unknown bool `json:"unknown,omitempty"`
}

// Error returns the message with the step in front of it.
func (e *Error) Error() string {
	text := e.Message
	if text == "" {
		text = string(e.Class)
		if e.Code != "" {
			text += ": " + e.Code
		}
	}
	if e.Step == "" {
		return text
	}
	return fmt.Sprintf("step %s (%s): %s", e.Step, e.Path, text)
}

// Is matches by class and code, as failure.Error does; a target that leaves
// one of them empty matches all of it. It matches targets of both types.
func (e *Error) Is(target error) bool {
	switch t := target.(type) {
	case *Error:
		return (t.Class == "" || t.Class == e.Class) && (t.Code == "" || t.Code == e.Code)
	case *failure.Error:
		return (t.Class == "" || t.Class == e.Class) && (t.Code == "" || t.Code == e.Code)
	}
	return false
}

// As lets errors.As find a *failure.Error, so that failure.ClassOf works on
// what a step returned to its workflow function.
func (e *Error) As(target any) bool {
	t, ok := target.(**failure.Error)
	if !ok {
		return false
	}
	*t = &failure.Error{Class: e.Class, Code: e.Code, Message: e.Message, RetryAfter: e.RetryAfter, Detail: e.Detail}
	return true
}

// AsError turns any error into what the journal can keep. A *Error stays what
// it is, a *failure.Error keeps class and code, anything else is fatal:
// guessing that it is harmless would repeat an effect. It returns nil for nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	return errorOf(err).fit()
}

// errorOf is AsError without the bounds.
func errorOf(err error) *Error {
	var own *Error
	if errors.As(err, &own) {
		out := *own
		out.Detail = validDetail(own.Detail)
		if err != error(own) {
			out.Message = err.Error()
		}
		return &out
	}
	var f *failure.Error
	if errors.As(err, &f) {
		return &Error{Class: f.Class, Code: f.Code, Message: err.Error(), RetryAfter: f.RetryAfter, Detail: validDetail(f.Detail)}
	}
	return &Error{Class: failure.Fatal, Code: CodeUnclassed, Message: err.Error()}
}

// Bounds of an error: it stands in events, lists and the health of its workflow.
const (
	// MaxMessageBytes bounds a message; what is cut says how long it was.
	MaxMessageBytes = 8 << 10
	// MaxDetailBytes bounds a detail; a larger one is dropped.
	MaxDetailBytes = 16 << 10
	maxCodeBytes   = 200
)

// fit makes an error fit to be kept and shown.
func (e *Error) fit() *Error {
	e.Code, e.Message = plaintext.Cut(e.Code, maxCodeBytes), plaintext.Bound(e.Message, MaxMessageBytes)
	if len(e.Detail) > MaxDetailBytes {
		e.Detail = json.RawMessage(fmt.Sprintf(`{"dropped_bytes":%d}`, len(e.Detail)))
	}
	return e
}

// UnmarshalJSON reads an error that anyone may have written: it is no larger than
// one of our own.
func (e *Error) UnmarshalJSON(raw []byte) error {
	type plain Error // without this method
	if err := json.Unmarshal(raw, (*plain)(e)); err != nil {
		return err
	}
	e.fit()
	return nil
}

// validDetail returns a detail that encodes: what is not JSON becomes a string.
func validDetail(detail json.RawMessage) json.RawMessage {
	if len(detail) == 0 || json.Valid(detail) {
		return detail
	}
	text, _ := json.Marshal(string(detail)) // a string always encodes
	return text
}

// Errors of the host's calls.
var (
	// ErrNotFound: no such execution.
	ErrNotFound = errors.New("no such execution")
	// ErrEnded: the execution has ended; nothing reaches it any more.
	ErrEnded = errors.New("the execution has ended")
	// ErrExists: an execution of this id was started before.
	ErrExists = errors.New("the execution exists already")
	// ErrNoOrigin: the origin of a redrive cannot be fed: it does not exist, has
	// not ended, completed, or lives on another engine.
	ErrNoOrigin = errors.New("the origin cannot be redriven")
	// ErrStopping: the engine is stopping or has stopped; ask again after the restart.
	ErrStopping = errors.New("the engine is stopping")
	// ErrNotWaiting: nothing at this path waits for an answer.
	ErrNotWaiting = errors.New("nothing at this path waits for an answer")
	// ErrTooManySignals: as many signals as an execution keeps wait to be taken.
	ErrTooManySignals = errors.New("too many signals wait to be taken")
	// ErrInvalid: the call itself is wrong: unknown function, too large, no id.
	ErrInvalid = errors.New("invalid call")
)
