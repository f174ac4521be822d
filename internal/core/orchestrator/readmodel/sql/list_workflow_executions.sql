-- Uses executions_by_workflow.
SELECT seq, workspace, id, workflow_seq, workflow, version, kind, state, flags, priority,
	trigger_type, trigger_key, run_as, input, output, error, parked, steps_completed, steps_failed, retries,
	created_at, started_at, ended_at
FROM executions
WHERE workflow_seq = $1 AND seq < $2 AND ($3 = '' OR state = $3)
ORDER BY seq DESC LIMIT $4
