package apitest

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
)

// KindName is the type of the small kind's workflows.
const KindName = "test_kind"

// Input says what one execution of the small kind does.
type Input struct {
	Work int    `json:"work,omitempty"` // steps, each with progress
	Hold bool   `json:"hold,omitempty"` // wait for Core.Release after the work
	End  string `json:"end,omitempty"`  // "": complete; "fail"; park for "auth" or "unknown" outcome
}

type config struct {
	Greeting string  `json:"greeting"`
	APIKey   string  `json:"api_key,omitempty"`
	Later    *string `json:"later,omitempty"`
}

// kind satisfies orchestrator.Kind.
type kind struct{ core *Core }

func (kind) Name() string { return KindName }

func (kind) Schema() json.RawMessage {
	return json.RawMessage(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","required":["greeting"],"properties":{"greeting":{"type":"string"},"api_key":{"type":"string"},"later":{"type":"string"}}}`)
}

func (kind) Validate(raw json.RawMessage) (found workflow.Problems) {
	var c config
	if err := json.Unmarshal(raw, &c); err != nil {
		found.Errors = append(found.Errors, workflow.Problem{Code: "malformed", Detail: "the configuration does not decode"})
		return found
	}
	if c.Greeting == "" {
		found.Errors = append(found.Errors, workflow.Problem{Pointer: "/greeting", Code: "required", Detail: "say what to greet with"})
	}
	if c.Greeting == "bad" {
		found.Errors = append(found.Errors,
			workflow.Problem{Pointer: "/greeting", Code: "impolite", Detail: "choose another greeting"},
			workflow.Problem{Pointer: "/tables/0", Code: "unknown_table", Detail: "the table Nope is not in the base; correct its name"})
	}
	if c.Later != nil {
		found.Warnings = append(found.Warnings, workflow.Problem{Pointer: "/later", Code: "not_available_yet", Detail: "has no effect yet"})
	}
	return found
}

func (kind) ValidateInput(raw json.RawMessage) (found workflow.Problems) {
	var in Input
	if err := json.Unmarshal(raw, &in); err != nil {
		found.Errors = append(found.Errors, workflow.Problem{Code: "malformed", Detail: "the input does not decode"})
	}
	if in.Work < 0 {
		found.Errors = append(found.Errors, workflow.Problem{Pointer: "/work", Code: "out_of_range", Detail: "work is 0 or more"})
	}
	return found
}

func (kind) SecretPointers() []string { return []string{"/api_key"} }

func (kind) Function() string { return "apitest/job" }

func (kind) Concurrency() int { return 10 }

type workIn struct {
	Execution string `json:"execution"`
	Item      int    `json:"item"`
}

type output struct {
	Greeting string `json:"greeting"`
	Done     int    `json:"done"`
	Found    string `json:"found,omitempty"`
}

// finding is the result of the last step, which only an answer fills.
type finding struct {
	Found string `json:"found,omitempty"`
}

// steps are those of the small kind.
type steps struct {
	work, hold engine.Step[workIn, engine.None]
	end        engine.Step[string, finding]
}

func (k kind) Register(r *engine.Registry) error {
	s := steps{
		work: engine.NewStep(r, "apitest/work", engine.StepOptions[workIn]{}, func(context.Context, workIn) (engine.None, error) { return engine.None{}, nil }),
		hold: engine.NewStep(r, "apitest/hold", engine.StepOptions[workIn]{ReadOnly: true}, k.core.hold),
		end:  engine.NewStep(r, "apitest/end", engine.StepOptions[string]{Once: true}, finish),
	}
	engine.NewWorkflow(r, k.Function(), s.job)
	return r.Err()
}

func (s steps) job(run engine.Run, in workflow.Input) (output, error) {
	var todo Input
	var c config
	if err := json.Unmarshal(in.Input, &todo); err != nil {
		return output{}, err
	}
	if err := json.Unmarshal(in.Config, &c); err != nil {
		return output{}, err
	}
	for i := range todo.Work {
		if _, err := s.work.Do(run, workIn{Item: i}); err != nil {
			return output{}, fmt.Errorf("work: %w", err)
		}
		run.Progress(engine.Progress{Message: "working", Done: int64(i + 1), Total: int64(todo.Work),
			Items: []engine.ProgressItem{{Name: "companies", Done: int64(i + 1), Total: int64(todo.Work)}}})
	}
	if todo.Hold {
		if _, err := s.hold.Do(run, workIn{Execution: run.Info().Execution}); err != nil {
			return output{}, fmt.Errorf("hold: %w", err)
		}
	}
	last, err := s.end.Do(run, todo.End)
	if err != nil {
		return output{}, fmt.Errorf("end: %w", err)
	}
	return output{Greeting: c.Greeting, Done: todo.Work, Found: last.Found}, nil
}

func finish(_ context.Context, how string) (finding, error) {
	switch how {
	case "fail":
		return finding{}, failure.New(failure.Validation, "unknown_table", "the table Nope is not in the base; correct its name")
	case "auth":
		return finding{}, failure.New(failure.Auth, "invalid_token", "Airtable refused the token; renew it")
	case "unknown":
		return finding{}, failure.New(failure.UnknownOutcome, "answer_lost", "the answer of the other system was lost")
	}
	return finding{}, nil
}
