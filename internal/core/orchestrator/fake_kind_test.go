package orchestrator_test

import (
	"context"
	"encoding/json"
	"time"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// fakeKind is a kind whose function does what its input says.
type fakeKind struct {
	concurrency int
	gate        chan struct{} // steps named "gate" wait for one value
	entered     chan string   // gets the execution of each "gate" step that began
	allowed     chan struct{} // closed: "reauth" steps are let through
}

func newFakeKind() *fakeKind {
	return &fakeKind{concurrency: 100, gate: make(chan struct{}), entered: make(chan string, 1000), allowed: make(chan struct{})}
}

// plan is the input of the fake function.
type plan struct {
	Steps  int    `json:"steps"`
	Gate   bool   `json:"gate"`   // wait in a step that the test opens
	Fail   string `json:"fail"`   // fail with this class after the steps
	Retry  bool   `json:"retry"`  // one step fails once and then succeeds
	Reauth bool   `json:"reauth"` // one step is refused until the test allows it
	Report bool   `json:"report"` // report progress
}

type outcome struct {
	Steps int    `json:"steps"`
	Name  string `json:"name,omitempty"`
}

func (k *fakeKind) Name() string            { return "fake" }
func (k *fakeKind) Schema() json.RawMessage { return json.RawMessage(`{"type":"object"}`) }
func (k *fakeKind) Function() string        { return "fake/run" }
func (k *fakeKind) Concurrency() int        { return k.concurrency }
func (k *fakeKind) SecretPointers() []string {
	return []string{"/bases/*/api_key", "/token"}
}

// Validate wants bases with an id, and warns about "later".
func (k *fakeKind) Validate(config json.RawMessage) workflow.Problems {
	var found workflow.Problems
	var c map[string]json.RawMessage
	if json.Unmarshal(config, &c) != nil {
		found.Errors = append(found.Errors, workflow.Problem{Pointer: "", Code: "type", Detail: "must be an object"})
		return found
	}
	if _, ok := c["wrong"]; ok {
		found.Errors = append(found.Errors, workflow.Problem{Pointer: "/wrong", Code: "unknown", Detail: "there is no option wrong"})
	}
	if _, ok := c["worse"]; ok {
		found.Errors = append(found.Errors, workflow.Problem{Pointer: "/worse", Code: "unknown", Detail: "there is no option worse"})
	}
	if _, ok := c["later"]; ok {
		found.Warnings = append(found.Warnings, workflow.Problem{Pointer: "/later", Code: "no_effect_yet", Detail: "has no effect yet"})
	}
	return found
}

func (k *fakeKind) ValidateInput(input json.RawMessage) workflow.Problems {
	var p plan
	if err := json.Unmarshal(input, &p); err != nil {
		return workflow.Problems{Errors: []workflow.Problem{{Pointer: "", Code: "type", Detail: err.Error()}}}
	}
	return workflow.Problems{}
}

func (k *fakeKind) Register(r *engine.Registry) error {
	quick := engine.NewStep(r, "fake/quick", engine.StepOptions[engine.None]{},
		func(context.Context, engine.None) (engine.None, error) { return engine.None{}, nil })
	read := engine.NewStep(r, "fake/read", engine.StepOptions[engine.None]{ReadOnly: true},
		func(context.Context, engine.None) (engine.None, error) { return engine.None{}, nil })
	gate := engine.NewStep(r, "fake/gate", engine.StepOptions[engine.None]{}, k.passGate)
	fail := engine.NewStep(r, "fake/fail", engine.StepOptions[string]{},
		func(_ context.Context, class string) (engine.None, error) {
			return engine.None{}, failure.New(failure.Class(class), "planned", "it was planned to fail")
		})
	retry := engine.NewStep(r, "fake/retry", engine.StepOptions[engine.None]{},
		func(ctx context.Context, _ engine.None) (engine.None, error) {
			if engine.InStep(ctx).Attempt == 1 {
				f := failure.New(failure.Transient, "once", "fails once")
				f.RetryAfter = time.Millisecond
				return engine.None{}, f
			}
			return engine.None{}, nil
		})
	reauth := engine.NewStep(r, "fake/reauth", engine.StepOptions[engine.None]{},
		func(context.Context, engine.None) (engine.None, error) {
			select {
			case <-k.allowed:
				return engine.None{}, nil
			default:
				return engine.None{}, failure.New(failure.Auth, "refused", "the key is not valid")
			}
		})
	engine.NewWorkflow(r, "fake/run", func(run engine.Run, in workflow.Input) (outcome, error) {
		var p plan
		if err := json.Unmarshal(in.Input, &p); err != nil {
			return outcome{}, failure.New(failure.Validation, "input", "%v", err)
		}
		if p.Report {
			run.Progress(engine.Progress{Message: "begun", Done: 1, Total: 2, Items: []engine.ProgressItem{{Name: "a", Done: 1, Total: 2}}})
		}
		for range p.Steps {
			if _, err := quick.Do(run, engine.None{}); err != nil {
				return outcome{}, err
			}
		}
		if p.Steps > 0 {
			if _, err := read.Do(run, engine.None{}); err != nil {
				return outcome{}, err
			}
		}
		if p.Retry {
			if _, err := retry.Do(run, engine.None{}); err != nil {
				return outcome{}, err
			}
		}
		if p.Reauth {
			if _, err := reauth.Do(run, engine.None{}); err != nil {
				return outcome{}, err
			}
		}
		if p.Gate {
			if _, err := gate.Do(run, engine.None{}); err != nil {
				return outcome{}, err
			}
		}
		if p.Fail != "" {
			if _, err := fail.Do(run, p.Fail); err != nil {
				return outcome{}, err
			}
		}
		return outcome{Steps: p.Steps, Name: string(in.Workflow)}, nil
	})
	return r.Err()
}

func (k *fakeKind) passGate(ctx context.Context, _ engine.None) (engine.None, error) {
	k.entered <- engine.InStep(ctx).Execution
	select {
	case <-k.gate:
		return engine.None{}, nil
	case <-ctx.Done():
		return engine.None{}, ctx.Err()
	}
}
