package readmodel

import "embed"

//go:embed migrations
var migrations embed.FS

//go:embed sql/drop_execution_steps.sql
var dropExecutionStepsSQL string

//go:embed sql/drop_executions.sql
var dropExecutionsSQL string

//go:embed sql/drop_workflow_figures.sql
var dropWorkflowFiguresSQL string

//go:embed sql/drop_workflows.sql
var dropWorkflowsSQL string

//go:embed sql/list_executions.sql
var listExecutionsSQL string

//go:embed sql/list_open_executions.sql
var listOpenExecutionsSQL string

//go:embed sql/list_steps.sql
var listStepsSQL string

//go:embed sql/list_workflow_executions.sql
var listWorkflowExecutionsSQL string

//go:embed sql/list_workflows.sql
var listWorkflowsSQL string

//go:embed sql/open_steps.sql
var openStepsSQL string

//go:embed sql/read_checkpoint.sql
var readCheckpointSQL string

//go:embed sql/read_execution.sql
var readExecutionSQL string

//go:embed sql/read_figures.sql
var readFiguresSQL string

//go:embed sql/read_progress.sql
var readProgressSQL string

//go:embed sql/read_workflow.sql
var readWorkflowSQL string

//go:embed sql/upsert_executions.sql
var upsertExecutionsSQL string

//go:embed sql/upsert_figures.sql
var upsertFiguresSQL string

//go:embed sql/upsert_progress.sql
var upsertProgressSQL string

//go:embed sql/upsert_steps.sql
var upsertStepsSQL string

//go:embed sql/upsert_workflows.sql
var upsertWorkflowsSQL string

//go:embed sql/write_checkpoint.sql
var writeCheckpointSQL string
