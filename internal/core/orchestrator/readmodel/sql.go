package readmodel

import (
	"context"
	"embed"

	"github.com/pyairtable/pyairtable-workflows/internal/platform/db"
)

//go:embed migrations/*.sql sql/*.sql
var files embed.FS

// statements are the SQL of the read models.
type statements struct {
	readWorkflow, findWorkflow, upsertWorkflows                                          string
	listWorkflows, listWorkflowsInState, listWorkflowsOfKind, listWorkflowsOfKindInState string
	readFigures, upsertFigures                                                           string
	readExecution, findExecution, upsertExecutions                                       string
	listExecutions, listExecutionsInState                                                string
	listExecutionsOfWorkflow, listExecutionsOfWorkflowInState                            string
	listSteps, listOpenSteps, upsertSteps                                                string
	readProgress, upsertProgress                                                         string
}

// openTables brings the tables up to date and loads the statements.
func openTables(ctx context.Context, d *db.DB) (*statements, error) {
	if err := d.Migrate(ctx, "readmodel", files); err != nil {
		return nil, err
	}
	s := &statements{}
	return s, d.Statements(files, map[string]*string{
		"read_workflow": &s.readWorkflow, "find_workflow": &s.findWorkflow,
		"upsert_workflows": &s.upsertWorkflows,
		"list_workflows":   &s.listWorkflows, "list_workflows_in_state": &s.listWorkflowsInState,
		"list_workflows_of_kind": &s.listWorkflowsOfKind, "list_workflows_of_kind_in_state": &s.listWorkflowsOfKindInState,
		"read_figures": &s.readFigures, "upsert_figures": &s.upsertFigures,
		"read_execution": &s.readExecution, "find_execution": &s.findExecution, "upsert_executions": &s.upsertExecutions,
		"list_executions": &s.listExecutions, "list_executions_in_state": &s.listExecutionsInState,
		"list_executions_of_workflow":          &s.listExecutionsOfWorkflow,
		"list_executions_of_workflow_in_state": &s.listExecutionsOfWorkflowInState,
		"list_steps":                           &s.listSteps, "list_open_steps": &s.listOpenSteps, "upsert_steps": &s.upsertSteps,
		"read_progress": &s.readProgress, "upsert_progress": &s.upsertProgress,
	})
}
