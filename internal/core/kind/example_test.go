package kind_test

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/kind"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// Greeting is the configuration of team_greeting.
type Greeting struct {
	Team  string   `json:"team" doc:"What the team is called" nonempty:"true"`
	Names []string `json:"names" doc:"Who is greeted" minItems:"1"`
}

// Wish is the input of an execution.
type Wish struct {
	Words string `json:"words,omitempty" default:"Hello" maxLength:"20"`
}

// Greeted says that someone was greeted.
type Greeted struct {
	Words string `json:"words"`
}

// Total is the output.
type Total struct {
	Greeted int `json:"greeted"`
}

// NewGreeting declares the kind team_greeting.
func NewGreeting() *kind.Kind {
	k := kind.New[Greeting, Wish]("team_greeting", kind.Options{Title: "Team greeting", Doc: "Greets everyone in a team.",
		Examples: []json.RawMessage{json.RawMessage(`{"team": "core", "names": ["Ada", "Grace"]}`)}})
	kind.CheckConfig(k, func(c Greeting, found *strictjson.Findings) {
		if len(c.Names) > 2 {
			found.Warn("/names", "crowd", "%d people are greeted one by one", len(c.Names))
		}
	})
	greeted := kind.Event[Greeted](k, "greeted", 1)
	greet := kind.Step(k, "greet", engine.StepOptions[string]{}, func(ctx context.Context, words string) (engine.None, error) {
		return engine.None{}, greeted.Record(ctx, Greeted{Words: words})
	})
	kind.Workflow(k, kind.Main, func(run engine.Run, s kind.Start[Greeting, Wish]) (Total, error) {
		for _, name := range s.Config.Names {
			if _, err := greet.With(engine.CallOptions{Label: name}).Do(run, s.Input.Words+", "+name); err != nil {
				return Total{}, fmt.Errorf("greet %s: %w", name, err)
			}
		}
		return Total{Greeted: len(s.Config.Names)}, nil
	})
	return k
}
