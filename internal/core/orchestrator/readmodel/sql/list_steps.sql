SELECT execution, seq, path, name, state, attempt, read_only, error, next_at, started_at, ended_at
FROM execution_steps WHERE execution = $1 AND seq > $2
ORDER BY seq LIMIT $3
