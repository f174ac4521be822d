package v1

import (
	"context"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

type redriveIn struct {
	executionPath
	idempotencyHeader
	Body request.JSON[redrive] `required:"false"`
}

type redrive struct {
	_        struct{}          `additionalProperties:"false"`
	Version  request.Version   `json:"version,omitempty" doc:"Version to run: its number, or latest; absent means that of the failed execution"`
	Priority int               `json:"priority,omitempty" minimum:"-100" maximum:"100" doc:"Higher goes first among executions that wait for a place"`
	Input    strictjson.Object `json:"input,omitempty" doc:"Another input; absent means that of the failed execution"`
}

// Redriven is the execution that takes over.
type Redriven struct {
	workflow.Execution
	Repeats map[string]int `json:"repeats,omitempty" doc:"With another input: how often the effects of each step come again"`
}

type redriveOut struct {
	Location string `header:"Location" doc:"Address of the new execution"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had started it"`
	Body     Redriven
}

func (h executions) redrive(ctx context.Context, c workflow.Caller, in *redriveIn) (*redriveOut, error) {
	body := in.Body.Value
	version, latest, err := body.Version.Read("/version")
	if err != nil {
		return nil, err
	}
	started, err := h.orchestrator.Redrive(ctx, c, orchestrator.RedriveRequest{
		Execution: in.ID, Version: version, Latest: latest, Priority: body.Priority, IdempotencyKey: in.Key, Input: body.Input.RawMessage,
	})
	if err != nil {
		return nil, err
	}
	return &redriveOut{Location: location("executions", started.Execution.ID), Replayed: replayed(started.Replayed),
		Body: Redriven{Execution: started.Execution, Repeats: started.Repeats}}, nil
}

func (h executions) discard(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.Execution], error) {
	return kit.ReplyOf(h.orchestrator.Discard(ctx, c, in.ID))
}
