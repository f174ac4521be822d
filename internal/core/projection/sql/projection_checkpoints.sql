-- The table projection_checkpoints.

-- name: read_checkpoint
SELECT version, position FROM projection_checkpoints WHERE name = $1

-- name: write_checkpoint
INSERT INTO projection_checkpoints (name, version, position) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET version = excluded.version, position = excluded.position
