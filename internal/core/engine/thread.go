package engine

import (
	"encoding/json"
	"time"
)

// Thread is the seam between this package and a backend: what the durable
// calls of one branch go through. Bytes go in and out; paths, keys, JSON,
// limits, Map, Saga and retry decisions stand above it. Its methods are called
// by workflow code only, and block that code.
type Thread interface {
	Info() Info
	Now() time.Time
	// Replaying reports whether recorded history is being fed.
	Replaying() bool
	Progress(Progress)
	// Step runs a step, or returns its recorded result. The error is a *Error.
	Step(Call) (json.RawMessage, error)
	// Sleep waits; the error is ErrCancelled.
	Sleep(path string, d time.Duration) error
	// Receive takes the next signal of a name; the error is ErrDeadline or
	// ErrCancelled.
	Receive(path, name string, wait time.Duration) (json.RawMessage, error)
	// Fork runs body for 0 ≤ i < n on branches of their own, at most parallel at
	// a time, and returns when all have ended: with the first error in time,
	// which cancels the others, or ErrCancelled if some never began.
	Fork(path string, n, parallel int, body func(i int, t Thread) error) error
	// Compensate says that undos begin.
	Compensate()
	// Detached returns the same thread out of a cancel's reach.
	Detached() Thread
	// Mismatch parks the execution as nondeterministic; it does not return.
	Mismatch(step, path, recorded, got string)
}

// Call is one call of a step.
type Call struct {
	Step *StepSpec
	Path string
	// Key is the step's idempotency key, the same for all its attempts.
	Key string
	// Input encodes the input. It is not called for a result that is recorded.
	Input func() (json.RawMessage, error)
	// Undo marks a compensation: when it gives up, the execution is parked.
	Undo bool
}
