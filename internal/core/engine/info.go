package engine

import "strings"

// Info says which execution is running.
type Info struct {
	Workspace  string
	Execution  string
	Generation int // from 1; grows when an execution continues as new
	Function   string
	Kind       string
	Definition string
	// Version is the version of the definition that the execution is pinned to.
	Version int
	// Root is what idempotency keys and random numbers are derived from.
	Root Root
}

// Root is the execution and generation that keys and random numbers are derived
// from: the execution's own, or, for a redrive, its origin's.
type Root struct {
	Execution  string `json:"execution"`
	Generation int    `json:"generation"`
}

// Origin is the execution that a redrive takes over from, which has ended as
// failed or cancelled.
type Origin struct {
	Execution  string `json:"execution"`
	Generation int    `json:"generation"` // zero: its last
	// Fresh feeds nothing and takes new keys throughout, because the input is
	// another one.
	Fresh bool `json:"fresh,omitempty"`
}

// Parent is the execution and the call that a child runs for.
type Parent struct {
	Execution  string `json:"execution"`
	Generation int    `json:"generation"`
	Path       string `json:"path"`
}

// Scope names a saga of an execution: the path of its first call and, because
// that may be the first call of another saga inside, how many sagas around it
// begin with the same call.
type Scope struct {
	Path  string
	Depth int
}

// String returns the path, with a mark for each saga around it.
func (s Scope) String() string { return s.Path + strings.Repeat("~", s.Depth) }
