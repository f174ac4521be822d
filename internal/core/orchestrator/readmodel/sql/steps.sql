-- The table execution_steps.

-- name: step_columns
execution, seq, path, name, label, generation, state, attempt, read_only, error, next_at, started_at, ended_at

-- name: list_steps
-- Walks the primary key.
SELECT {step_columns} FROM execution_steps
WHERE execution = $1 AND seq > $2
ORDER BY seq LIMIT $3

-- name: list_open_steps
-- Walks the steps of one execution.
SELECT {step_columns} FROM execution_steps
WHERE execution = $1 AND ended_at = 0
ORDER BY seq

-- name: upsert_steps
INSERT INTO execution_steps ({step_columns})
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
ON CONFLICT (execution, seq) DO UPDATE SET state = excluded.state, attempt = excluded.attempt,
	error = excluded.error, next_at = excluded.next_at, ended_at = excluded.ended_at
