package core

import (
	"context"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
)

// Names of the synthetic kinds.
const (
	FiveSteps       = "five" // five steps with effects, one after another
	HundredParallel = "fan"  // a hundred at once
)

// Synthetic returns kinds whose steps do nothing, so that only the core is measured.
func Synthetic(context.Context, *Core) ([]*kind.Kind, error) {
	return []*kind.Kind{synthetic(FiveSteps, fiveSteps), synthetic(HundredParallel, hundredParallel)}, nil
}

func synthetic(name string, function func(engine.Run, *noop) error) *kind.Kind {
	k := kind.New[none, none](name, kind.Options{Concurrency: maxConcurrent})
	step := kind.Step(k, "step", engine.StepOptions[none]{}, func(context.Context, none) (none, error) { return none{}, nil })
	kind.Workflow(k, kind.Main, func(run engine.Run, _ kind.Start[none, none]) (none, error) {
		return none{}, function(run, &noop{do: func(run engine.Run) (none, error) { return step.Do(run, none{}) }})
	})
	return k
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
