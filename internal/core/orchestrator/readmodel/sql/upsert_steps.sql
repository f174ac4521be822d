INSERT INTO execution_steps (execution, seq, path, name, state, attempt, read_only, error, next_at, started_at, ended_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
ON CONFLICT (execution, seq) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
	error = excluded.error, next_at = excluded.next_at, ended_at = excluded.ended_at
