package engine

import (
	"encoding/json"
	"fmt"
	"time"
)

// Signal is a registered message from outside: an approval, a form.
type Signal[T any] struct{ name string }

// NewSignal registers a signal under a name of the form package/signal.
func NewSignal[T any](r *Registry, name string) Signal[T] {
	if r.checkName("signal", name) && r.signals[name] {
		r.errs = append(r.errs, fmt.Errorf("signal %s is registered twice; give one of them another name", name))
	}
	r.signals[name] = true
	return Signal[T]{name: name}
}

// Name returns the registered name.
func (s Signal[T]) Name() string { return s.name }

// Wait returns the next signal in the order of arrival. After wait it returns
// ErrDeadline; Forever has none, and zero only looks.
func (s Signal[T]) Wait(run Run, wait time.Duration) (T, error) {
	var out T
	path := run.branch.nextPath()
	raw, err := run.thread.Receive(path, s.name, wait)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, &Error{Class: "validation", Code: CodeBadInput, Path: path, Message: fmt.Sprintf("signal %s does not decode: %v", s.name, err)}
	}
	return out, nil
}
