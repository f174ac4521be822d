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

const tagWorkflows = "Workflows"

// workflows creates, shows, changes and archives workflows.
type workflows struct{ orchestrator *orchestrator.Service }

func (h workflows) mount(api *kit.API) {
	kit.Handle(api, workflow.WorkflowWrite, kit.Route{Method: http.MethodPost, Path: prefix + "/workflows", ID: "create-workflow", Tag: tagWorkflows, Status: http.StatusCreated,
		Summary: "Create a workflow",
		About:   "Checks the whole configuration before anything is stored. Secrets in it (such as api_key) are moved into the secret store and read back as references. Warnings in the response list what is accepted but has no effect yet.",
		Fails:   []int{http.StatusConflict}}, h.create)
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows", ID: "list-workflows", Tag: tagWorkflows,
		Summary: "List workflows", About: "Newest first; archived ones only if you ask for them."}, h.list)
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows/{id}", ID: "get-workflow", Tag: tagWorkflows,
		Summary: "Get a workflow", About: "The newest version and the state. The ETag is the version."}, h.get)
	kit.Handle(api, workflow.WorkflowWrite, kit.Route{Method: http.MethodPut, Path: prefix + "/workflows/{id}", ID: "update-workflow", Tag: tagWorkflows,
		Summary: "Update a workflow",
		About:   "Creates a new immutable version; executions keep the version that they started with. References to secrets can be sent back as they were read.",
		Fails:   []int{http.StatusConflict, http.StatusPreconditionFailed}}, h.update)
	kit.Handle(api, workflow.WorkflowWrite, kit.Route{Method: http.MethodDelete, Path: prefix + "/workflows/{id}", ID: "delete-workflow", Tag: tagWorkflows, Status: http.StatusNoContent,
		Summary: "Delete a workflow", About: "Archives it permanently: its history can still be read, but it cannot be started. Refused while executions are open.",
		Fails: []int{http.StatusConflict, http.StatusPreconditionFailed}}, h.archive)
	kit.Handle(api, workflow.WorkflowRead, kit.Route{Method: http.MethodGet, Path: prefix + "/workflows/{id}/versions", ID: "list-workflow-versions", Tag: tagWorkflows,
		Summary: "List the versions of a workflow", About: "Oldest first; each is immutable."}, h.versions)
}

type createWorkflowIn struct {
	idempotencyHeader
	Body request.JSON[createWorkflow]
}

type createWorkflow struct {
	_      struct{}          `additionalProperties:"false"`
	Name   string            `json:"name" nonempty:"true" maxLength:"200" doc:"Name for people: one line, without control and format characters" example:"CRM to reporting"`
	Type   string            `json:"type" minLength:"1" maxLength:"100" doc:"Kind of workflow; see /kinds" example:"airtable_sync"`
	Config strictjson.Object `json:"config" doc:"Configuration of the kind; its JSON Schema is at /kinds"`
	Labelled
}

// Labelled are the labels of a workflow that is created or updated.
type Labelled struct {
	Labels map[string]string `json:"labels,omitempty" maxProperties:"64" keyNotBlank:"true" keyMaxLength:"256" keyPattern:"^[^\\x00-\\x1f\\x7f-\\x9f]*$" maxLength:"256" pattern:"^[^\\x00-\\x1f\\x7f-\\x9f]*$" patternDescription:"text without control characters" doc:"Labels of your own; absent means none"`
}

type createWorkflowOut struct {
	ETag     string `header:"ETag"`
	Location string `header:"Location" doc:"Address of the new workflow"`
	Replayed string `header:"Idempotency-Replayed" doc:"true when an earlier request with this key had created it"`
	Body     workflow.Definition
}

func (h workflows) create(ctx context.Context, c workflow.Caller, in *createWorkflowIn) (*createWorkflowOut, error) {
	w := in.Body.Value
	made, err := h.orchestrator.Create(ctx, c, orchestrator.CreateRequest{
		Name: w.Name, Type: w.Type, Config: w.Config.RawMessage, Labels: w.Labels, IdempotencyKey: in.Key,
	})
	if err != nil {
		return nil, err
	}
	d := made.Definition
	return &createWorkflowOut{ETag: etag(d.Version), Location: location("workflows", d.ID), Replayed: replayed(made.Replayed), Body: d}, nil
}

type listWorkflowsIn struct {
	pageQuery
	Type  string                   `query:"type" minLength:"1" maxLength:"100" doc:"Only this kind"`
	State workflow.DefinitionState `query:"state" enum:"active,paused,archived" doc:"Only this state"`
}

func (h workflows) list(ctx context.Context, c workflow.Caller, in *listWorkflowsIn) (*kit.Reply[workflow.Page[workflow.Definition]], error) {
	return pageOf(h.orchestrator.List(ctx, c, query.ListRequest{Type: in.Type, State: in.State, Cursor: in.Cursor, Limit: in.Limit}))
}

func (h workflows) get(ctx context.Context, c workflow.Caller, in *workflowPath) (*definitionReply, error) {
	return definition(h.orchestrator.Get(ctx, c, in.ID))
}

type updateWorkflowIn struct {
	workflowPath
	ifMatchHeader
	Body request.JSON[updateWorkflow]
}

type updateWorkflow struct {
	_      struct{}          `additionalProperties:"false"`
	Name   string            `json:"name" nonempty:"true" maxLength:"200" doc:"Name for people: one line, without control and format characters"`
	Type   string            `json:"type,omitempty" maxLength:"100" doc:"May be repeated, but cannot change"`
	Config strictjson.Object `json:"config" doc:"Configuration of the kind"`
	Labelled
}

func (h workflows) update(ctx context.Context, c workflow.Caller, in *updateWorkflowIn) (*definitionReply, error) {
	w := in.Body.Value
	return definition(h.orchestrator.Update(ctx, c, in.ID, orchestrator.UpdateRequest{
		Name: w.Name, Type: w.Type, Config: w.Config.RawMessage, Labels: w.Labels, IfMatch: ifMatch(in.IfMatch),
	}))
}

type deleteWorkflowIn struct {
	workflowPath
	ifMatchHeader
}

func (h workflows) archive(ctx context.Context, c workflow.Caller, in *deleteWorkflowIn) (*kit.NoContent, error) {
	return &kit.NoContent{}, h.orchestrator.Archive(ctx, c, in.ID, ifMatch(in.IfMatch)...)
}

func (h workflows) versions(ctx context.Context, c workflow.Caller, in *workflowPath) (*kit.Reply[workflow.Page[workflow.Version]], error) {
	versions, err := h.orchestrator.Versions(ctx, c, in.ID)
	return pageOf(workflow.Page[workflow.Version]{Items: versions}, err)
}
