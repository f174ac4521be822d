package engine

import (
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Workflow is a registered workflow function.
type Workflow[In, Out any] struct{ name string }

// NewWorkflow registers a workflow function under a name of the form
// package/function. A new meaning needs a new name: open executions are
// replayed by the function of their name.
func NewWorkflow[In, Out any](r *Registry, name string, fn func(Run, In) (Out, error)) Workflow[In, Out] {
	r.addFunction(&FunctionSpec{Name: name, Call: func(run Run, raw json.RawMessage) (json.RawMessage, error) {
		var in In
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &in); err != nil {
				return nil, &Error{Class: failure.Validation, Code: CodeBadInput, Message: "the input does not decode: " + err.Error()}
			}
		}
		out, err := fn(run, in)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}})
	return Workflow[In, Out]{name: name}
}

// Name returns the registered name, to be used as Start.Function.
func (w Workflow[In, Out]) Name() string { return w.name }
