package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/plaintext"
)

// None is the input or output of a step that has none.
type None struct{}

// DefaultStepTimeout bounds one attempt of a step that says nothing else.
const DefaultStepTimeout = 60 * time.Second

// StepOptions says how a step behaves.
type StepOptions[In any] struct {
	// ReadOnly steps have no effects: their start is not recorded. Zero means
	// effects; forgetting it is slow, not wrong.
	ReadOnly bool
	// Reread, of a ReadOnly step, lets a redrive read anew what the origin has read
	// and done nothing about: results after which it has asked for no effect, wait,
	// signal or child, in whatever branch. What follows such a call in its branch
	// runs again too. Results in other branches are still taken over, so the step
	// should not share variables with a branch beside it.
	Reread bool
	// Timeout bounds one attempt. Zero means DefaultStepTimeout. A step must
	// obey its context: one that does not is waited for.
	Timeout time.Duration
	// Retry decides by class of failure. Zero means the defaults.
	Retry Retry
	// Key returns the idempotency key. Nil means execution/generation/path.
	Key func(In) string
	// Once steps are never repeated after an unknown outcome; they are parked
	// until a person answers. Zero means that the step is idempotent under its
	// key.
	Once bool
}

// MaxLabelBytes bounds the label of a call; what is longer is cut.
const MaxLabelBytes = 200

// CallOptions are what one call of a step does differently from its
// registration. A zero field changes nothing.
type CallOptions struct {
	// Timeout bounds one attempt.
	Timeout time.Duration
	// Retry replaces the step's policies.
	Retry *Retry
	// Once makes this call one that is never repeated after an unknown outcome.
	Once bool
	// Label says in a few words what this call is about, such as the name of a
	// table. It is public in the step's events: no secrets, no customers' cells.
	Label string
}

// Step is a registered unit of work that can be repeated: a page, a batch, a
// call. It is the only way in which a workflow function touches the world.
type Step[In, Out any] struct {
	spec *StepSpec
	key  func(In) string
	with CallOptions
}

// With returns the same step with options for its calls, beside those that it
// has.
func (s Step[In, Out]) With(o CallOptions) Step[In, Out] {
	if o.Timeout > 0 {
		s.with.Timeout = o.Timeout
	}
	if o.Retry != nil {
		s.with.Retry = o.Retry
	}
	if o.Label != "" {
		s.with.Label = plaintext.Cut(o.Label, MaxLabelBytes)
	}
	s.with.Once = s.with.Once || o.Once
	return s
}

// NewStep registers a step under a name of the form package/step.
func NewStep[In, Out any](r *Registry, name string, o StepOptions[In], fn func(context.Context, In) (Out, error)) Step[In, Out] {
	if o.Timeout == 0 {
		o.Timeout = DefaultStepTimeout
	}
	spec := &StepSpec{Name: name, ReadOnly: o.ReadOnly, Once: o.Once && !o.ReadOnly, Reread: o.Reread && o.ReadOnly, Timeout: o.Timeout, Retry: o.Retry, Call: erase(fn), Fits: fits[Out]}
	r.addStep(spec)
	return Step[In, Out]{spec: spec, key: o.Key}
}

// Name returns the registered name.
func (s Step[In, Out]) Name() string { return s.spec.Name }

// Do runs the step and returns its result, recorded or fresh. The error is a
// *Error: ErrCancelled, or what the step failed with after its retries.
func (s Step[In, Out]) Do(run Run, in In) (Out, error) {
	path := run.branch.nextPath()
	return s.do(run, s.call(path, s.keyOf(run, path, in)), in)
}

// call returns a call of the step, with its options.
func (s Step[In, Out]) call(path, key string) Call {
	c := Call{Step: s.spec, Path: path, Key: key, Label: s.with.Label, Timeout: s.spec.Timeout, Retry: s.spec.Retry,
		Once: s.spec.Once || s.with.Once && !s.spec.ReadOnly}
	if s.with.Timeout > 0 {
		c.Timeout = s.with.Timeout
	}
	if s.with.Retry != nil {
		c.Retry = *s.with.Retry
	}
	return c
}

func (s Step[In, Out]) do(run Run, call Call, in In) (Out, error) {
	var out Out
	call.Input = func() (json.RawMessage, error) { return encode(in) }
	raw, err := run.thread.Step(call)
	if err != nil {
		return out, err
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		run.thread.Mismatch(s.spec.Name, call.Path, "a result of "+s.spec.Name, fmt.Sprintf("a type that cannot hold it: %v", err))
	}
	return out, nil
}

func (s Step[In, Out]) keyOf(run Run, path string, in In) string {
	if s.key != nil {
		return s.key(in)
	}
	return run.branch.key(path)
}

// erase hides the types of a step behind JSON.
func erase[In, Out any](fn func(context.Context, In) (Out, error)) func(context.Context, json.RawMessage) (json.RawMessage, error) {
	return func(ctx context.Context, raw json.RawMessage) (json.RawMessage, error) {
		var in In
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, failure.Wrap(err, failure.Fatal, CodeBadInput, "the input does not decode: %v", err)
		}
		out, err := fn(ctx, in)
		if err != nil {
			return nil, err
		}
		res, err := encode(out)
		if err != nil && failure.CodeOf(err) != CodeTooLarge {
			return nil, failure.Wrap(err, failure.Fatal, CodeBadOutput, "the result does not encode: %v", err)
		}
		return res, err
	}
}

// fits reports why a result cannot be a step's.
func fits[Out any](raw json.RawMessage) error {
	var out Out
	return misfit(json.Unmarshal(raw, &out))
}

// encode returns the JSON of a value, or a fatal failure of code too_large.
func encode(v any) (json.RawMessage, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, failure.Wrap(err, failure.Fatal, CodeBadInput, "the value does not encode: %v", err)
	}
	if len(raw) > MaxValueBytes {
		return nil, failure.New(failure.Fatal, CodeTooLarge,
			"%d bytes are more than the %d that a value may have; put it into a blob and pass the reference", len(raw), MaxValueBytes)
	}
	return raw, nil
}
