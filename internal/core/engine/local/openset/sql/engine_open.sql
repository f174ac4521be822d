-- name: position
SELECT position FROM engine_open_at WHERE id = 1

-- name: move_position
INSERT INTO engine_open_at (id, position) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET position = excluded.position

-- name: put
INSERT INTO engine_open (workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (workspace, execution) DO UPDATE
SET state = excluded.state, recover = excluded.recover, wake_at = excluded.wake_at, begins_with = excluded.begins_with

-- name: remove
DELETE FROM engine_open WHERE workspace = $1 AND execution = $2

-- name: one
SELECT workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with
FROM engine_open WHERE workspace = $1 AND execution = $2

-- name: page
-- Walks the primary key.
SELECT workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with
FROM engine_open WHERE (workspace, execution) > ($1, $2) ORDER BY workspace, execution LIMIT $3

-- name: to_recover
-- Walks engine_open_to_recover.
SELECT workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with
FROM engine_open WHERE recover = 1 AND (workspace, execution) > ($1, $2) ORDER BY workspace, execution LIMIT $3

-- name: due
-- Walks engine_open_by_wake.
SELECT workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with
FROM engine_open WHERE wake_at > 0 AND wake_at <= $1 ORDER BY wake_at LIMIT $2

-- name: pending
-- Walks engine_open_pending.
SELECT workspace, execution, kind, definition, priority, child, state, recover, wake_at, begins_with
FROM engine_open WHERE state = 'pending' AND workspace = $1 AND definition = $2 ORDER BY priority DESC, execution LIMIT $3
