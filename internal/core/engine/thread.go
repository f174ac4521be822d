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
	// HistoryLong reports that the generation has LongHistory records or more, as
	// far as the function has been fed.
	HistoryLong() bool
	// Version returns the version of a change; see Run.Version. path is that of the
	// branch's next call.
	Version(change, path string, newest int) int
	// Step runs a step, or returns its recorded result. The error is a *Error.
	Step(Call) (json.RawMessage, error)
	// Sleep waits; the error is ErrCancelled.
	Sleep(path string, d time.Duration) error
	// Receive takes the oldest unread signal of one of the names, or waits for
	// one, and returns the index of its name; the error is ErrDeadline or
	// ErrCancelled.
	Receive(path string, names []string, wait time.Duration) (int, json.RawMessage, error)
	// Child runs another execution to its end and returns its output. The error
	// is a *Error.
	Child(ChildCall) (json.RawMessage, error)
	// Await blocks until condition is true; the error is ErrCancelled.
	Await(condition func() bool) error
	// Fork runs body for 0 ≤ i < n on branches of their own, at most parallel at
	// a time, and returns when all have ended: with the first error in time,
	// which cancels the others, or ErrCancelled if some never began.
	Fork(path string, n, parallel int, body func(i int, t Thread) error) error
	// Scope is called where a saga begins. It returns the root of the keys inside,
	// and whether that differs from the branch's.
	Scope(Scope) (Root, bool)
	// Cancelled reports whether a cancel has reached the branch.
	Cancelled() bool
	// Compensate says that the undos of a saga begin.
	Compensate(Scope)
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
	// Label is public in the events of the step; at most MaxLabelBytes.
	Label   string
	Timeout time.Duration // of one attempt
	Retry   Retry
	Once    bool
}

// ChildCall is one call of a child workflow.
type ChildCall struct {
	Function string
	Path     string
	// Key names the child in the workspace: the same key is the same child.
	Key string
	// Own says that the key is the call's own and that no other call has it.
	Own   bool
	Input func() (json.RawMessage, error)
}
