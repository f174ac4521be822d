-- The table execution_progress.

-- name: read_progress
SELECT progress FROM execution_progress WHERE workspace = $1 AND execution = $2

-- name: upsert_progress
INSERT INTO execution_progress (workspace, execution, progress, updated_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (workspace, execution) DO UPDATE SET progress = excluded.progress, updated_at = excluded.updated_at
