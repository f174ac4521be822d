-- The table secrets.

-- name: read_secret
SELECT data_key, sealed FROM secrets WHERE workspace = $1 AND id = $2

-- name: write_secret
INSERT INTO secrets (workspace, id, data_key, sealed, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $5)

-- name: replace_secret
UPDATE secrets SET data_key = $3, sealed = $4, updated_at = $5
WHERE workspace = $1 AND id = $2
