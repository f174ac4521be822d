package engine

import (
	"context"
	"errors"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Undo is what an undo gets: data, never a closure, so that a person can
// finish it by hand.
type Undo[In, Out any] struct {
	Key string `json:"key"` // of the step that is undone
	In  In     `json:"in"`
	// Out is nil when the outcome is unknown: look it up by Key, and accept that
	// it was never done.
	Out *Out `json:"out,omitempty"`
}

// Undoable is a step with its undo.
type Undoable[In, Out any] struct {
	do   Step[In, Out]
	undo Step[Undo[In, Out], None]
}

// NewUndoable registers a step and, under name/undo, what undoes it. Both get
// the options; the undo is never Once and its key is the step's with /undo.
func NewUndoable[In, Out any](r *Registry, name string, o StepOptions[In],
	do func(context.Context, In) (Out, error), undo func(context.Context, Undo[In, Out]) error) Undoable[In, Out] {
	uo := StepOptions[Undo[In, Out]]{Timeout: o.Timeout, Retry: o.Retry, Key: func(u Undo[In, Out]) string { return u.Key + "/undo" }}
	return Undoable[In, Out]{
		do: NewStep(r, name, o, do),
		undo: NewStep(r, name+"/undo", uo, func(ctx context.Context, u Undo[In, Out]) (None, error) {
			return None{}, undo(ctx, u)
		}),
	}
}

// Saga is a scope in which finished steps are undone if the scope fails.
type Saga struct {
	undos []func(Run) error // in order of completion
}

// WithSaga runs fn. If fn returns an error, or a cancel reached its branch before
// it returned, the undos of all its undoable steps that completed or may have
// completed run in reverse order of completion, out of the cancel's reach, each
// until it succeeds; one that cannot succeed parks the execution as
// compensation_stuck. It returns what fn returned, and ErrCancelled where fn did
// not notice the cancel.
func WithSaga[Out any](run Run, fn func(*Saga) (Out, error)) (out Out, err error) {
	scope := run.branch.enter()
	defer run.branch.leave()
	if root, other := run.thread.Scope(scope); other {
		run.branch.rooted(root, scope, func() { out, err = inSaga(run, scope, fn) })
		return out, err
	}
	return inSaga(run, scope, fn)
}

// inSaga is WithSaga without the keys.
func inSaga[Out any](run Run, scope Scope, fn func(*Saga) (Out, error)) (Out, error) {
	s := &Saga{}
	out, err := fn(s)
	var again *continueAsNew
	if errors.As(err, &again) {
		err = &Error{Class: failure.Fatal, Code: CodeOpenSaga, Message: "the workflow function continues as new inside an open saga; return from the saga first"}
	}
	if err == nil && run.thread.Cancelled() {
		err = ErrCancelled // its last step has finished all the same
	}
	if err == nil || len(s.undos) == 0 {
		return out, err
	}
	detached := run.Detached()
	detached.thread.Compensate(scope)
	for i := len(s.undos) - 1; i >= 0; i-- {
		// The only failure is a person's verdict that this undo is given up;
		// the others must still run.
		if failed := s.undos[i](detached); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return out, err
}

// With returns the same step with options for its calls; a label goes to the
// undo as well.
func (u Undoable[In, Out]) With(o CallOptions) Undoable[In, Out] {
	u.do = u.do.With(o)
	u.undo = u.undo.With(CallOptions{Label: o.Label})
	return u
}

// Do runs the step; its undo belongs to the saga from then on.
func (u Undoable[In, Out]) Do(run Run, s *Saga, in In) (Out, error) {
	path := run.branch.nextPath()
	call := u.do.call(path, u.do.keyOf(run, path, in))
	out, err := u.do.do(run, call, in)
	switch {
	case err == nil:
		u.register(s, Undo[In, Out]{Key: call.Key, In: in, Out: &out})
	case mayHaveHappened(err):
		u.register(s, Undo[In, Out]{Key: call.Key, In: in})
	}
	return out, err
}

func (u Undoable[In, Out]) register(s *Saga, data Undo[In, Out]) {
	s.undos = append(s.undos, func(run Run) error {
		path := run.branch.nextPath()
		call := u.undo.call(path, data.Key+"/undo")
		call.Undo = true
		_, err := u.undo.do(run, call, data)
		return err
	})
}

// mayHaveHappened reports whether a failed step may have had its effect.
func mayHaveHappened(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return true
	}
	return e.Unknown || e.Class == failure.UnknownOutcome || e.Class == failure.Fatal || e.Attempts > 1
}
