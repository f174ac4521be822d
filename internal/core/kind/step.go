package kind

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// Step declares a step of the kind; see engine.NewStep.
func Step[In, Out any](k *Kind, name string, o engine.StepOptions[In], fn func(context.Context, In) (Out, error)) engine.Step[In, Out] {
	k.checkLocal("step", name)
	return engine.NewStep(k.registry, k.full(name), o, fn)
}

// Undoable declares a step with what undoes it; see engine.NewUndoable.
func Undoable[In, Out any](k *Kind, name string, o engine.StepOptions[In],
	do func(context.Context, In) (Out, error), undo func(context.Context, engine.Undo[In, Out]) error) engine.Undoable[In, Out] {
	k.checkLocal("step", name)
	return engine.NewUndoable(k.registry, k.full(name), o, do, undo)
}

// Signal declares a message that executions of the kind wait for; see
// engine.NewSignal.
func Signal[T any](k *Kind, name string) engine.Signal[T] {
	k.checkLocal("signal", name)
	return engine.NewSignal[T](k.registry, k.full(name))
}

// Write declares rows of the kind's own that steps attach to their results; see
// engine.NewWrite. The statements belong to the kind's Tables.
func Write[T any](k *Kind, name string, apply func(ctx context.Context, tx db.Tx, by engine.WriteInfo, data T) error) engine.Write[T] {
	k.checkLocal("write", name)
	return engine.NewWrite(k.registry, k.full(name), apply)
}
