-- The table airtable_sync_pairs.

-- name: find_pair
SELECT key FROM airtable_sync_pairs WHERE workspace = $1 AND workflow = $2 AND pair = $3

-- name: add_pair
INSERT INTO airtable_sync_pairs (key, workspace, workflow, pair)
SELECT coalesce(max(key), 0) + 1, $1, $2, $3 FROM airtable_sync_pairs
RETURNING key

-- name: load_mark
SELECT mark, fingerprint FROM airtable_sync_pairs
WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND mark IS NOT NULL

-- name: save_mark
UPDATE airtable_sync_pairs SET mark = $2, fingerprint = $3 WHERE key = $1

-- name: drop_pairs
DELETE FROM airtable_sync_pairs WHERE workspace = $1 AND workflow = $2
