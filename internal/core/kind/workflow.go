package kind

import (
	"context"
	"encoding/json"
	"reflect"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// Start is what a workflow function begins with.
type Start[Config, Input any] struct {
	// Config is the configuration of the version that the execution is pinned to.
	// It is shared with other executions and must not be changed.
	Config Config
	Input  Input
	// Carried is what the generation before has left, see [ContinueWith]; nil if
	// it has left nothing.
	Carried json.RawMessage
}

// Workflow declares a workflow function. The one called [Main] is what an
// execution runs, and takes the kind's input; others are children, which take
// what their parent gives them, with the parent's configuration. A new meaning
// needs a new name: open executions are replayed by the function of their name.
func Workflow[Config, Input, Output any](k *Kind, name string,
	fn func(engine.Run, Start[Config, Input]) (Output, error)) engine.Workflow[Input, Output] {
	k.checkLocal("workflow function", name)
	k.isConfig(reflect.TypeFor[Config](), "workflow function "+name)
	decode := decodeJSON[Input]
	if name == Main && k.isInput(reflect.TypeFor[Input](), "workflow function "+name) {
		decode = decodeStored[Input](k)
	}
	k.functions[name] = true
	load := func(ctx context.Context, info engine.Info, raw json.RawMessage) (Start[Config, Input], error) {
		var s Start[Config, Input]
		config, err := k.source.config(ctx, k, info)
		if err != nil {
			return s, err
		}
		s.Config = config.(Config)
		if name == Main {
			if raw, err = k.source.input(ctx, info, raw); err != nil {
				return s, err
			}
		}
		s.Input, s.Carried, err = decodeInput(raw, decode)
		return s, err
	}
	return engine.NewLoadedWorkflow[Input](k.registry, k.full(name), load, fn)
}

// continued is the input of a generation that another one has begun.
type continued[Input any] struct {
	Input   Input `json:"$continued"`
	Carried any   `json:"$carried,omitempty"`
}

// ContinueAsNew is what a workflow function returns to go on with a fresh
// history and this input; see engine.ContinueAsNew. The input need not have the
// form that people write: it travels as encoding/json writes and reads it.
func ContinueAsNew[Input any](in Input) error { return ContinueWith(in, nil) }

// ContinueWith is ContinueAsNew with something beside the input that people never
// write, such as how far the work is: the next generation finds it, as JSON, in
// Start.Carried. Both together have at most engine.MaxValueBytes; what may grow
// belongs in blobs.
func ContinueWith[Input any](in Input, carried any) error {
	return engine.ContinueAsNew(continued[Input]{Input: in, Carried: carried})
}

// decodeInput reads the input of an execution, or of a further generation with
// what it carries.
func decodeInput[Input any](raw json.RawMessage, decode func(json.RawMessage) (Input, error)) (Input, json.RawMessage, error) {
	var again struct {
		Input   json.RawMessage `json:"$continued"`
		Carried json.RawMessage `json:"$carried"`
	}
	if json.Unmarshal(raw, &again) != nil || again.Input == nil {
		again.Carried = nil
	} else {
		raw, decode = again.Input, decodeJSON[Input]
	}
	in, err := decode(raw)
	if err != nil {
		err = failure.Wrap(err, failure.Validation, engine.CodeBadInput, "the input does not decode: %v", err)
	}
	return in, again.Carried, err
}

func decodeJSON[Input any](raw json.RawMessage) (Input, error) {
	var in Input
	if len(raw) == 0 {
		return in, nil
	}
	err := json.Unmarshal(raw, &in)
	return in, err
}

func decodeStored[Input any](k *Kind) func(json.RawMessage) (Input, error) {
	return func(raw json.RawMessage) (Input, error) {
		in, err := k.input.stored(raw)
		if err != nil {
			var none Input
			return none, err
		}
		return in.(Input), nil
	}
}
