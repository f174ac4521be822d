package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
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

// NewerError says that a newer build has written to the store.
type NewerError struct {
	Store, Set  string
	Have, Known int64 // version in the store, newest version that this build knows
}

// Error names the store, the cause and the fix.
func (e *NewerError) Error() string {
	return fmt.Sprintf("the store %s was written by a newer build (%s tables at version %d, this build knows up to %d); "+
		"use that build or a backup from before the upgrade", e.Store, e.Set, e.Have, e.Known)
}

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

// protect turns a panic into an error of that write, so that a bug in one
// caller's code does not take the others' rows with it.
func protect(ctx context.Context, tx Tx, write Write) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &PanicError{Value: p, Stack: debug.Stack()}
		}
	}()
	return write(ctx, tx)
}
