INSERT INTO execution_progress (workspace, execution, progress, updated_at)
VALUES ($1, $2, $3, $4)
ON CONFLICT (workspace, execution) DO UPDATE SET progress = excluded.progress, updated_at = excluded.updated_at
