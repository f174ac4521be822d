package engine

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Write is a registered way to write rows of a kind's own from data.
type Write[T any] struct{ spec *WriteSpec }

// NewWrite registers a write under a name of the form kind/rows. apply must be
// quick: every commit of the process waits for it. It must be idempotent: the
// same data may come twice.
func NewWrite[T any](r *Registry, name string, apply func(ctx context.Context, tx db.Tx, by WriteInfo, data T) error) Write[T] {
	spec := &WriteSpec{Name: name, Apply: func(ctx context.Context, tx db.Tx, by WriteInfo, raw json.RawMessage) error {
		var data T
		if err := json.Unmarshal(raw, &data); err != nil {
			return failure.Wrap(err, failure.Fatal, CodeBadInput, "the data of write %s does not decode: %v", name, err)
		}
		return apply(ctx, tx, by, data)
	}}
	r.addWrite(spec)
	return Write[T]{spec: spec}
}

// Name returns the registered name.
func (w Write[T]) Name() string { return w.spec.Name }

// Attach adds rows of the step's own, written with its result: in the very
// transaction that commits it where the engine has one, under the step's key
// elsewhere. What an attempt that fails has attached is dropped. The data is
// never journalled; what is larger than MaxValueBytes belongs in a blob, whose
// reference is then the data.
func (w Write[T]) Attach(ctx context.Context, data T) error {
	a, ok := ctx.Value(attemptKey{}).(*Attempt)
	if !ok {
		return ErrNotInStep
	}
	raw, err := encode(data)
	if err != nil {
		return fmt.Errorf("attach %s: %w", w.spec.Name, err)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.writes = append(a.writes, AttachedWrite{Write: w.spec, Data: raw})
	return nil
}
