package engine

import "encoding/json"

// Feed is what a redrive takes over from its origin. It is complete when the
// function begins and does not change; a backend keeps it with the execution.
type Feed struct {
	// Results by path.
	Results map[string]Fed `json:"results,omitempty"`
	// Scopes by their names: sagas whose keys have another root than the
	// execution's.
	Scopes map[string]FedScope `json:"scopes,omitempty"`
	// Children by path: those that did not complete, and are redriven themselves.
	Children map[string]Unfinished `json:"children,omitempty"`
	// Versions holds the marks of changes.
	Versions map[string]int `json:"versions,omitempty"`
}

// NewFeed returns a feed that takes over nothing yet.
func NewFeed() *Feed {
	return &Feed{Results: map[string]Fed{}, Scopes: map[string]FedScope{}, Children: map[string]Unfinished{}, Versions: map[string]int{}}
}

// Fed is the result of one durable call of the origin.
type Fed struct {
	What FedType         `json:"what"`
	Name string          `json:"name,omitempty"` // of the step, the signal, the child's function
	Out  json.RawMessage `json:"out,omitempty"`
	// Child is the execution that a child's result is of.
	Child string `json:"child,omitempty"`
}

// FedType says what a result is the result of.
type FedType string

// The results that are fed.
const (
	FedStep     FedType = "step"
	FedSleep    FedType = "sleep"
	FedSignal   FedType = "signal"
	FedDeadline FedType = "deadline" // of a wait for signals
	FedChild    FedType = "child"
)

// FedScope is a saga of the origin.
type FedScope struct {
	Root Root `json:"root"`
	// Undone: its undos ran. It is not fed, and Root is the redrive's own.
	Undone bool `json:"undone,omitempty"`
}

// Unfinished is a child of the origin that did not complete.
type Unfinished struct {
	Execution string `json:"execution"`
	Function  string `json:"function"`
}

// Message is a signal that no one has taken.
type Message struct {
	N    int             `json:"n"` // in the order of arrival, from 1 in each generation
	Name string          `json:"name"`
	Data json.RawMessage `json:"data,omitempty"`
}
