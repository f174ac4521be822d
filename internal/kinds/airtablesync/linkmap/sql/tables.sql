-- The table airtable_sync_tables.

-- name: find_tables
SELECT key, last_pair FROM airtable_sync_tables WHERE workspace = $1 AND workflow = $2 AND pair = $3

-- name: add_tables
INSERT INTO airtable_sync_tables (key, workspace, workflow, pair)
SELECT coalesce(max(key), 0) + 1, $1, $2, $3 FROM airtable_sync_tables
RETURNING key, last_pair

-- name: count_ids
UPDATE airtable_sync_tables SET last_pair = $2 WHERE key = $1

-- name: load_mark
SELECT mark, fingerprint FROM airtable_sync_tables
WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND mark IS NOT NULL

-- name: save_mark
UPDATE airtable_sync_tables SET mark = $2, fingerprint = $3 WHERE key = $1

-- name: save_bound
UPDATE airtable_sync_tables SET bound = $2 WHERE key = $1

-- name: list_bound
SELECT bound FROM airtable_sync_tables WHERE workspace = $1 AND workflow = $2 AND bound IS NOT NULL

-- name: drop_tables
DELETE FROM airtable_sync_tables WHERE workspace = $1 AND workflow = $2
