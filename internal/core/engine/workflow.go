package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Workflow is a registered workflow function.
type Workflow[In, Out any] struct{ name string }

// NewWorkflow registers a workflow function under a name of the form
// kind/function. A new meaning needs a new name: open executions are replayed by
// the function of their name.
func NewWorkflow[In, Out any](r *Registry, name string, fn func(Run, In) (Out, error)) Workflow[In, Out] {
	return NewLoadedWorkflow[In](r, name, func(_ context.Context, _ Info, raw json.RawMessage) (In, error) {
		return decodeInput[In](raw)
	}, fn)
}

// NewLoadedWorkflow registers a workflow function that takes more than its
// input: its argument is made by load, before the function begins and again
// before it is replayed. load may read what never changes, such as a version of
// a definition; it must return an equal value each time. An error that
// has the class validation or fatal ends the execution as failed; any other
// error, also one without a class, is temporary, and load is tried again.
func NewLoadedWorkflow[In, Loaded, Out any](r *Registry, name string,
	load func(context.Context, Info, json.RawMessage) (Loaded, error), fn func(Run, Loaded) (Out, error)) Workflow[In, Out] {
	r.addFunction(&FunctionSpec{
		Name: name,
		Load: func(ctx context.Context, info Info, input json.RawMessage) (any, error) {
			return load(ctx, info, input)
		},
		Call: func(run Run, loaded any) (json.RawMessage, error) {
			out, err := fn(run, loaded.(Loaded))
			if err != nil {
				return nil, err
			}
			return encode(out)
		},
	})
	return Workflow[In, Out]{name: name}
}

func decodeInput[In any](raw json.RawMessage) (In, error) {
	var in In
	if len(raw) == 0 {
		return in, nil
	}
	if err := json.Unmarshal(raw, &in); err != nil {
		return in, &Error{Class: failure.Validation, Code: CodeBadInput, Message: "the input does not decode: " + err.Error()}
	}
	return in, nil
}

// Name returns the registered name, to be used as Start.Function.
func (w Workflow[In, Out]) Name() string { return w.name }

// Do runs the workflow as a child of this execution, on its place and with its
// definition, and returns its output. A cancel goes down to it. childID names
// the child in the workspace, so that a second call with the same id finds the
// first child; empty means one of its own for this call. The error is a *Error:
// ErrCancelled, or what the child failed with.
func (w Workflow[In, Out]) Do(run Run, childID string, in In) (Out, error) {
	var out Out
	path := run.branch.nextPath()
	own := childID == ""
	if own {
		childID = run.branch.key(path)
	}
	raw, err := run.thread.Child(ChildCall{Function: w.name, Path: path, Key: childID, Own: own,
		Input: func() (json.RawMessage, error) { return encode(in) }})
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		run.thread.Mismatch(w.name, path, "an output of "+w.name, fmt.Sprintf("a type that cannot hold it: %v", err))
	}
	return out, nil
}

// ContinueAsNew is what a workflow function returns to go on with a fresh
// history: the same function begins again, as the next generation, with this
// input. Signals that nobody has taken go along. It must not be returned from
// inside an open saga.
func ContinueAsNew[In any](in In) error {
	raw, err := encode(in)
	if err != nil {
		return err
	}
	return &continueAsNew{input: raw}
}

// continueAsNew is the error of ContinueAsNew.
type continueAsNew struct{ input json.RawMessage }

// Error describes the value to someone who mistakes it for a failure.
func (*continueAsNew) Error() string { return "continue as new" }

// Continuation returns the input that a workflow function asked to continue
// with. Backends call it with what the function returned.
func Continuation(err error) (json.RawMessage, bool) {
	again, ok := err.(*continueAsNew) //nolint:errorlint // returned as it is; a wrapped one is a failure
	if !ok {
		return nil, false
	}
	return again.input, true
}
