package v1

import (
	"context"
	"encoding/json"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/engine"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

const tagExecutions = "Executions"

// executions shows and steers single runs.
type executions struct{ orchestrator *orchestrator.Service }

func (h executions) mount(api *kit.API) {
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions", ID: "list-executions", Tag: tagExecutions,
		Summary: "List executions", About: "Of all workflows, newest first."}, h.list)
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}", ID: "get-execution", Tag: tagExecutions,
		Summary: "Get an execution", About: "State, progress, result, or why it failed or waits and what makes it go on."}, h.get)
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/executions/{id}/steps", ID: "list-execution-steps", Tag: tagExecutions,
		Summary: "List the steps of an execution", About: "In the order in which they began."}, h.steps)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/cancel", ID: "cancel-execution", Tag: tagExecutions, Status: http.StatusAccepted,
		Summary: "Cancel an execution", About: "Awaits the step in flight, undoes what must be undone, ends as cancelled. Repeating it changes nothing.", Fails: []int{http.StatusConflict}}, h.cancel)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/pause", ID: "pause-execution", Tag: tagExecutions,
		Summary: "Pause an execution", About: "It stops at its next step. Repeating it changes nothing.", Fails: []int{http.StatusConflict}}, h.pause)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/resume", ID: "resume-execution", Tag: tagExecutions,
		Summary: "Resume an execution", About: "Lets a paused or parked one go on; a step that waits for a retry is tried at once. Repeating it changes nothing.", Fails: []int{http.StatusConflict}}, h.resume)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/redrive", ID: "redrive-execution", Tag: tagExecutions, Status: http.StatusAccepted,
		Summary: "Redrive a failed execution",
		About: "Starts a new execution that takes over what the failed one has completed and goes on from there. Location is where to follow it. The body may be absent. " +
			"With another input nothing is taken over: every effect comes again, and the answer counts them. An execution can be redriven once, until 30 days after its end.",
		Fails: []int{http.StatusConflict}}, h.redrive)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/discard", ID: "discard-execution", Tag: tagExecutions,
		Summary: "Give up the redrive of a failed execution", About: "What it has kept for it is deleted. Repeating it changes nothing.", Fails: []int{http.StatusConflict}}, h.discard)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/answer", ID: "answer-execution", Tag: tagExecutions,
		Summary: "Answer what became of a step",
		About:   "For an execution that is parked as outcome_unknown or compensation_stuck: say what you found in the other system, and it goes on.", Fails: []int{http.StatusConflict}}, h.answer)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/executions/{id}/signals/{name}", ID: "signal-execution", Tag: tagExecutions,
		Summary: "Send a signal to an execution",
		About:   "For an execution whose kind waits for signals, such as an approval; waiting says for which. One for which nothing waits yet is kept until something does. The body may be absent.",
		Fails:   []int{http.StatusConflict}}, h.signal)
}

func (h executions) list(ctx context.Context, c workflow.Caller, in *executionsQuery) (*kit.Reply[workflow.Page[workflow.Execution]], error) {
	return pageOf(h.orchestrator.Executions(ctx, c, query.ExecutionsRequest{State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (h executions) get(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.Execution], error) {
	return kit.ReplyOf(h.orchestrator.Execution(ctx, c, in.ID))
}

type stepsIn struct {
	executionPath
	longPageQuery
}

func (h executions) steps(ctx context.Context, c workflow.Caller, in *stepsIn) (*kit.Reply[workflow.Page[workflow.Step]], error) {
	return pageOf(h.orchestrator.Steps(ctx, c, query.StepsRequest{Execution: in.ID, Cursor: in.Cursor, Limit: in.Limit}))
}

func (h executions) cancel(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.Execution], error) {
	return kit.ReplyOf(h.orchestrator.CancelExecution(ctx, c, in.ID))
}

func (h executions) pause(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.Execution], error) {
	return kit.ReplyOf(h.orchestrator.PauseExecution(ctx, c, in.ID))
}

func (h executions) resume(ctx context.Context, c workflow.Caller, in *executionPath) (*kit.Reply[workflow.Execution], error) {
	return kit.ReplyOf(h.orchestrator.ResumeExecution(ctx, c, in.ID))
}

type answerIn struct {
	executionPath
	Body request.JSON[answer]
}

type answer struct {
	_          struct{}          `additionalProperties:"false"`
	Path       string            `json:"path" minLength:"1" maxLength:"200" doc:"Path of the parked step" example:"4.17.2"`
	Generation int               `json:"generation,omitempty" minimum:"1" doc:"Generation that the path belongs to; absent means the current one"`
	Verdict    engine.Verdict    `json:"verdict" enum:"done,not_done,fail" doc:"done: it had its effect; not_done: it had none, try again; fail: give it up"`
	Result     strictjson.Object `json:"result,omitempty" doc:"Result of the step, for done"`
	Message    string            `json:"message,omitempty" maxLength:"1000" doc:"Why, for fail"`
}

func (h executions) answer(ctx context.Context, c workflow.Caller, in *answerIn) (*kit.Reply[workflow.Execution], error) {
	a := in.Body.Value
	return kit.ReplyOf(h.orchestrator.AnswerStep(ctx, c, in.ID, orchestrator.AnswerRequest{
		Generation: a.Generation, Path: a.Path, Verdict: a.Verdict, Result: a.Result.RawMessage, Message: a.Message,
	}))
}

type signalIn struct {
	executionPath
	idempotencyHeader
	Name string               `path:"name" maxLength:"100" doc:"Name of the signal, without its kind" example:"approve"`
	Body request.JSON[signal] `required:"false"`
}

type signal struct {
	_    struct{}        `additionalProperties:"false"`
	Data json.RawMessage `json:"data,omitempty" doc:"What the kind takes with this signal; at most 256 KiB"`
}

type signalOut struct {
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had sent it"`
	Body     workflow.Execution
}

func (h executions) signal(ctx context.Context, c workflow.Caller, in *signalIn) (*signalOut, error) {
	x, again, err := h.orchestrator.Signal(ctx, c, orchestrator.SignalRequest{Execution: in.ID, Name: in.Name, Data: in.Body.Value.Data, IdempotencyKey: in.Key})
	if err != nil {
		return nil, err
	}
	return &signalOut{Replayed: replayed(again), Body: x}, nil
}
