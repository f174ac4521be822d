package apitest

import (
	"context"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/failure"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/secret"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// KindName is the type of the small kind's workflows.
const KindName = "test_kind"

// Input says what one execution of the small kind does.
type Input struct {
	Work int    `json:"work,omitempty" minimum:"0"` // steps, each with progress
	Hold bool   `json:"hold,omitempty"`             // wait for Core.Release after the work
	End  string `json:"end,omitempty"`              // "": complete; "fail"; park for "auth" or "unknown" outcome
}

type config struct {
	Greeting string        `json:"greeting" nonempty:"true"`
	APIKey   secret.Secret `json:"api_key,omitempty"`
	Later    string        `json:"later,omitempty" noEffect:"it has no effect yet"`
}

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

// newKind declares the small kind.
func newKind(c *Core) *kind.Kind {
	k := kind.New[config, Input](KindName, kind.Options{Concurrency: 10})
	kind.CheckConfig(k, func(c config, found *strictjson.Findings) {
		if c.Greeting == "bad" {
			found.Fault("/greeting", "impolite", "choose another greeting")
			found.Fault("/tables/0", "unknown_table", "the table Nope is not in the base; correct its name")
		}
	})
	j := job{
		work: kind.Step(k, "work", engine.StepOptions[workIn]{}, func(context.Context, workIn) (engine.None, error) { return engine.None{}, nil }),
		hold: kind.Step(k, "hold", engine.StepOptions[workIn]{ReadOnly: true}, c.hold),
		end:  kind.Step(k, "end", engine.StepOptions[string]{Once: true}, finish),
	}
	kind.Workflow(k, kind.Main, j.run)
	return k
}

type job struct {
	work, hold engine.Step[workIn, engine.None]
	end        engine.Step[string, finding]
}

func (j job) run(run engine.Run, s kind.Start[config, Input]) (output, error) {
	todo := s.Input
	for i := range todo.Work {
		if _, err := j.work.Do(run, workIn{Item: i}); err != nil {
			return output{}, fmt.Errorf("work: %w", err)
		}
		run.Progress(engine.Progress{Message: "working", Done: int64(i + 1), Total: int64(todo.Work),
			Items: []engine.ProgressItem{{Name: "companies", Done: int64(i + 1), Total: int64(todo.Work)}}})
	}
	if todo.Hold {
		if _, err := j.hold.Do(run, workIn{Execution: run.Info().Execution}); err != nil {
			return output{}, fmt.Errorf("hold: %w", err)
		}
	}
	last, err := j.end.Do(run, todo.End)
	if err != nil {
		return output{}, fmt.Errorf("end: %w", err)
	}
	return output{Greeting: s.Config.Greeting, Done: todo.Work, Found: last.Found}, nil
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
