package core

import (
	"context"
	"encoding/json"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// Names of the synthetic kinds.
const (
	FiveSteps       = "five" // five steps with effects, one after another
	HundredParallel = "fan"  // a hundred at once
)

// Synthetic makes kinds whose steps do nothing, so that only the core is measured.
func Synthetic(context.Context, *Core) ([]orchestrator.Kind, error) {
	return []orchestrator.Kind{synthetic{FiveSteps, fiveSteps}, synthetic{HundredParallel, hundredParallel}}, nil
}

type synthetic struct {
	name     string
	function func(engine.Run, *noop) error
}

func (k synthetic) Name() string                                  { return k.name }
func (synthetic) Schema() json.RawMessage                         { return json.RawMessage(`{"type":"object"}`) }
func (synthetic) Validate(json.RawMessage) workflow.Problems      { return workflow.Problems{} }
func (synthetic) ValidateInput(json.RawMessage) workflow.Problems { return workflow.Problems{} }
func (synthetic) SecretPointers() []string                        { return nil }
func (k synthetic) Function() string                              { return "bench/" + k.name }
func (synthetic) Concurrency() int                                { return maxConcurrent }

func (k synthetic) Register(r *engine.Registry) error {
	step := engine.NewStep(r, k.Function()+"_step", engine.StepOptions[none]{}, func(context.Context, none) (none, error) { return none{}, nil })
	engine.NewWorkflow(r, k.Function(), func(run engine.Run, _ workflow.Input) (none, error) {
		return none{}, k.function(run, &noop{do: func(run engine.Run) (none, error) { return step.Do(run, none{}) }})
	})
	return r.Err()
}

type none struct{}

// noop is a registered step without an effect of its own.
type noop struct {
	do func(engine.Run) (none, error)
}

func fiveSteps(run engine.Run, step *noop) error {
	for range 5 {
		if _, err := step.do(run); err != nil {
			return err
		}
	}
	return nil
}

func hundredParallel(run engine.Run, step *noop) error {
	_, err := engine.Map(run, 100, make([]none, 100), func(run engine.Run, _ none) (none, error) { return step.do(run) })
	return err
}
