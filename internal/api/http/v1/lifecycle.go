package v1

import (
	"context"
	"net/http"

	kit "github.com/pyairtable/pyairtable-workflows/internal/api/http"
	"github.com/pyairtable/pyairtable-workflows/internal/api/http/request"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator/query"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
	"github.com/pyairtable/pyairtable-workflows/internal/platform/strictjson"
)

// lifecycle is the verbs on a workflow and what they led to.
type lifecycle struct{ orchestrator *orchestrator.Service }

func (h lifecycle) mount(api *kit.API) {
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/workflows/{id}/execute", ID: "execute-workflow", Tag: tagWorkflows, Status: http.StatusAccepted,
		Summary: "Execute a workflow",
		About: "Starts one execution and answers at once; Location is where to follow it. The body may be absent. " +
			"Without a version the newest one runs; it is pinned when the execution leaves pending, and workflow_version is absent until then.",
		Fails: []int{http.StatusConflict}}, h.execute)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/workflows/{id}/cancel", ID: "cancel-workflow", Tag: tagWorkflows, Status: http.StatusAccepted,
		Summary: "Cancel all open executions of a workflow", About: "Each one awaits the step in flight, undoes what must be undone and ends as cancelled."}, h.cancel)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/workflows/{id}/pause", ID: "pause-workflow", Tag: tagWorkflows,
		Summary: "Pause a workflow", About: "No new starts; open executions pause at their next step.", Fails: []int{http.StatusConflict}}, h.pause)
	kit.Handle(api, workflow.WorkflowRun, kit.Route{Method: http.MethodPost, Path: prefix + "/workflows/{id}/resume", ID: "resume-workflow", Tag: tagWorkflows,
		Summary: "Resume a workflow", About: "Undoes pause: takes starts again and lets paused executions go on.", Fails: []int{http.StatusConflict}}, h.resume)
	kit.Handle(api, workflow.ExecutionRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows/{id}/executions", ID: "list-workflow-executions", Tag: tagWorkflows,
		Summary: "List the executions of a workflow", About: "Newest first."}, h.executions)
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows/{id}/metrics", ID: "get-workflow-metrics", Tag: tagWorkflows,
		Summary: "Get the metrics of a workflow", About: "Counts, success rate, durations and errors since its creation; they survive restarts."}, h.metrics)
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows/{id}/health", ID: "get-workflow-health", Tag: tagWorkflows,
		Summary: "Get the health of a workflow", About: "Whether it does its job, with each reason and what puts it right."}, h.health)
}

type executeIn struct {
	workflowPath
	idempotencyHeader
	Body request.JSON[execute] `required:"false"`
}

type execute struct {
	_        struct{}          `additionalProperties:"false"`
	Version  request.Version   `json:"version,omitempty" doc:"Version to run: its number, or latest, which is the default"`
	Priority int               `json:"priority,omitempty" minimum:"-100" maximum:"100" doc:"Higher goes first among executions that wait for a place"`
	Input    strictjson.Object `json:"input,omitempty" doc:"What the kind takes as input; at most 1 MiB" example:"{\"mode\":\"auto\"}"`
}

type executeOut struct {
	Location string `header:"Location" doc:"Address of the execution"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had started it"`
	Body     workflow.Execution
}

func (h lifecycle) execute(ctx context.Context, c workflow.Caller, in *executeIn) (*executeOut, error) {
	body := in.Body.Value
	version, _, err := body.Version.Read("/version")
	if err != nil {
		return nil, err
	}
	started, err := h.orchestrator.Execute(ctx, c, orchestrator.ExecuteRequest{
		Workflow: in.ID, Version: version, Priority: body.Priority, IdempotencyKey: in.Key, Input: body.Input.RawMessage,
	})
	if err != nil {
		return nil, err
	}
	e := started.Execution
	return &executeOut{Location: location("executions", e.ID), Replayed: replayed(started.Replayed), Body: e}, nil
}

// Cancelling says how many executions were asked to cancel.
type Cancelling struct {
	Cancelling int `json:"cancelling" doc:"Open executions that were asked to cancel"`
}

func (h lifecycle) cancel(ctx context.Context, c workflow.Caller, in *workflowPath) (*kit.Reply[Cancelling], error) {
	n, err := h.orchestrator.CancelWorkflow(ctx, c, in.ID)
	return kit.ReplyOf(Cancelling{Cancelling: n}, err)
}

func (h lifecycle) pause(ctx context.Context, c workflow.Caller, in *workflowPath) (*definitionReply, error) {
	return definition(h.orchestrator.PauseWorkflow(ctx, c, in.ID))
}

func (h lifecycle) resume(ctx context.Context, c workflow.Caller, in *workflowPath) (*definitionReply, error) {
	return definition(h.orchestrator.ResumeWorkflow(ctx, c, in.ID))
}

type workflowExecutionsIn struct {
	workflowPath
	executionsQuery
}

func (h lifecycle) executions(ctx context.Context, c workflow.Caller, in *workflowExecutionsIn) (*kit.Reply[workflow.Page[workflow.Execution]], error) {
	return pageOf(h.orchestrator.Executions(ctx, c, query.ExecutionsRequest{Workflow: in.ID, State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (h lifecycle) metrics(ctx context.Context, c workflow.Caller, in *workflowPath) (*kit.Reply[workflow.Metrics], error) {
	return kit.ReplyOf(h.orchestrator.Metrics(ctx, c, in.ID))
}

func (h lifecycle) health(ctx context.Context, c workflow.Caller, in *workflowPath) (*kit.Reply[workflow.Health], error) {
	return kit.ReplyOf(h.orchestrator.Health(ctx, c, in.ID))
}
