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

-- name: columns
w.id, o.execution, o.kind, o.definition, o.priority, o.child, o.state, o.recover, o.wake_at, o.begins_with
FROM engine_open o JOIN db_workspaces w ON w.key = o.workspace

-- name: one
SELECT {columns}
WHERE o.workspace = $1 AND o.execution = $2

-- name: page
-- Walks the primary key.
SELECT {columns}
WHERE (o.workspace, o.execution) > ($1, $2) ORDER BY o.workspace, o.execution LIMIT $3

-- name: to_recover
-- Walks engine_open_to_recover.
SELECT {columns}
WHERE o.recover = 1 AND (o.workspace, o.execution) > ($1, $2) ORDER BY o.workspace, o.execution LIMIT $3

-- name: due
-- Walks engine_open_by_wake.
SELECT {columns}
WHERE o.wake_at > 0 AND o.wake_at <= $1 ORDER BY o.wake_at LIMIT $2

-- name: pending
-- Walks engine_open_pending.
SELECT {columns}
WHERE o.state = 'pending' AND o.workspace = $1 AND o.definition = $2 ORDER BY o.priority DESC, o.execution LIMIT $3
