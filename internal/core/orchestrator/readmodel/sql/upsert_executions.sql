INSERT INTO executions (seq, workspace, id, workflow_seq, workflow, version, kind, state, flags, priority,
	trigger_type, trigger_key, run_as, input, output, error, parked, steps_completed, steps_failed, retries,
	created_at, started_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT (seq) DO UPDATE SET state = excluded.state, flags = excluded.flags, output = excluded.output,
	error = excluded.error, parked = excluded.parked, steps_completed = excluded.steps_completed,
	steps_failed = excluded.steps_failed, retries = excluded.retries, started_at = excluded.started_at,
	ended_at = excluded.ended_at
