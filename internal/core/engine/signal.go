package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Signal is a registered message from outside: an approval, a form.
type Signal[T any] struct{ name string }

// NewSignal registers a signal under a name of the form kind/signal.
func NewSignal[T any](r *Registry, name string) Signal[T] {
	if r.checkName("signal", name) && r.signals[name] != nil {
		r.fail("signal %s is registered twice; give one of them another name", name)
	}
	s := Signal[T]{name: name}
	r.signals[name] = func(data json.RawMessage) error {
		if len(data) == 0 {
			return nil
		}
		var out T
		return misfit(json.Unmarshal(data, &out))
	}
	return s
}

// Name returns the registered name.
func (s Signal[T]) Name() string { return s.name }

// Wait returns the next signal in the order of arrival. After wait it returns
// ErrDeadline; Forever has none, and zero only looks.
func (s Signal[T]) Wait(run Run, wait time.Duration) (T, error) {
	path := run.branch.nextPath()
	_, raw, err := run.thread.Receive(path, []string{s.name}, wait)
	if err != nil {
		var none T
		return none, err
	}
	return s.decode(path, raw)
}

func (s Signal[T]) decode(path string, raw json.RawMessage) (T, error) {
	var out T
	if len(raw) == 0 { // a signal without data
		return out, nil
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, &Error{Class: failure.Validation, Code: CodeBadInput, Path: path, Message: fmt.Sprintf("signal %s does not decode: %v", s.name, err)}
	}
	return out, nil
}

// Case is one of the signals that Select waits for, with what is done then.
type Case struct {
	name string
	take func(path string, raw json.RawMessage) error
}

// Then makes a case of the signal.
func (s Signal[T]) Then(do func(T) error) Case {
	return Case{name: s.name, take: func(path string, raw json.RawMessage) error {
		in, err := s.decode(path, raw)
		if err != nil {
			return err
		}
		return do(in)
	}}
}

// Select waits for the first signal of one of the cases, in the order of
// arrival, and returns what its case returns. It takes one number. After wait it
// returns ErrDeadline; Forever has none, and zero only looks.
func Select(run Run, wait time.Duration, cases ...Case) error {
	path := run.branch.nextPath()
	names := make([]string, len(cases))
	for i, c := range cases {
		names[i] = c.name
	}
	i, raw, err := run.thread.Receive(path, names, wait)
	if err != nil {
		return err
	}
	return cases[i].take(path, raw)
}
