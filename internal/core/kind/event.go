package kind

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// CodeUndeclaredEvent is what a step fails with that records an event which its
// kind has not declared.
const CodeUndeclaredEvent = "undeclared_event"

// EventSpec is a declared domain event.
type EventSpec struct {
	Type   string       // kind.what_happened, past tense
	Schema int          // version of the data's shape, from 1
	Data   reflect.Type // of the data
}

// Event declares a domain event of the kind, with the version of its data's
// shape, from 1. Steps record it through what is returned.
func Event[T any](k *Kind, name string, schema int) Recorder[T] {
	spec := EventSpec{Type: k.name + "." + name, Schema: schema, Data: reflect.TypeFor[T]()}
	if k.source != nil { // the set has been checked without it
		return Recorder[T]{kind: k, spec: spec}
	}
	k.checkLocal("event", name)
	if schema < 1 {
		k.fail("event %s has schema %d; count them from 1", name, schema)
	}
	if slices.ContainsFunc(k.events, func(e EventSpec) bool { return e.Type == spec.Type }) {
		k.fail("event %s is declared twice; give one of them another name", name)
	}
	k.events = append(k.events, spec)
	return Recorder[T]{kind: k, spec: spec, declared: true}
}

// Recorder records one declared event.
type Recorder[T any] struct {
	kind     *Kind
	spec     EventSpec
	declared bool
}

// Type returns the event's full type, such as airtable_sync.records_deleted.
func (r Recorder[T]) Type() string { return r.spec.Type }

// Record adds the event to the execution's stream; it commits with the step's
// result, and events of an attempt that fails are dropped. The data holds no
// cells. It fails with a fatal failure in a step of another kind, and for an
// event that was not declared before the process began to run.
func (r Recorder[T]) Record(ctx context.Context, data T) error {
	step := engine.InStep(ctx).Step
	switch {
	case r.kind == nil:
		return failure.New(failure.Fatal, CodeUndeclaredEvent, "step %s records an event that no kind has declared; declare it with kind.Event", step)
	case !r.declared:
		return failure.New(failure.Fatal, CodeUndeclaredEvent, "step %s records %s, which was declared too late; declare it where the kind is made", step, r.spec.Type)
	case step != "" && !strings.HasPrefix(step, r.kind.name+"/"):
		return failure.New(failure.Fatal, CodeUndeclaredEvent, "step %s records %s, an event of the kind %s; declare one of its own kind", step, r.spec.Type, r.kind.name)
	}
	if err := engine.Record(ctx, engine.Event{Type: r.spec.Type, Schema: r.spec.Schema, Data: data}); err != nil {
		return fmt.Errorf("record %s: %w", r.spec.Type, err)
	}
	return nil
}
