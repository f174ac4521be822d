-- Ids of workspaces and the small integers that stand for them in other tables.

-- name: find_workspace
SELECT key FROM db_workspaces WHERE id = $1

-- name: add_workspace
INSERT INTO db_workspaces (key, id) SELECT coalesce(max(key), 0) + 1, $1 FROM db_workspaces
RETURNING key
