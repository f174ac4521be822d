package http

import (
	"context"
	"net/http"

	"github.com/pyairtable/pyairtable-workflows/internal/core/orchestrator"
	"github.com/pyairtable/pyairtable-workflows/internal/core/workflow"
)

const tagWorkflows = "Workflows"

// workflows registers what makes, shows, changes and archives workflows.
func (f *face) workflows() {
	handle(f, workflow.WorkflowWrite, route{method: http.MethodPost, path: v1 + "/workflows", id: "create-workflow", tag: tagWorkflows, status: http.StatusCreated,
		summary: "Create a workflow",
		about:   "Checks the configuration completely before anything is stored. Secrets in it (such as api_key) are moved into the secret store and read back as references. The answer lists as warnings what is accepted and has no effect yet.",
		fails:   []int{http.StatusConflict}}, f.createWorkflow)
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/workflows", id: "list-workflows", tag: tagWorkflows,
		summary: "List workflows", about: "Newest first, without the archived ones unless asked for."}, f.listWorkflows)
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/workflows/{id}", id: "get-workflow", tag: tagWorkflows,
		summary: "Get a workflow", about: "The newest version and the state. The ETag is the version."}, f.getWorkflow)
	handle(f, workflow.WorkflowWrite, route{method: http.MethodPut, path: v1 + "/workflows/{id}", id: "update-workflow", tag: tagWorkflows,
		summary: "Update a workflow",
		about:   "Makes a new immutable version; executions keep the version that they began with. A reference to a secret that was read may be sent back as it is.",
		fails:   []int{http.StatusConflict, http.StatusPreconditionFailed}}, f.updateWorkflow)
	handle(f, workflow.WorkflowWrite, route{method: http.MethodDelete, path: v1 + "/workflows/{id}", id: "delete-workflow", tag: tagWorkflows, status: http.StatusNoContent,
		summary: "Delete a workflow", about: "Archives it for ever: history stays readable, starts are refused. Refused while executions are open.",
		fails: []int{http.StatusConflict}}, f.deleteWorkflow)
	handle(f, workflow.WorkflowRead, route{method: http.MethodGet, path: v1 + "/workflows/{id}/versions", id: "list-workflow-versions", tag: tagWorkflows,
		summary: "List the versions of a workflow", about: "Oldest first; each is immutable."}, f.listVersions)
}

// definitionAnswer carries the version as entity tag.
type definitionAnswer struct {
	ETag string `header:"ETag" doc:"Version of the workflow, for If-Match" example:"\"3\""`
	Body workflow.Definition
}

func definition(d workflow.Definition, err error) (*definitionAnswer, error) {
	if err != nil {
		return nil, err
	}
	return &definitionAnswer{ETag: etag(d.Version), Body: d}, nil
}

type createWorkflowIn struct {
	IdempotencyHeader
	Body struct {
		_      struct{}          `additionalProperties:"false"`
		Name   string            `json:"name" minLength:"1" maxLength:"200" doc:"Name for people" example:"CRM to reporting"`
		Type   string            `json:"type" minLength:"1" maxLength:"100" doc:"Kind of workflow; see /kinds" example:"airtable_sync"`
		Config object            `json:"config" doc:"Configuration of the kind; its JSON Schema is at /kinds"`
		Labels map[string]string `json:"labels,omitempty" doc:"Free labels"`
	} `nameHint:"CreateWorkflow"`
}

type createWorkflowOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location" doc:"Address of the new workflow"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had created it"`
	Body     workflow.Definition
}

func (f *face) createWorkflow(ctx context.Context, c workflow.Caller, in *createWorkflowIn) (*createWorkflowOut, error) {
	made, err := f.Orchestrator.Create(ctx, c, orchestrator.CreateRequest{
		Name: in.Body.Name, Type: in.Body.Type, Config: in.Body.Config.RawMessage, Labels: in.Body.Labels, IdempotencyKey: in.Key,
	})
	if err != nil {
		return nil, err
	}
	d := made.Definition
	return &createWorkflowOut{ETag: etag(d.Version), Location: location("workflows", d.ID), Replayed: replayed(made.Replayed), Body: d}, nil
}

type listWorkflowsIn struct {
	PageQuery
	Type  string                   `query:"type" maxLength:"100" doc:"Only this kind"`
	State workflow.DefinitionState `query:"state" enum:"active,paused,archived" doc:"Only this state"`
}

func (f *face) listWorkflows(ctx context.Context, c workflow.Caller, in *listWorkflowsIn) (*body[workflow.Page[workflow.Definition]], error) {
	return answerOf(f.Orchestrator.List(ctx, c, orchestrator.ListRequest{Type: in.Type, State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (f *face) getWorkflow(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*definitionAnswer, error) {
	return definition(f.Orchestrator.Get(ctx, c, in.ID))
}

type updateWorkflowIn struct {
	WorkflowPath
	IfMatch string `header:"If-Match" maxLength:"100" doc:"ETag of the version that you have seen; another one in between is answered with 412" example:"\"3\""`
	Body    struct {
		_      struct{}          `additionalProperties:"false"`
		Name   string            `json:"name" minLength:"1" maxLength:"200" doc:"Name for people"`
		Type   string            `json:"type,omitempty" maxLength:"100" doc:"May be repeated as it is; it cannot change"`
		Config object            `json:"config" doc:"Configuration of the kind"`
		Labels map[string]string `json:"labels,omitempty" doc:"Free labels; absent means none"`
	} `nameHint:"UpdateWorkflow"`
}

func (f *face) updateWorkflow(ctx context.Context, c workflow.Caller, in *updateWorkflowIn) (*definitionAnswer, error) {
	seen, err := ifMatch(in.IfMatch)
	if err != nil {
		return nil, err
	}
	return definition(f.Orchestrator.Update(ctx, c, in.ID, orchestrator.UpdateRequest{
		Name: in.Body.Name, Type: in.Body.Type, Config: in.Body.Config.RawMessage, Labels: in.Body.Labels, IfMatch: seen,
	}))
}

func (f *face) deleteWorkflow(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*none, error) {
	return &none{}, f.Orchestrator.Archive(ctx, c, in.ID)
}

func (f *face) listVersions(ctx context.Context, c workflow.Caller, in *WorkflowPath) (*body[workflow.Page[workflow.Version]], error) {
	versions, err := f.Orchestrator.Versions(ctx, c, in.ID)
	return answerOf(workflow.Page[workflow.Version]{Items: versions}, err)
}
