package db

import (
	"database/sql"
	"errors"
	"fmt"
)

// ErrNoRows is returned by Row.Scan when the query has no row.
var ErrNoRows = sql.ErrNoRows

// ErrInUse matches an *InUseError.
var ErrInUse = errors.New("database in use")

// ErrLost is in the chain of every error that a write returns once the
// ownership was lost.
var ErrLost = errors.New("database ownership lost")

// ErrClosed is returned by writes after Close.
var ErrClosed = errors.New("database closed")

// InUseError says that another live process owns the store.
type InUseError struct {
	Store string // the path or the URL without its password
	Owner string // what is known about the owner; may be empty
}

// Error names the store, the cause and the fix.
func (e *InUseError) Error() string {
	owner := "another process"
	if e.Owner != "" {
		owner += " (" + e.Owner + ")"
	}
	return fmt.Sprintf("the store %s is in use by %s; stop it first or give this one a store of its own", e.Store, owner)
}

// Is matches ErrInUse.
func (e *InUseError) Is(target error) bool { return target == ErrInUse }

// ConnectionError says that the store cannot be opened as it is reached: the
// server does not answer, a right is missing, or a pooler does not fit.
type ConnectionError struct {
	Store string // the URL without its password
	Cause error
}

// Error names the store and what the server, or a check, said.
func (e *ConnectionError) Error() string {
	return fmt.Sprintf("open the PostgreSQL store %s: %v", e.Store, e.Cause)
}

// Unwrap returns the cause.
func (e *ConnectionError) Unwrap() error { return e.Cause }

// ErrFull is in the chain of what a write returns when there is no space.
// Nothing of it was written; the store works again when space returns.
var ErrFull = errors.New("no space left in the store")

// ErrRolledBack is in the chain of an error after which the whole transaction
// is gone, not only the write behind a savepoint. Whoever calls Tx.Nested
// returns it and runs no further statement.
var ErrRolledBack = errors.New("the transaction was rolled back")

// PanicError is what a write gets that panicked; its rows are rolled back.
type PanicError struct {
	Value any
	Stack []byte
}

// Error returns the value; the stack is for the log.
func (e *PanicError) Error() string { return fmt.Sprintf("panic inside a write: %v", e.Value) }
