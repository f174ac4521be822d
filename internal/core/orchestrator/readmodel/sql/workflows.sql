-- The tables workflows and workflow_figures.

-- name: workflow_columns
seq, id, kind, name, state, version, config, labels, created_at, updated_at

-- name: read_workflow
SELECT {workflow_columns} FROM workflows WHERE workspace = $1 AND id = $2

-- name: find_workflow
SELECT seq FROM workflows WHERE workspace = $1 AND id = $2

-- name: list_workflows
-- Walks workflows_shown.
SELECT {workflow_columns} FROM workflows
WHERE workspace = $1 AND state <> 'archived' AND id < $2
ORDER BY id DESC LIMIT $3

-- name: list_workflows_in_state
-- Walks workflows_by_state.
SELECT {workflow_columns} FROM workflows
WHERE workspace = $1 AND state = $4 AND id < $2
ORDER BY id DESC LIMIT $3

-- name: list_workflows_of_kind
-- Walks workflows_by_kind.
SELECT {workflow_columns} FROM workflows
WHERE workspace = $1 AND kind = $4 AND state <> 'archived' AND id < $2
ORDER BY id DESC LIMIT $3

-- name: list_workflows_of_kind_in_state
-- Walks workflows_by_kind_and_state.
SELECT {workflow_columns} FROM workflows
WHERE workspace = $1 AND kind = $4 AND state = $5 AND id < $2
ORDER BY id DESC LIMIT $3

-- name: upsert_workflows
INSERT INTO workflows (workspace, {workflow_columns})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (workspace, id) DO UPDATE SET name = excluded.name, state = excluded.state, version = excluded.version,
	config = excluded.config, labels = excluded.labels, updated_at = excluded.updated_at

-- name: read_figures
SELECT figures FROM workflow_figures WHERE workflow = $1

-- name: upsert_figures
INSERT INTO workflow_figures (workflow, figures) VALUES ($1, $2)
ON CONFLICT (workflow) DO UPDATE SET figures = excluded.figures
