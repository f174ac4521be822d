package kind

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Trigger says what starts executions of a kind's workflows by itself.
type Trigger struct {
	// Source is what starts them, as the trigger of an execution names it:
	// schedule, webhook, event.
	Source string
	// Pointer is the JSON pointer of the part of a configuration that says when;
	// a workflow whose configuration has nothing there is not started.
	Pointer string
	Doc     string // for people
}

// Call is one call of an operation, on a workflow or before the first save.
type Call[Config, In any] struct {
	Caller   workflow.Caller
	Workflow workflow.ID // empty before the first save
	// Config may be shared and must not be changed.
	Config Config
	In     In
}

// OperationOptions say who may call an operation, and what it is for.
type OperationOptions struct {
	Permission workflow.Permission
	Title, Doc string
}

// OperationSpec is an operation without its types: a named call that only this
// kind has, such as listing the tables of a base.
type OperationSpec struct {
	Name string
	OperationOptions
	In, Out json.RawMessage // JSON Schemas
	// Call runs the operation with JSON that was not checked. Faults of config or
	// in are a *workflow.Error of category invalid.
	Call func(ctx context.Context, caller workflow.Caller, id workflow.ID, config, in json.RawMessage) (json.RawMessage, error)
}

// Operation declares an operation of the kind.
func Operation[Config, In, Out any](k *Kind, name string, o OperationOptions, fn func(context.Context, Call[Config, In]) (Out, error)) {
	if !k.isOperation(name, o) || !k.isConfig(reflect.TypeFor[Config](), "operation "+name) {
		return
	}
	in, err := strictjson.Compile[In](strictjson.EmptyIsObject())
	out, outErr := strictjson.Compile[Out]()
	if err := errors.Join(err, outErr); err != nil {
		k.fail("operation %s: %w", name, err)
		return
	}
	spec := OperationSpec{Name: name, OperationOptions: o, In: in.Schema(), Out: out.Schema()}
	spec.Call = func(ctx context.Context, caller workflow.Caller, id workflow.ID, config, raw json.RawMessage) (json.RawMessage, error) {
		c, found := k.config.decode(config)
		if err := refused("config", found); err != nil {
			return nil, err
		}
		typed, found := in.Decode(raw)
		if err := refused("in", found); err != nil {
			return nil, err
		}
		out, err := fn(ctx, Call[Config, In]{Caller: caller, Workflow: id, Config: c.(Config), In: typed})
		if err != nil {
			return nil, err
		}
		return json.Marshal(out)
	}
	k.operations = append(k.operations, spec)
}

func refused(what string, found *strictjson.Findings) error {
	if found.OK() {
		return nil
	}
	return workflow.Invalid("invalid_"+what, what+" has faults", problems(found).Errors...)
}

// isOperation reports whether name and options are in order.
func (k *Kind) isOperation(name string, o OperationOptions) bool {
	ok := k.checkLocal("operation", name)
	if slices.ContainsFunc(k.operations, func(s OperationSpec) bool { return s.Name == name }) {
		k.fail("operation %s is declared twice; give one of them another name", name)
		ok = false
	}
	if o.Permission != workflow.Public && !o.Permission.Known() {
		k.fail("operation %s asks for the unknown permission %q", name, o.Permission)
		ok = false
	}
	return ok
}
