package orchestrator_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

// fakeInputs keeps inputs in memory.
type fakeInputs struct{ kept sync.Map }

func (f *fakeInputs) Keep(_ context.Context, _ workflow.WorkspaceID, x workflow.ExecutionID, input json.RawMessage) ([]db.Write, error) {
	f.kept.Store(x, input)
	return nil, nil
}

func (f *fakeInputs) Input(_ context.Context, _ workflow.WorkspaceID, x workflow.ExecutionID) (json.RawMessage, error) {
	if input, ok := f.kept.Load(x); ok {
		return input.(json.RawMessage), nil
	}
	return nil, workflow.NotFound("input_not_found", "no input is kept for %s", x)
}

func TestPrivateAndLargeInputsAreShownNowhere(t *testing.T) {
	for name, c := range map[string]struct {
		private bool
		text    string
	}{"private": {true, "canary"}, "large": {false, strings.Repeat("canary", 10_000)}} {
		t.Run(name, func(t *testing.T) {
			b := open(t, func(b *bench) { b.kind.private, b.options.Inputs = c.private, &fakeInputs{} })
			started := b.execute(b.create(`{}`).ID, `{"steps":2,"text":"`+c.text+`"}`)
			got := b.end(started.ID)
			if got.State != workflow.Completed || got.StepsCompleted != 3 {
				t.Errorf("ended as %s after %d steps", got.State, got.StepsCompleted)
			}
			events, err := b.Events(t.Context(), admin, orchestrator.EventsRequest{Execution: started.ID})
			b.must(err)
			shown, err := json.Marshal([]any{started, got, events})
			b.must(err)
			if strings.Contains(string(shown), "canary") {
				t.Errorf("the input is shown: %.400s", shown)
			}
		})
	}
}
