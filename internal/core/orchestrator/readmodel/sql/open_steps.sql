SELECT execution, seq, path, name, state, attempt, read_only, error, next_at, started_at, ended_at
FROM execution_steps WHERE execution = $1 AND ended_at = 0
ORDER BY seq
