package http

import (
	"context"
	"net/http"
	"strings"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

// lifecycle registers the verbs on a workflow and what they led to.
func (f *face) lifecycle() {
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/workflows/{id}/execute", id: "execute-workflow", tag: tagWorkflows, status: http.StatusAccepted,
		summary: "Execute a workflow",
		about:   "Starts one execution and answers at once; Location is where to follow it. The body is the input that the kind takes and may be absent.",
		fails:   []int{http.StatusConflict}}, f.executeWorkflow)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/workflows/{id}/cancel", id: "cancel-workflow", tag: tagWorkflows, status: http.StatusAccepted,
		summary: "Cancel all open executions of a workflow", about: "Each one awaits the step in flight, undoes what must be undone and ends as cancelled."}, f.cancelWorkflow)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/workflows/{id}/pause", id: "pause-workflow", tag: tagWorkflows,
		summary: "Pause a workflow", about: "No new starts; open executions pause at their next step.", fails: []int{http.StatusConflict}}, f.pauseWorkflow)
	handle(f, workflow.WorkflowRun, route{method: http.MethodPost, path: v1 + "/workflows/{id}/resume", id: "resume-workflow", tag: tagWorkflows,
		summary: "Resume a workflow", about: "Undoes pause: takes starts again and lets paused executions go on.", fails: []int{http.StatusConflict}}, f.resumeWorkflow)
	handle(f, workflow.ExecutionRead, route{method: http.MethodGet, path: v1 + "/workflows/{id}/executions", id: "list-workflow-executions", tag: tagWorkflows,
		summary: "List the executions of a workflow", about: "Newest first."}, f.listWorkflowExecutions)
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/workflows/{id}/metrics", id: "get-workflow-metrics", tag: tagWorkflows,
		summary: "Get the metrics of a workflow", about: "Counts, success rate, durations and errors since its creation; they survive restarts."}, f.workflowMetrics)
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/workflows/{id}/health", id: "get-workflow-health", tag: tagWorkflows,
		summary: "Get the health of a workflow", about: "Whether it does its job, with each reason and what puts it right."}, f.workflowHealth)
}

type executeIn struct {
	WorkflowPath
	IdempotencyHeader
	Version  int     `query:"version" minimum:"1" doc:"Version to run; absent means the newest"`
	Priority int     `query:"priority" minimum:"-100" maximum:"100" doc:"Higher goes first among executions that wait for a place"`
	Body     *object `doc:"Input of the execution" example:"{\"mode\":\"auto\"}"`
}

type executeOut struct {
	Location string `header:"Location" doc:"Address of the execution"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had started it"`
	Body     workflow.Execution
}

func (f *face) executeWorkflow(ctx context.Context, c workflow.Caller, in *executeIn) (*executeOut, error) {
	started, err := f.Orchestrator.Execute(ctx, c, orchestrator.ExecuteRequest{
		Workflow: in.ID, Version: in.Version, Priority: in.Priority, IdempotencyKey: in.Key, Input: in.Body.raw(),
	})
	if err != nil {
		return nil, aboutBody(err)
	}
	e := started.Execution
	return &executeOut{Location: location("executions", e.ID), Replayed: replayed(started.Replayed), Body: e}, nil
}

// aboutBody turns the pointers of a start command into pointers of the body,
// which is its input.
func aboutBody(err error) error {
	p := problemOf(err)
	if p.Status != http.StatusUnprocessableEntity {
		return err
	}
	for i := range p.Errors {
		p.Errors[i].Pointer = strings.TrimPrefix(p.Errors[i].Pointer, "/input")
	}
	return p
}

// Cancelling says how many executions were asked to cancel.
type Cancelling struct {
	Cancelling int `json:"cancelling" doc:"Open executions that were asked to cancel"`
}

func (f *face) cancelWorkflow(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*body[Cancelling], error) {
	n, err := f.Orchestrator.CancelWorkflow(ctx, c, in.ID)
	return answerOf(Cancelling{Cancelling: n}, err)
}

func (f *face) pauseWorkflow(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*definitionAnswer, error) {
	return definition(f.Orchestrator.PauseWorkflow(ctx, c, in.ID))
}

func (f *face) resumeWorkflow(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*definitionAnswer, error) {
	return definition(f.Orchestrator.ResumeWorkflow(ctx, c, in.ID))
}

type workflowExecutionsIn struct {
	WorkflowPath
	ExecutionsQuery
}

func (f *face) listWorkflowExecutions(ctx context.Context, c workflow.Caller, in *workflowExecutionsIn) (*body[workflow.Page[workflow.Execution]], error) {
	return answerOf(f.Orchestrator.Executions(ctx, c, orchestrator.ExecutionsRequest{Workflow: in.ID, State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (f *face) workflowMetrics(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*body[workflow.Metrics], error) {
	return answerOf(f.Orchestrator.Metrics(ctx, c, in.ID))
}

func (f *face) workflowHealth(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*body[workflow.Health], error) {
	return answerOf(f.Orchestrator.Health(ctx, c, in.ID))
}
