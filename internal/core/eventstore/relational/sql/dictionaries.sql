-- The small tables that streams and events refer to.

-- name: list_categories
SELECT c.key, coalesce(w.id, ''), c.type FROM event_categories c LEFT JOIN db_workspaces w ON w.key = c.workspace

-- name: add_category
INSERT INTO event_categories (key, workspace, type) VALUES ($1, $2, $3)

-- name: list_types
SELECT key, name FROM event_types

-- name: add_type
INSERT INTO event_types (key, name) VALUES ($1, $2)

-- name: list_actors
SELECT key, kind, id FROM event_actors

-- name: add_actor
INSERT INTO event_actors (key, kind, id) VALUES ($1, $2, $3)

-- name: find_labels
SELECT key FROM event_labels WHERE labels = $1

-- name: read_labels
-- $1 is a JSON array of keys.
-- +only sqlite
SELECT key, labels FROM event_labels WHERE key IN (SELECT value FROM json_each($1))
-- +end
-- +only postgres
SELECT key, labels FROM event_labels WHERE key = ANY (ARRAY(SELECT value::bigint FROM json_array_elements_text($1::json) AS wanted (value)))
-- +end

-- name: add_labels
INSERT INTO event_labels (key, labels) VALUES ($1, $2)
