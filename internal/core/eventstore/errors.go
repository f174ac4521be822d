package eventstore

import (
	"errors"
	"fmt"
)

// ErrConflict matches a *ConflictError.
var ErrConflict = errors.New("version conflict")

// ErrInvalid matches an *InvalidError.
var ErrInvalid = errors.New("invalid batch")

// ErrClosed is returned by a store or a subscription that was closed.
var ErrClosed = errors.New("event store closed")

// ConflictError says that a stream was not at the expected version.
type ConflictError struct {
	Stream           StreamID
	Expected, Actual int64
}

// Error names the stream and both versions.
func (e *ConflictError) Error() string {
	return fmt.Sprintf("stream %s is at version %d, expected %d; read it again and retry", e.Stream, e.Actual, e.Expected)
}

// Is matches ErrConflict.
func (e *ConflictError) Is(target error) bool { return target == ErrConflict }

// InvalidError says why a batch can never be stored.
type InvalidError struct{ Reason string }

// Error returns the reason.
func (e *InvalidError) Error() string { return "batch refused: " + e.Reason }

// Is matches ErrInvalid.
func (e *InvalidError) Is(target error) bool { return target == ErrInvalid }
