-- The table airtablesync_pairs.

-- name: find_pair
SELECT key FROM airtablesync_pairs WHERE workspace = $1 AND workflow = $2 AND pair = $3

-- name: add_pair
INSERT INTO airtablesync_pairs (key, workspace, workflow, pair)
SELECT coalesce(max(key), 0) + 1, $1, $2, $3 FROM airtablesync_pairs
RETURNING key

-- name: load_mark
SELECT mark, fingerprint FROM airtablesync_pairs
WHERE workspace = $1 AND workflow = $2 AND pair = $3 AND mark IS NOT NULL

-- name: save_mark
UPDATE airtablesync_pairs SET mark = $2, fingerprint = $3 WHERE key = $1
