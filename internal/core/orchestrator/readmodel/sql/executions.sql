-- The table executions; what all executions of a workflow share comes from the
-- workflow.

-- name: select_executions
SELECT e.seq, e.id, e.workflow, e.version, e.state, e.flags, e.priority,
	e.trigger_type, e.trigger_key, e.run_as, e.input, e.output, e.error, e.parked,
	e.steps_completed, e.steps_failed, e.retries, e.created_at, e.started_at, e.ended_at, e.more,
	coalesce((SELECT w.id FROM workflows w WHERE w.workspace = e.workspace AND w.seq = e.workflow), ''),
	coalesce((SELECT w.kind FROM workflows w WHERE w.workspace = e.workspace AND w.seq = e.workflow), '')
FROM executions e

-- name: read_execution
{select_executions}
WHERE e.workspace = $1 AND e.id = $2

-- name: find_execution
-- Walks the primary key once for each workspace.
SELECT state, ended_at, more FROM executions
WHERE workspace IN (SELECT key FROM db_workspaces) AND id = $1

-- name: list_executions
-- Walks the primary key: ids are UUIDv7, so their order is that of creation.
{select_executions}
WHERE e.workspace = $1 AND e.id < $2
ORDER BY e.id DESC LIMIT $3

-- name: list_executions_in_state
-- Walks executions_by_state.
{select_executions}
WHERE e.workspace = $1 AND e.state = $4 AND e.seq < $2
ORDER BY e.seq DESC LIMIT $3

-- name: list_executions_of_workflow
-- Walks executions_by_workflow.
{select_executions}
WHERE e.workspace = $1 AND e.workflow = $4 AND e.seq < $2
ORDER BY e.seq DESC LIMIT $3

-- name: list_executions_of_workflow_in_state
-- Walks executions_by_workflow_and_state.
{select_executions}
WHERE e.workspace = $1 AND e.workflow = $4 AND e.state = $5 AND e.seq < $2
ORDER BY e.seq DESC LIMIT $3

-- name: upsert_executions
INSERT INTO executions (workspace, id, seq, workflow, version, state, flags, priority,
	trigger_type, trigger_key, run_as, input, output, error, parked, steps_completed, steps_failed, retries,
	created_at, started_at, ended_at, more)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)
ON CONFLICT (workspace, id) DO UPDATE SET state = excluded.state, version = excluded.version, more = excluded.more, flags = excluded.flags, output = excluded.output,
	error = excluded.error, parked = excluded.parked, steps_completed = excluded.steps_completed,
	steps_failed = excluded.steps_failed, retries = excluded.retries, started_at = excluded.started_at,
	ended_at = excluded.ended_at
